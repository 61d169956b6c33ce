//! The committed JSON Schemas are what the types say, and no change breaks a reader of them.
#![allow(clippy::unwrap_used)]

mod compatibility;

use std::{env, fs, path::PathBuf};

use eventflow_contract::schemas;
use serde_json::{Value, json};

use compatibility::breaks;

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "schemas", &format!("{name}.json")].iter().collect()
}

fn committed(name: &str) -> Value {
    let path = file(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{} cannot be read ({error}); write it with EVENTFLOW_WRITE_SCHEMAS=1 cargo test -p eventflow-contract",
            path.display()
        )
    });
    serde_json::from_str(&text).unwrap()
}

/// One test, so that no schema is written before it has been compared.
#[test]
fn the_committed_schemas_are_current_and_no_reader_of_them_breaks() {
    let write = env::var_os("EVENTFLOW_WRITE_SCHEMAS").is_some_and(|value| value == "1");
    for generated in schemas() {
        if file(generated.name).exists() {
            let problems = breaks(&committed(generated.name), &generated.schema);
            assert!(
                problems.is_empty(),
                "a reader of the committed {} would break: {problems:#?}. Add optional fields only, or make a new major version.",
                generated.name
            );
        }
        if write {
            let text = format!("{:#}\n", generated.schema);
            fs::write(file(generated.name), text).unwrap();
        }
        assert_eq!(
            committed(generated.name),
            generated.schema,
            "schemas/{}.json is not what the types say; run EVENTFLOW_WRITE_SCHEMAS=1 cargo test -p eventflow-contract and commit it",
            generated.name
        );
    }
    let expected: Vec<String> = schemas().iter().map(|schema| format!("{}.json", schema.name)).collect();
    for entry in fs::read_dir(file("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(expected.contains(&name), "schemas/{name} belongs to no type: a reader of it would break");
    }
}

fn mutated(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let before = committed("InventoryFailed");
    let mut after = before.clone();
    change(&mut after);
    assert_ne!(before, after, "the mutation changed nothing");
    breaks(&before, &after)
}

fn remove(value: &mut Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key).unwrap()
}

#[test]
fn an_added_optional_field_breaks_nobody() {
    let problems = mutated(|schema| schema["properties"]["warehouse"] = json!({"type": "string"}));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn a_changed_text_breaks_nobody() {
    let problems = mutated(|schema| schema["properties"]["reason"]["description"] = json!("Why not."));
    assert_eq!(problems, Vec::<String>::new());
}

#[test]
fn a_removed_field_breaks() {
    let problems = mutated(|schema| drop(remove(&mut schema["properties"], "reason")));
    assert_eq!(problems, ["reason: removed"]);
}

#[test]
fn a_renamed_field_breaks() {
    let problems = mutated(|schema| {
        let moved = remove(&mut schema["properties"], "reason");
        schema["properties"]["why"] = moved;
    });
    assert_eq!(problems, ["reason: removed"]);
}

#[test]
fn a_retyped_field_breaks() {
    let problems = mutated(|schema| schema["properties"]["quantity"]["type"] = json!("string"));
    assert_eq!(problems, [r#"quantity: "type" was "integer", is "string""#]);
    let problems = mutated(|schema| schema["properties"]["timestamp"]["format"] = json!("date"));
    assert_eq!(problems, [r#"timestamp: "format" was "date-time", is "date""#]);
    let problems = mutated(|schema| schema["properties"]["version"]["pattern"] = json!("^2\\.[0-9]+$"));
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn a_field_that_becomes_optional_breaks_those_who_read_it() {
    let problems = mutated(|schema| schema["required"].as_array_mut().unwrap().retain(|name| name != "reason"));
    assert_eq!(problems, ["reason: was always there, is optional"]);
}

#[test]
fn a_newly_required_field_breaks() {
    let problems = mutated(|schema| {
        schema["properties"]["warehouse"] = json!({"type": "string"});
        schema["required"].as_array_mut().unwrap().push(json!("warehouse"));
    });
    assert_eq!(problems, ["warehouse: newly required"]);
}

#[test]
fn forbidden_additions_and_nested_changes_break() {
    let problems = mutated(|schema| schema["additionalProperties"] = json!(false));
    assert_eq!(problems.len(), 1, "{problems:?}");
    let before = json!({"properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}}});
    let after = json!({"properties": {"a": {"type": "object", "properties": {}}}});
    assert_eq!(breaks(&before, &after), ["a.b: removed"]);
}

#[test]
fn a_new_value_of_an_enumeration_breaks() {
    let before = json!({"properties": {"s": {"type": "string", "enum": ["A", "B"]}}});
    let after = json!({"properties": {"s": {"type": "string", "enum": ["A", "B", "C"]}}});
    assert_eq!(breaks(&before, &after).len(), 1);
    let before = json!({"properties": {"s": {"oneOf": [{"const": "A", "description": "One."}]}}});
    let after = json!({"properties": {"s": {"oneOf": [{"const": "A", "description": "Another."}]}}});
    assert_eq!(breaks(&before, &after), Vec::<String>::new());
}
