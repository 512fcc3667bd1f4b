//! Everything that runs beside the walk: started here, joined at shutdown.

use std::future::Future;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The daemon's tasks. Clones share one set.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs `task` until it ends; shutdown waits for it. A task that loops
    /// watches [`Tasks::stopping`].
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// Cancelled when the daemon stops.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells all tasks to end: nothing new is begun from now on.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Tells all tasks to end and waits until they have.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
