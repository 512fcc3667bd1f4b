//! What a measurement gave.

use std::time::Duration;

/// What one measurement gave.
#[derive(Debug)]
pub(crate) struct Figures {
    took: Duration,
    /// Sorted.
    each: Vec<Duration>,
}

impl Figures {
    /// Of requests that took so long each, and all of them together.
    pub(crate) fn new(took: Duration, mut each: Vec<Duration>) -> Self {
        each.sort();
        Self { took, each }
    }

    /// From the first request to the last answer.
    pub(crate) fn took(&self) -> Duration {
        self.took
    }

    /// Accepted requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.each.len() as f64 / self.took.as_secs_f64()
    }

    /// So much of the requests took at most so many milliseconds.
    pub(crate) fn quantile_ms(&self, part: f64) -> f64 {
        let index = (self.each.len() as f64 * part) as usize;
        let at = index.min(self.each.len().saturating_sub(1));
        self.each.get(at).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
    }
}

/// The one in the middle.
pub(crate) fn median(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
