//! The processes of the functions, where they run on this machine: to be killed.

use std::{fmt, sync::Arc};

use anyhow::{Context, Result};

use super::Reach;

/// Kills the processes of a function by SIGKILL and says how many there were.
#[derive(Clone)]
pub struct Processes(Arc<dyn Fn(&str) -> usize + Send + Sync>);

impl Processes {
    /// That kills by `kill`.
    pub fn new(kill: impl Fn(&str) -> usize + Send + Sync + 'static) -> Self {
        Self(Arc::new(kill))
    }
}

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Processes")
    }
}

impl Reach {
    /// Kills the processes of a function; how many there were.
    ///
    /// # Errors
    /// Where the functions do not run on this machine.
    pub fn kill(&self, function: &str) -> Result<usize> {
        let processes = self.processes.as_ref();
        let Processes(kill) = processes.context("only the embedded cloud's processes can be killed; choose a crash")?;
        Ok(kill(function))
    }
}
