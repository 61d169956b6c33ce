//! Scenarios without a screen: the verdict is the exit status, the figures are written down.
#![allow(missing_docs, clippy::unwrap_used)]

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

fn scenario(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eventflow-tui")).args(["scenario", "run"]).args(arguments).output().unwrap()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn what_holds_passes_and_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let (reports, junit) = (folder.path().join("reports"), folder.path().join("junit.xml"));
    let output = scenario(&[
        "duplicate-delivery",
        "publisher-dies",
        "--json",
        "--junit",
        junit.to_str().unwrap(),
        "--report",
        reports.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let results: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["figures"]["events.OrderCreated"], 24.0);
    assert_eq!(results[1]["figures"]["orders.refused"], 3.0);
    assert!(results.iter().all(|result| result["passed"] == true));
    let report = text(&reports.join("duplicate-delivery.md"));
    assert!(report.contains("**Passed**: 4 of 4") && report.contains("duplicate-delivery.svg"), "{report}");
    assert!(text(&reports.join("duplicate-delivery.svg")).contains("reserveInventory"));
    assert!(text(&junit).contains("<testsuite name=\"publisher-dies\" tests=\"4\" failures=\"0\" errors=\"0\""));
}

#[test]
fn what_does_not_hold_fails_with_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.toml");
    let script = r#"
title = "My own"
lesson = "Two are not three."
[[step]]
restock = { product = "cup-{run}", quantity = 5 }
[[step]]
order = { product = "cup-{run}", count = 2 }
[[step]]
wait = { until = "orders.stored == 2 and orders.open == 0" }
[[expect]]
says = "Three orders"
that = "orders.stored == 3"
"#;
    std::fs::write(&own, script).unwrap();
    let output = scenario(&["--scenario", own.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("✖ Three orders\n    orders.stored (2) == 3"), "{shown}");

    std::fs::write(&own, script.replace("orders.open", "orders.opne")).unwrap();
    let output = scenario(&["--scenario", own.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("step 3") && told.contains("orders.opne"), "{told}");

    let output = scenario(&["no-such"]);
    assert!(String::from_utf8(output.stderr).unwrap().contains("there are payment-fails, inventory-fails"));
}
