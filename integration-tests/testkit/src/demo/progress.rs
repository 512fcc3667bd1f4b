//! Where the story is: one line that changes on a terminal, nothing elsewhere.

use std::io::{IsTerminal as _, Write as _, stderr};

/// Shows the steps as they go.
pub(super) struct Progress {
    steps: usize,
    shown: bool,
}

/// Back to the start of the line, and clear it.
const FRESH_LINE: &str = "\r\x1b[2K";

// === impl Progress ===

impl Progress {
    pub(super) fn new(steps: usize) -> Self {
        Self { steps, shown: stderr().is_terminal() }
    }

    /// The step with this index has begun.
    pub(super) fn show(&mut self, index: usize, title: &str) {
        let bar: String = (0..self.steps).map(|it| if it <= index { '█' } else { '░' }).collect();
        self.write(&format!("{FRESH_LINE}{bar} {}/{} {title}", index + 1, self.steps));
    }

    /// The story is over.
    pub(super) fn end(&mut self) {
        self.write(FRESH_LINE);
    }

    fn write(&mut self, text: &str) {
        if self.shown {
            let mut out = stderr().lock();
            // Progress that cannot be shown is no reason to stop.
            self.shown = out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
