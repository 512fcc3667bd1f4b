//! The hub asks a system for news, page by page, and goes on from where the
//! journal says it was: the cursor is in the same entry as what it brought.
//!
//! [`place`] decides where to go on (pure), [`round`] reads one feed to its end
//! for now, [`asking`] makes the calls.

mod asking;
mod known;
mod page;
mod place;
mod round;

use super::receive::Reception;
use crate::app::house::Channel;
use asking::Asking;
use round::Reading;
use std::{sync::Arc, time::Duration};
use tracing::warn;

/// Longest time until a channel is looked at again: it may have changed, gone,
/// or become one that can be asked.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Longest pause after failures, unless the far side asks for more.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// Asks until the daemon stops or the channel goes.
pub(super) async fn watch(reception: &Reception, name: &str) {
    let rooms = reception.rooms();
    let stopping = rooms.tasks.stopping();
    let mut asked: Option<Turns> = None;
    loop {
        let house = rooms.house();
        let Some(channel) = house.channel(name) else { return };
        if !asked.as_ref().is_some_and(|it| Arc::ptr_eq(it.asking.channel(), channel)) {
            match Asking::new(channel) {
                Ok(Some(asking)) => asked = Some(Turns::new(asking)),
                Ok(None) => return,
                Err(fault) => warn!(channel = name, fault, "cannot be asked as it is configured"),
            }
        }
        let wait = match &mut asked {
            None => LOOK_AGAIN,
            Some(turns) => {
                let taken = tokio::select! {
                    wait = turns.take(reception) => Some(wait.min(LOOK_AGAIN)),
                    () = stopping.cancelled() => None,
                };
                let Some(wait) = taken else {
                    // A page may be asked for again; a refresh token that the far
                    // side has changed may not be lost.
                    return turns.asking.settled().await;
                };
                wait
            }
        };
        tokio::select! {
            () = rooms.clock.sleep(wait) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// Why a channel cannot be asked as it is configured, if it is one to ask.
///
/// # Errors
///
/// A text naming the setting.
pub fn check(channel: &Arc<Channel>) -> Result<(), String> {
    let Some(asking) = Asking::new(channel)? else { return Ok(()) };
    asking.check()
}

/// The feeds of one channel, each with its own pace: one that fails does not
/// keep the others waiting.
struct Turns {
    asking: Asking,
    readings: Vec<Reading>,
}

// === impl Turns ===

impl Turns {
    fn new(asking: Asking) -> Self {
        let package = Arc::clone(asking.channel().package());
        let feeds = package.manifest().input.iter().flat_map(|it| &it.feeds);
        Self { readings: feeds.cloned().map(Reading::new).collect(), asking }
    }

    /// Reads the feeds that are due, and says how long none will be.
    async fn take(&mut self, reception: &Reception) -> Duration {
        let clock = &reception.rooms().clock;
        let mut wait = PAUSE_MAX;
        for reading in &mut self.readings {
            if reading.due <= clock.now() {
                let every = self.asking.every(reading.feed());
                let pause = match reading.read_on(&self.asking, reception).await {
                    Ok(true) => Duration::ZERO,
                    Ok(false) => every,
                    Err(trouble) => {
                        let pause = trouble.pause(every, reading.failures);
                        let (channel, feed) = (self.asking.channel().name(), &reading.feed().name);
                        let (fault, failures) = (&trouble.what, reading.failures);
                        warn!(channel, feed, fault, failures, ?pause, "the far side gave no news");
                        pause
                    }
                };
                reading.due = clock.now().plus(pause);
            }
            wait = wait.min(reading.due.since(clock.now()));
        }
        wait
    }
}

/// Why a feed could not be read on.
#[derive(Debug)]
struct Trouble {
    /// What went wrong, without anything from a body.
    what: String,
    /// How long the far side asked to wait.
    after: Option<Duration>,
    /// The far side does not take the question as it is.
    refused: bool,
    /// There is nothing at that address (any more).
    gone: bool,
}

// === impl Trouble ===

impl Trouble {
    fn pause(&self, every: Duration, failures: u32) -> Duration {
        let pause = every.saturating_mul(1 << failures.min(8)).min(PAUSE_MAX);
        pause.max(every).max(self.after.unwrap_or(Duration::ZERO))
    }
}

impl From<String> for Trouble {
    fn from(what: String) -> Self {
        Self { what, after: None, refused: false, gone: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_the_far_side_may_ask_for_more() {
        let every = Duration::from_secs(30);
        let plain = Trouble::from("gone".to_owned());
        let pauses = [0, 1, 3, 9, 40].map(|failures| plain.pause(every, failures).as_secs());
        assert_eq!(pauses, [30, 60, 240, 300, 300]);
        let asked = Trouble { after: Some(Duration::from_secs(900)), ..plain };
        assert_eq!(asked.pause(every, 1).as_secs(), 900);
        // A feed that is read once an hour is not read more often for failing.
        let hour = Duration::from_secs(3600);
        assert_eq!(Trouble::from(String::new()).pause(hour, 5), hour);
    }
}
