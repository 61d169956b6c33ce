#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::FilterPattern;

fn matches(pattern: &str, line: &str) -> bool {
    FilterPattern::parse(pattern).unwrap().matches(line)
}

#[test]
fn terms_are_required_optional_or_excluded() {
    let line = "ERROR time out in checkout";
    for pattern in ["", "ERROR", "ERROR checkout", "\"time out\"", "?WARN ?ERROR", "ERROR -payment", "-payment"] {
        assert!(matches(pattern, line), "{pattern}");
    }
    for pattern in ["error", "ERROR payment", "?WARN ?INFO", "ERROR -checkout", "\"out time\""] {
        assert!(!matches(pattern, line), "{pattern}");
    }
}

#[test]
fn conditions_on_json_hold_where_they_say() {
    let line =
        r#"{"level":"ERROR","n":5,"ok":true,"gone":null,"detail-type":"OrderCreated","a":{"b":[{"c":1},{"c":2}]}}"#;
    for pattern in [
        r#"{ $.level = "ERROR" }"#,
        "{ $.level = ERR* }",
        "{ $.level = *RO* }",
        "{ $.level != WARN }",
        r#"{ $.detail-type = "OrderCreated" }"#,
        r#"{ $.['detail-type'] = "Order*" }"#,
        "{ $.n > 4 && $.n <= 5 }",
        "{ $.n = 6 || ($.n = 5 && $.ok IS TRUE) }",
        "{ $.gone IS NULL }",
        "{ $.missing NOT EXISTS }",
        "{ NOT EXISTS $.missing }",
        "{ $.a.b[1].c = 2 }",
        "{ $.a.b[*].c = 2 }",
    ] {
        assert!(matches(pattern, line), "{pattern}");
    }
    for pattern in [
        r#"{ $.level = "error" }"#,
        "{ $.n < 5 }",
        "{ $.level NOT EXISTS }",
        "{ $.n = 6 || $.n = 7 && $.ok IS TRUE }",
        "{ $.missing != x }",
        "{ $.a.b[2].c = 2 }",
        "{ $.ok IS FALSE }",
    ] {
        assert!(!matches(pattern, line), "{pattern}");
    }
    assert!(!matches("{ $.level = \"ERROR\" }", "ERROR not JSON"));
}

#[test]
fn what_does_not_follow_the_grammar_is_refused() {
    for pattern in [
        "{ $.a = }",
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a = 1",
        "{ ($.a = 1 }",
        "{ $.a > x }",
        "{ $ = 1 }",
        "\"open",
        "[a, b]",
        "%regex%",
        "{ $.a = %x% }",
        "{ $.a = 1 $.b = 2 }",
        "-",
    ] {
        assert!(FilterPattern::parse(pattern).is_err(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(pattern in "[{]?[ $.a*\\[\\]='\"!<>&|()0-9A-Z?%-]{0,40}[}]?", line in ".{0,40}") {
        if let Ok(pattern) = FilterPattern::parse(&pattern) {
            pattern.matches(&line);
            pattern.matches("{\"a\":{\"a\":[1,\"x\"]}}");
        }
    }
}
