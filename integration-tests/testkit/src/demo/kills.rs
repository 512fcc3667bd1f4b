//! Kills the hub at random moments of the story, and starts it again at once,
//! as a supervisor would.

use std::{collections::BTreeMap, future::pending, time::Duration};
use tokio::time::timeout;

use super::chance::Chance;
use crate::{Result, hub::Hub};

/// A step rarely takes longer, so a later moment would often miss it.
const LATEST_MS: u64 = 60;

/// At which steps, and how long after their start.
#[derive(Debug)]
pub(super) struct Kills(BTreeMap<usize, Vec<Duration>>);

// === impl Kills ===

impl Kills {
    /// `count` moments over `steps` steps.
    pub(super) fn plan(seed: u64, count: u32, steps: usize) -> Self {
        let mut chance = Chance::from_seed(seed);
        let mut moments: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
        for _ in 0..count {
            let step = chance.below(u64::try_from(steps).unwrap_or(u64::MAX));
            let after = Duration::from_millis(chance.below(LATEST_MS));
            moments.entry(usize::try_from(step).unwrap_or(0)).or_default().push(after);
        }
        Self(moments)
    }

    /// How many in all.
    pub(super) fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Kills and restarts as planned for this step.
    pub(super) async fn strike(&self, step: usize, hub: &mut Hub) -> Result<()> {
        for after in self.0.get(&step).into_iter().flatten() {
            // The one wait for time itself: a random moment is the point of it.
            let _moment_came = timeout(*after, pending::<()>()).await;
            hub.kill9().await?;
            hub.restart().await?;
        }
        Ok(())
    }
}
