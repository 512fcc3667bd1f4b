//! Named points at which a test lets the process die, as if it were killed there.
//!
//! `CHANNELHUB_DIE_AT=commit.within:3` ends the process with SIGKILL when it comes
//! to that point for the third time; `any:40` at the fortieth point of whatever
//! name. Only in builds with debug assertions; in others this is nothing.

#[cfg(debug_assertions)]
use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// All names, for harnesses that go through them.
pub const NAMES: &[&str] = &[
    "commit.before",
    "commit.within",
    "commit.after",
    "checkpoint.before",
    "checkpoint.after",
    "compaction.within",
    "fold.store.before",
    "fold.store.after",
    "fold.ledger.before",
    "fold.ledger.after",
    "delivery.before",
    "delivery.sent",
    "delivery.recorded",
    "answer.prepared",
    "answer.file_moved",
    "answer.named",
    "shutdown.told",
    "shutdown.finished",
    "shutdown.closed",
];

/// Passes the point `name`, or dies there.
#[cfg(debug_assertions)]
pub fn pass(name: &str) {
    static CHOSEN: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    debug_assert!(NAMES.contains(&name), "{name} is not in the list");
    let chosen = CHOSEN.get_or_init(|| {
        let text = std::env::var_os("CHANNELHUB_DIE_AT")?.into_string().ok()?;
        let (name, nth) = text.split_once(':')?;
        Some((name.to_owned(), nth.parse().ok()?))
    });
    let Some((wanted, nth)) = chosen else { return };
    if (wanted == "any" || wanted == name) && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *nth {
        use rustix::process::{Signal, getpid, kill_process};
        let _never_returns = kill_process(getpid(), Signal::KILL);
    }
}

/// Passes the point `name`.
#[cfg(not(debug_assertions))]
pub const fn pass(_name: &str) {}
