//! Waiting on a level: ask again until it is so, or say what was last seen.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{Fail, Result};

/// How long a condition may take unless the caller says otherwise. Generous:
/// it only costs time when something is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// What one look saw.
pub enum Look<T> {
    /// It is so.
    Ready(T),
    /// Not yet; this is what there is instead.
    NotYet(String),
}

/// Looks until it is so, for at most `patience`.
///
/// # Errors
/// When the time is over, with what the last look saw; or at once when a look fails.
pub async fn until<T, F>(what: &str, patience: Duration, mut look: F) -> Result<T>
where
    F: AsyncFnMut() -> Result<Look<T>>,
{
    let deadline = Instant::now() + patience;
    let mut tick = interval(BETWEEN_LOOKS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match look().await? {
            Look::Ready(found) => return Ok(found),
            Look::NotYet(_) if Instant::now() < deadline => {}
            Look::NotYet(seen) => {
                let seconds = patience.as_secs();
                return Err(Fail::new(format!("{what}: not so after {seconds} s; seen: {seen}")));
            }
        }
    }
}

// === impl Look ===

impl<T> Look<T> {
    /// Ready with `value` when `so`, else what was seen.
    pub fn when(so: bool, value: T, seen: impl FnOnce() -> String) -> Self {
        if so { Self::Ready(value) } else { Self::NotYet(seen()) }
    }
}

/// Seconds since the Unix epoch, now: for senders that sign the time.
///
/// # Errors
/// When the machine's clock is before 1970.
pub fn unix_seconds() -> Result<i64> {
    #[expect(clippy::disallowed_methods, reason = "a far system has a clock of its own")]
    let now = std::time::SystemTime::now();
    Ok(i64::try_from(now.duration_since(std::time::UNIX_EPOCH)?.as_secs())?)
}
