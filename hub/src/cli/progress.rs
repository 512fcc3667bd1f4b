//! How far a long command is: one line on standard error, on a terminal only.

use std::io::{IsTerminal as _, Write as _, stderr};

/// Below so many steps nobody waits long enough to look.
const STEPS_MIN: u64 = 2_000;
/// Characters of the bar.
const WIDTH: u64 = 30;

/// A bar that is drawn anew when a whole percent has been done.
pub(super) struct Progress {
    steps: u64,
    on: bool,
    percent: Option<u64>,
}

impl Progress {
    /// Of so many steps in all.
    pub(super) fn new(steps: u64) -> Self {
        Self { steps, on: steps >= STEPS_MIN && stderr().is_terminal(), percent: None }
    }

    /// So many steps are done.
    pub(super) fn at(&mut self, done: u64) {
        let percent = percent(done, self.steps);
        if self.on && self.percent != Some(percent) {
            self.percent = Some(percent);
            draw(&bar(done, self.steps));
        }
    }

    /// Makes room for other lines.
    pub(super) fn clear(&mut self) {
        if self.on && self.percent.take().is_some() {
            draw("");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A bar of something that goes on elsewhere: shown however short it is, and the
/// number of steps may grow.
#[derive(Debug)]
pub(super) struct Bar {
    what: &'static str,
    on: bool,
}

impl Bar {
    /// Of `what`.
    pub(super) fn new(what: &'static str) -> Self {
        Self { what, on: stderr().is_terminal() }
    }

    /// So many of so many steps are done.
    pub(super) fn at(&self, done: u64, steps: u64) {
        if self.on {
            draw(&format!("{} {}", self.what, bar(done, steps)));
        }
    }

    /// Ends its line.
    pub(super) fn end(&self) {
        if self.on {
            eprintln!();
        }
    }
}

/// Replaces the line at hand. A terminal that is gone is no reason to stop.
fn draw(line: &str) {
    let mut screen = stderr().lock();
    drop(write!(screen, "\r\x1b[2K{line}").and_then(|()| screen.flush()));
}

fn percent(done: u64, steps: u64) -> u64 {
    done.min(steps).saturating_mul(100).checked_div(steps).unwrap_or(100)
}

fn bar(done: u64, steps: u64) -> String {
    let percent = percent(done, steps);
    let full = percent * WIDTH / 100;
    let bar: String = (0..WIDTH).map(|at| if at < full { '█' } else { '·' }).collect();
    format!("{bar} {percent:3} %  {done} / {steps}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_far() {
        assert_eq!(bar(0, 4), format!("{}   0 %  0 / 4", "·".repeat(30)));
        assert_eq!(bar(1, 4), format!("{}{}  25 %  1 / 4", "█".repeat(7), "·".repeat(23)));
        assert_eq!(bar(4, 4), format!("{} 100 %  4 / 4", "█".repeat(30)));
        assert_eq!(percent(9, 0), 100);
    }
}
