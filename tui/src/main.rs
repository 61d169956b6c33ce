//! The program `eventflow-tui`.

fn main() {}
