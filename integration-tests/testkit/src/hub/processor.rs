//! How much processor time a process has used, as Linux counts it.

use std::time::Duration;

use crate::{Fail, Result};

/// Of a running process and all its threads: `utime` and `stime` of
/// proc_pid_stat(5), which move in steps of 10 ms.
///
/// # Errors
/// When there is no such process, or no `/proc`.
pub(super) fn time_of(pid: u32) -> Result<Duration> {
    let file = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&file).map_err(|it| Fail::from(it).during(&file))?;
    let ticks = ticks(&text).ok_or_else(|| Fail::new(format!("{file}: no utime or stime")))?;
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_micros(ticks.saturating_mul(1_000_000) / a_second))
}

/// The 14th and 15th field. The second is a name in parentheses, which may have
/// spaces and parentheses in it.
fn ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_how_long_a_process_has_worked() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 9 9 20 0 1 0 1 1 1";
        assert_eq!(ticks(stat), Some(300));
        assert!(time_of(std::process::id()).is_ok());
    }
}
