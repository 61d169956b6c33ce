//! Which executable runs a function.

use std::path::PathBuf;

use crate::process::reaper_binary_name;

/// The executables that functions run from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionPrograms {
    /// The binaries that `executable` serves when it is started under their name (`argv[0]`). With
    /// [`reaper_binary_name`] among them the functions are also killed when this process is.
    pub linked: Vec<String>,
    /// The executable that serves the linked binaries: usually this very one.
    pub executable: PathBuf,
    /// Where executables of all other binaries are: usually the directory of `executable`.
    pub beside: PathBuf,
}

/// How to start a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Program {
    /// The file to execute.
    pub(crate) path: PathBuf,
    /// The name to start it under.
    pub(crate) arg0: String,
}

impl FunctionPrograms {
    /// Whether `executable` can be the reaper too.
    pub(crate) fn has_reaper(&self) -> bool {
        self.linked.iter().any(|name| name == reaper_binary_name())
    }

    /// Finds the program of a binary; the error is a text for the function's log.
    pub(crate) fn find(&self, binary: &str) -> Result<Program, String> {
        if self.linked.iter().any(|name| name == binary) {
            return Ok(Program { path: self.executable.clone(), arg0: binary.to_owned() });
        }
        let path = self.beside.join(format!("{binary}{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(Program { path, arg0: binary.to_owned() });
        }
        Err(format!(
            "there is no executable '{binary}' in {}; build it with `cargo build --bin {binary}`",
            self.beside.display()
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_linked_binary_is_this_executable_and_another_lies_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("other"), "").unwrap();
        let programs = FunctionPrograms {
            linked: vec!["order".into()],
            executable: "/bin/app".into(),
            beside: directory.path().into(),
        };
        assert_eq!(programs.find("order").unwrap(), Program { path: "/bin/app".into(), arg0: "order".into() });
        assert_eq!(programs.find("other").unwrap().path, directory.path().join("other"));
        let error = programs.find("missing").unwrap_err();
        assert!(error.contains("cargo build --bin missing"), "{error}");
        assert!(!programs.has_reaper());
    }
}
