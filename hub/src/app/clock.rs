//! The machine's clock, read here and nowhere else.

use canon::clock::{Clock, Sleep, Timestamp};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Tells the time of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock the others take")]
    fn now(&self) -> Timestamp {
        let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Timestamp::from_ms(ms)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock the others take")]
    fn sleep(&self, wait: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(wait))
    }
}
