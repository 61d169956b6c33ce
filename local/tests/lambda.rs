//! The embedded Lambda, with real processes.
//!
//! This executable is also the functions that the tests run, the reaper, and a parent that gets killed: what it is, it
//! tells by the name it was started under.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, unreachable_pub)]

#[path = "lambda_support/functions.rs"]
mod functions;
#[path = "lambda_support/harness.rs"]
mod harness;
#[path = "lambda_support/parent.rs"]
mod parent;
#[path = "lambda_support/trials.rs"]
mod trials;

use std::process::ExitCode;

use eventflow_local::process::{reaper_binary_name, reaper_main};
use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let name = std::env::args().next().unwrap_or_default();
    if name == reaper_binary_name() {
        reaper_main();
    } else if name == parent::NAME {
        parent::main();
    } else if functions::NAMES.contains(&name.as_str()) {
        return functions::main(&name);
    } else {
        return libtest_mimic::run(&Arguments::from_args(), trials::all()).exit_code();
    }
    ExitCode::SUCCESS
}
