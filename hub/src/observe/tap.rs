//! The live tap: what happens at each step, for whoever is watching now.
//!
//! Costs nothing when nobody watches. A slow watcher misses lines and is told
//! how many; the walk never waits for it.

use canon::clock::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

/// Lines a slow watcher may be behind before it misses some.
const LINES_MAX: usize = 1024;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// Which step: `arrived`, `admitted`, `decoded`, `mapped`, `committed`,
    /// `refused`, `set_aside`, `attempt`, `configured`.
    pub step: &'static str,
    /// Channel.
    pub channel: String,
    /// Arrival or parcel it belongs to.
    pub id: String,
    /// What the step gave.
    pub what: Value,
}

/// Where lines go.
#[derive(Clone, Debug)]
pub struct Tap {
    lines: broadcast::Sender<Line>,
}

impl Default for Tap {
    fn default() -> Self {
        Self { lines: broadcast::Sender::new(LINES_MAX) }
    }
}

impl Tap {
    /// Tells watchers, if there are any; `line` is not called otherwise.
    pub fn tell(&self, line: impl FnOnce() -> Line) {
        if self.lines.receiver_count() > 0 {
            // No receiver left since the look above: nobody to tell.
            let _nobody = self.lines.send(line());
        }
    }

    /// Starts to watch.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Line> {
        self.lines.subscribe()
    }
}
