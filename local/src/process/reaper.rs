//! The watchdog that kills the functions when their parent is killed.
//!
//! A process that gets SIGKILL cannot clean up after itself, so another must. The reaper is the same executable under
//! another name, in a process group of its own (Ctrl-C in the terminal does not reach it). Its standard input is a pipe
//! from the parent: `+PID` registers a process group, `-PID` forgets it, and the end of the pipe, which the kernel closes
//! however the parent ends, makes it kill all registered groups and exit.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use super::kill_group;

/// The name (`argv[0]`) under which an executable must run [`reaper_main`].
pub fn reaper_binary_name() -> &'static str {
    "eventflow-reaper"
}

/// The reaper's whole life: reads registrations from standard input until it ends, then kills what is registered.
pub fn reaper_main() {
    for pid in read_registrations(io::stdin().lock()) {
        kill_group(pid);
    }
}

/// Reads `+PID` and `-PID` lines to the end of the input; answers the process groups that are still registered.
/// Lines of any other shape are passed over: a half-written line must not keep the rest from being killed.
fn read_registrations(input: impl BufRead) -> BTreeSet<u32> {
    let mut registered = BTreeSet::new();
    for line in input.lines().map_while(Result::ok) {
        let (sign, digits) = line.split_at_checked(1).unwrap_or_default();
        match (sign, digits.parse::<u32>()) {
            ("+", Ok(pid)) => registered.insert(pid),
            ("-", Ok(pid)) => registered.remove(&pid),
            _ => false,
        };
    }
    registered
}

/// The parent's end: a running reaper, or none.
#[derive(Debug, Clone, Default)]
pub struct Reaper {
    process: Option<Arc<Mutex<Running>>>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// `None` once the pipe is closed. The standard library opens pipes close-on-exec, so no function inherits it
    /// and keeps the reaper waiting.
    pipe: Option<ChildStdin>,
}

impl Reaper {
    /// Starts a reaper from an executable that serves [`reaper_binary_name`].
    ///
    /// # Errors
    /// When the executable cannot be started.
    pub fn start(executable: &Path) -> io::Result<Self> {
        let mut child = Command::new(executable)
            .arg0(reaper_binary_name())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take();
        Ok(Self { process: Some(Arc::new(Mutex::new(Running { child, pipe }))) })
    }

    /// No reaper: functions then rely on noticing that their Runtime API is gone.
    pub fn none() -> Self {
        Self::default()
    }

    /// Has the process group that `pid` leads killed if this process ends before the registration is dropped.
    pub fn register(&self, pid: u32) -> Registration {
        self.tell('+', pid);
        Registration { reaper: self.clone(), pid }
    }

    fn tell(&self, sign: char, pid: u32) {
        let Some(process) = &self.process else { return };
        let mut running = process.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pipe) = &mut running.pipe else { return };
        // A dozen bytes into an empty pipe: this does not block.
        if let Err(error) = pipe.write_all(format!("{sign}{pid}\n").as_bytes()) {
            tracing::warn!(%error, "the reaper is gone; functions may outlive this process if it is killed");
            running.pipe = None;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.pipe = None;
        // The end of the pipe ends it, after killing at most a few groups.
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "could not wait for the reaper");
        }
    }
}

/// A registered process group; dropping it forgets the group.
#[derive(Debug)]
pub struct Registration {
    reaper: Reaper,
    pid: u32,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.reaper.tell('-', self.pid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_still_registered_is_killed() {
        let left = read_registrations(&b"+10\n+11\n-10\nnonsense\n+\n\n+12\n+1"[..]);
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [1, 11, 12]);
    }
}
