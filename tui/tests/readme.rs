//! The README tells the keys as the program has them.
#![allow(missing_docs)]

#[test]
fn the_readme_has_the_table_of_keys() {
    let table = eventflow_tui::app::bindings_markdown();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&table), "README.md must hold this table:\n{table}");
}
