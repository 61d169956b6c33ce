//! Tables of patterns and events, and properties that hold for all.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Pattern;

fn matches(pattern: Value, event: Value) -> bool {
    Pattern::from_value(&pattern).unwrap().matches(&event)
}

fn reason(pattern: Value) -> String {
    Pattern::from_value(&pattern).unwrap_err().to_string().replace("Event pattern is not valid. Reason: ", "")
}

/// Each matcher with values that satisfy it and values that do not.
#[test]
fn every_matcher_takes_what_it_should_and_nothing_else() {
    let table = [
        (json!(["a", "b"]), vec![json!("b"), json!(["x", "a"])], vec![json!("c"), json!([]), json!({"a": 1})]),
        (json!([300]), vec![json!(300), json!(300.0), json!(3.0e2)], vec![json!("300"), json!(301)]),
        (json!([123456789012u64]), vec![json!(123456789012u64)], vec![json!(123456789013u64)]),
        (json!([true, null]), vec![json!(true), json!(null)], vec![json!(false), json!("true")]),
        (json!([""]), vec![json!("")], vec![json!(null), json!(" ")]),
        (json!([{"exactly": "a"}]), vec![json!("a")], vec![json!("A")]),
        (json!([{"prefix": "eu-"}]), vec![json!("eu-west-1")], vec![json!("EU-west"), json!(1)]),
        (json!([{"prefix": ""}]), vec![json!(""), json!("any")], vec![json!(5)]),
        (json!([{"prefix": {"equals-ignore-case": "EU-"}}]), vec![json!("eu-x"), json!("Eu-")], vec![json!("us-")]),
        (json!([{"suffix": ".png"}]), vec![json!("a.png")], vec![json!("a.PNG")]),
        (json!([{"suffix": {"equals-ignore-case": ".png"}}]), vec![json!("a.PNG")], vec![json!("a.jpg")]),
        (json!([{"equals-ignore-case": "Alice"}]), vec![json!("ALICE")], vec![json!("alicia")]),
        (
            json!([{"wildcard": "a*b*\\*"}]),
            vec![json!("ab*"), json!("axxbyy*"), json!("aabb**")],
            vec![json!("ab"), json!("b*a"), json!("xab*")],
        ),
        (json!([{"wildcard": "*"}]), vec![json!(""), json!("x")], vec![json!(1)]),
        (json!([{"wildcard": "ab*ab"}]), vec![json!("abab")], vec![json!("ab"), json!("aba")]),
        (json!([{"anything-but": "x"}]), vec![json!("y"), json!(1), json!(null)], vec![json!("x")]),
        (json!([{"anything-but": ["x", "y"]}]), vec![json!("z"), json!(["x", "z"])], vec![json!("y"), json!(["x"])]),
        (json!([{"anything-but": 5}]), vec![json!(6), json!("5")], vec![json!(5), json!(5.0)]),
        (json!([{"anything-but": [1, 2]}]), vec![json!(3)], vec![json!(2)]),
        (json!([{"anything-but": {"prefix": "init"}}]), vec![json!("final")], vec![json!("initial")]),
        (json!([{"anything-but": {"prefix": ["a", "b"]}}]), vec![json!("c")], vec![json!("ax"), json!("bx")]),
        (json!([{"anything-but": {"suffix": [".a", ".b"]}}]), vec![json!("x.c")], vec![json!("x.b")]),
        (json!([{"anything-but": {"equals-ignore-case": ["A", "b"]}}]), vec![json!("c")], vec![json!("a"), json!("B")]),
        (json!([{"anything-but": {"wildcard": "*/lib/*"}}]), vec![json!("/usr/bin/x")], vec![json!("/usr/lib/x")]),
        (json!([{"numeric": ["=", 1.5]}]), vec![json!(1.5)], vec![json!(1), json!("1.5")]),
        (json!([{"numeric": [">", 0, "<=", 5]}]), vec![json!(5), json!(0.1)], vec![json!(0), json!(5.01)]),
        (json!([{"numeric": [">=", -1]}]), vec![json!(-1)], vec![json!(-1.1)]),
        (json!([{"numeric": ["<", 0]}]), vec![json!(-5)], vec![json!(0)]),
        (
            json!([{"cidr": "10.0.0.0/24"}]),
            vec![json!("10.0.0.255")],
            vec![json!("10.0.1.0"), json!("x"), json!("::1")],
        ),
        (json!([{"cidr": "0.0.0.0/0"}]), vec![json!("255.1.2.3")], vec![json!("::")]),
        (json!([{"cidr": "2001:db8::/32"}]), vec![json!("2001:db8:1::1")], vec![json!("2001:db9::1")]),
        (json!(["::1"]), vec![json!("0:0:0:0:0:0:0:1")], vec![json!("::2")]),
        (json!([{"exists": true}]), vec![json!(null), json!("x"), json!([1])], vec![json!({"a": 1}), json!([])]),
        (json!([{"exists": false}]), vec![json!({"a": 1}), json!([])], vec![json!(0)]),
        (json!(["x", {"prefix": "y"}]), vec![json!("x"), json!("yy")], vec![json!("z")]),
    ];
    for (matchers, taken, left) in table {
        for value in taken {
            assert!(matches(json!({"f": matchers}), json!({"f": value})), "{matchers} must take {value}");
        }
        for value in left {
            assert!(!matches(json!({"f": matchers}), json!({"f": value})), "{matchers} must not take {value}");
        }
    }
}

#[test]
fn a_missing_field_satisfies_only_absence() {
    assert!(matches(json!({"a": {"b": [{"exists": false}]}}), json!({"c": 1})));
    assert!(matches(json!({"a": {"b": [{"exists": false}, "x"]}}), json!({"a": {"b": "x"}})));
    assert!(!matches(json!({"a": {"b": [{"anything-but": "x"}]}}), json!({"a": {"c": 1}})));
    assert!(!matches(json!({"a": [{"exists": true}]}), json!({})));
}

#[test]
fn fields_of_one_pattern_are_matched_within_one_element_of_an_array() {
    let pattern = json!({"people": {"name": ["a"], "age": [1]}});
    assert!(matches(pattern.clone(), json!({"people": [{"name": "b", "age": 1}, {"name": "a", "age": 1}]})));
    assert!(!matches(pattern, json!({"people": [{"name": "a", "age": 2}, {"name": "b", "age": 1}]})));
    assert!(matches(json!({"x": {"y": {"z": [1]}}}), json!({"x": [[{"y": [{"z": 2}, {"z": [3, 1]}]}]]})));
    assert!(!matches(json!({"x": {"y": [{"exists": false}]}}), json!({"x": [{"y": 1}, {"z": 1}]})));
}

#[test]
fn or_is_a_choice_between_fields_and_nests() {
    let pattern = json!({
        "source": ["s"],
        "$or": [{"detail": {"n": [{"numeric": [">", 9]}]}}, {"detail": {"$or": [{"a": [1]}, {"b": [1]}]}, "account": ["1"]}],
    });
    assert!(matches(pattern.clone(), json!({"source": "s", "detail": {"n": 10}})));
    assert!(matches(pattern.clone(), json!({"source": "s", "account": "1", "detail": {"b": 1}})));
    assert!(!matches(pattern.clone(), json!({"source": "s", "account": "2", "detail": {"b": 1}})));
    assert!(!matches(pattern, json!({"source": "t", "detail": {"n": 10}})));
    // With fewer than two objects, or a matcher's name among them, $or is a field like any other.
    assert!(matches(json!({"$or": [{"prefix": "a"}, {"suffix": "b"}]}), json!({"$or": "xb"})));
}

#[test]
fn or_beside_the_same_object_keeps_to_one_element() {
    let pattern = json!({"d": {"k": ["1"], "$or": [{"v": ["x"]}, {"w": ["y"]}]}});
    assert!(matches(pattern.clone(), json!({"d": [{"k": "1", "w": "y"}]})));
    assert!(!matches(pattern, json!({"d": [{"k": "1"}, {"k": "2", "w": "y"}]})));
}

#[test]
fn what_aws_refuses_is_refused_with_its_reason() {
    let table = [
        (json!([]), "Filter is not an object"),
        (json!({}), "Empty objects are not allowed"),
        (json!({"a": {}}), "Empty objects are not allowed"),
        (json!({"a": "x"}), "\"a\" must be an object or an array"),
        (json!({"a": []}), "Empty arrays are not allowed"),
        (json!({"a": [["x"]]}), "Match value must be String, number, true, false, or null"),
        (json!({"a": [{}]}), "Match expression name not found"),
        (json!({"a": [{"prefix": "x", "suffix": "y"}]}), "Only one key allowed in match expression"),
        (json!({"a": [{"begins": "x"}]}), "Unrecognized match type begins"),
        (json!({"a": [{"prefix": 1}]}), "prefix match pattern must be a string"),
        (json!({"a": [{"prefix": {"wildcard": "x"}}]}), "Unsupported prefix pattern: wildcard"),
        (json!({"a": [{"wildcard": "a**b"}]}), "Consecutive wildcard characters at pos 1"),
        (json!({"a": [{"wildcard": "a\\b"}]}), "Invalid escape character at pos 1"),
        (json!({"a": [{"anything-but": {"numeric": ["=", 1]}}]}), "Unsupported anything-but pattern: numeric"),
        (json!({"a": [{"anything-but": {"prefix": ""}}]}), "Null prefix/suffix not allowed"),
        (json!({"a": [{"numeric": [">", "1"]}]}), "Value of > must be numeric"),
        (json!({"a": [{"numeric": ["<", 5, ">", 1]}]}), "Too many elements in numeric expression"),
        (json!({"a": [{"numeric": [">", 5, "<", 1]}]}), "Bottom must be less than top"),
        (json!({"a": [{"numeric": ["~", 5]}]}), "Unrecognized numeric range operator: ~"),
        (json!({"a": [{"numeric": ["=", 6.0e9]}]}), "Value of numeric must be between -5.0e9 and 5.0e9, inclusive"),
        (json!({"a": [{"exists": "yes"}]}), "exists match pattern must be either true or false."),
        (json!({"a": [{"cidr": "10.0.0.0"}]}), "Malformed CIDR, one '/' required: 10.0.0.0"),
        (json!({"a": [{"cidr": "10.0.0.0/33"}]}), "IPv4 mask bits must be between 0 and 32"),
    ];
    for (pattern, expected) in table {
        assert_eq!(reason(pattern.clone()), expected, "{pattern}");
    }
    let mixed = "Inside anything but list, either all values are number or string, mixed type is not supported";
    assert_eq!(reason(json!({"a": [{"anything-but": ["x", 1]}]})), mixed);
    assert!(Pattern::parse("{").is_err());
}

#[test]
fn too_many_combinations_are_refused() {
    let or: Vec<Value> = (0..11).map(|n| json!({ format!("f{n}"): [1] })).collect();
    let pattern = json!({"a": {"$or": or}, "b": {"$or": or}, "c": {"$or": or}});
    assert!(reason(pattern).starts_with("Too many combinations"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-c*\\\\./:0-9]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof![
            "[a-c]".prop_map(String::from),
            proptest::sample::select(vec!["$or", "prefix", "anything-but", "numeric", "exists", "wildcard", "cidr"])
                .prop_map(String::from),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(pattern in any_json(), event in any_json()) {
        if let Ok(pattern) = Pattern::from_value(&pattern) {
            pattern.matches(&event);
        }
    }

    #[test]
    fn anything_but_is_the_complement_for_a_present_scalar(text in "[a-c]{0,3}", other in "[a-c]{0,3}") {
        let event = json!({"f": text});
        let one = matches(json!({"f": [other]}), event.clone());
        let not = matches(json!({"f": [{"anything-but": other}]}), event);
        prop_assert_ne!(one, not);
    }

    #[test]
    fn a_wildcard_without_stars_is_equality(text in "[a-z]{0,8}", other in "[a-z]{0,8}") {
        prop_assert_eq!(matches(json!({"f": [{"wildcard": other}]}), json!({"f": text})), text == other);
    }

    #[test]
    fn a_wildcard_takes_what_is_built_from_it(pieces in prop::collection::vec("[ab]{0,3}", 1..5), fill in "[abc]{0,3}") {
        let pieces: Vec<String> = pieces.into_iter().enumerate().filter(|(n, piece)| *n == 0 || !piece.is_empty()).map(|(_, piece)| piece).collect();
        let pattern = pieces.join("*");
        let text = pieces.join(&fill);
        let fits = matches(json!({"f": [{"wildcard": pattern}]}), json!({"f": text}));
        prop_assert!(fits);
    }
}
