//! How much memory a process has, as Linux counts it.

use crate::{Fail, Result};

/// Resident memory of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Now, in KiB.
    pub now_kib: u64,
    /// The most it ever was, in KiB.
    pub peak_kib: u64,
}

// === impl Memory ===

impl Memory {
    /// Of a running process: `VmRSS` and `VmHWM` of proc_pid_status(5).
    ///
    /// # Errors
    /// When there is no such process, or no `/proc`.
    pub(super) fn of(pid: u32) -> Result<Self> {
        let file = format!("/proc/{pid}/status");
        let text = std::fs::read_to_string(&file).map_err(|it| Fail::from(it).during(&file))?;
        Self::read(&text).ok_or_else(|| Fail::new(format!("{file}: no VmRSS or VmHWM")))
    }

    fn read(status: &str) -> Option<Self> {
        let kib = |name: &str| {
            let line = status.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Some(Self { now_kib: kib("VmRSS")?, peak_kib: kib("VmHWM")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_how_much_a_process_has() {
        let status = "Name:\tchannelhub\nVmHWM:\t   61440 kB\nVmRSS:\t   51200 kB\n";
        let read = Memory::read(status);
        assert_eq!(read, Some(Memory { now_kib: 51_200, peak_kib: 61_440 }));
        assert_eq!(Memory::read("Name:\tkthread\n"), None);
        let mine = Memory::of(std::process::id()).expect("this process runs");
        assert!(mine.peak_kib >= mine.now_kib && mine.now_kib > 0, "{mine:?}");
    }
}
