//! Everything that runs beside the walk: started here, joined at shutdown.

use canon::clock::Clock;
use std::{future::Future, sync::Arc, time::Duration};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

/// Pause before a loop that broke off is begun again.
const PAUSE: Duration = Duration::from_secs(1);

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

    /// Runs a loop that is to run as long as its channel is there. One that breaks
    /// off by a fault of the program is told and begun again: a channel must not
    /// stand still until somebody restarts the hub. Then `ended` is called.
    pub fn keep<F>(
        &self,
        clock: &Arc<dyn Clock>,
        name: String,
        run: impl Fn() -> F + Send + 'static,
        ended: impl FnOnce() + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let (tasks, clock) = (self.clone(), Arc::clone(clock));
        self.spawn(async move {
            while tasks.guard(&name, run()).await.is_none() && !tasks.stop.is_cancelled() {
                clock.sleep(PAUSE).await;
            }
            ended();
        });
    }

    /// What comes of `work`; `None` when it broke off by a fault of the program.
    pub async fn guard<T: Send + 'static>(
        &self,
        name: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let done = self.tracker.spawn(work).await;
        done.inspect_err(|fault| {
            error!(name, %fault, "broke off by a fault of this program; it is begun again");
        })
        .ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use canon::clock::{ManualClock, Timestamp};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_loop_that_breaks_off_is_begun_again_and_others_do_not_notice() {
        let tasks = Tasks::default();
        let clock = Arc::new(ManualClock::at(Timestamp::default()));
        let shared: Arc<dyn Clock> = clock.clone();
        let runs = Arc::new(AtomicU32::new(0));
        let (told, ended) = tokio::sync::oneshot::channel();
        let counted = Arc::clone(&runs);
        let run = move || {
            let run = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(run >= 2, "a fault of the program") }
        };
        tasks.keep(&shared, "pull shop".to_owned(), run, move || told.send(()).unwrap());
        assert_eq!(tasks.guard("another", async { 7 }).await, Some(7));
        ended.await.expect("it ends in the end");
        assert_eq!(runs.load(Ordering::SeqCst), 3);
        assert_eq!(clock.now(), Timestamp::default().plus(PAUSE * 2), "with a pause each time");
        tasks.finish().await;
    }
}
