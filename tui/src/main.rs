//! The program `eventflow-tui`: the dashboard, its command line, and, under their names, the functions.

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let name = std::env::args_os().next();
    let name = name.as_deref().map(Path::new).and_then(Path::file_name).and_then(|name| name.to_str());
    match name.and_then(eventflow_tui::functions::by_name) {
        Some(function) => match function() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        None => eventflow_tui::cli::main(),
    }
}
