//! Operating-system processes: killing whole groups, peak memory, and the reaper that outlives a killed parent.

mod reaper;

pub use reaper::{Reaper, Registration, reaper_binary_name, reaper_main};

use rustix::process::{Pid, Signal, kill_process_group};

/// Kills every process of the group that `pid` leads, at once and without a chance to object (`SIGKILL`).
/// A group that is gone already is as well as killed.
pub fn kill_group(pid: u32) {
    // 0 and 1 would be our own group and everything: `Pid` refuses the one, the comparison the other.
    let Some(group) = i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw) else { return };
    if let Err(error) = kill_process_group(group, Signal::KILL)
        && error != rustix::io::Errno::SRCH
    {
        tracing::warn!(pid, %error, "could not kill a process group");
    }
}

/// The most memory the process has held so far, in bytes; `None` where the system does not tell (only Linux does, in
/// `/proc`) or the process is gone.
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    peak_memory_of(&status)
}

/// Reads `VmHWM:     5240 kB` out of a `/proc/PID/status`.
fn peak_memory_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_memory_is_read_from_the_kernels_words() {
        assert_eq!(peak_memory_of("Name:\tbootstrap\nVmHWM:\t    5240 kB\nVmRSS:\t 12 kB\n"), Some(5240 * 1024));
        assert_eq!(peak_memory_of("Name:\tbootstrap\n"), None);
        assert_eq!(peak_memory_of("VmHWM:\t many kB\n"), None);
    }
}
