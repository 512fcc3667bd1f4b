//! A thread that gives way: the system lets it work on what the others leave of
//! the processors.

use std::{io, sync::mpsc, thread};
use tokio::sync::oneshot;

/// How far its priority is below that of the others: beside each of them it gets
/// about half as much, so that it does not starve on a machine with other work.
const NICENESS: i32 = 3;

type Job = Box<dyn FnOnce() + Send>;

/// Runs one job after the other on a thread of its own. The thread ends with the
/// last handle.
#[derive(Clone, Debug)]
pub struct Quiet {
    jobs: mpsc::SyncSender<Job>,
}

// === impl Quiet ===

impl Quiet {
    /// Starts the thread. Where the system knows no priority of a single thread, it
    /// works like any other.
    ///
    /// # Errors
    ///
    /// When there can be no more threads.
    pub fn start(name: &str) -> io::Result<Self> {
        let (jobs, next) = mpsc::sync_channel::<Job>(1);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            give_way();
            for job in next {
                job();
            }
        })?;
        Ok(Self { jobs })
    }

    /// Runs a job; `None` when it broke off.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (tell, done) = oneshot::channel();
        // Whoever asked may have gone: the job is done all the same.
        let job = Box::new(move || drop(tell.send(job())));
        self.jobs.try_send(job).ok()?;
        done.await.ok()
    }
}

/// On Linux a thread has a priority of its own; elsewhere it is that of the whole
/// process, which must not give way.
#[cfg(target_os = "linux")]
fn give_way() {
    if let Err(fault) = rustix::process::nice(NICENESS) {
        tracing::debug!(%fault, "this thread does not give way");
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way() {
    let _unused = NICENESS;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn jobs_are_done_and_one_that_breaks_off_is_told() {
        let quiet = Quiet::start("quiet").unwrap();
        let niceness = || std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let field =
            |stat: &str| stat.rsplit_once(')').unwrap().1.split(' ').nth(17).map(str::to_owned);
        let (mine, its) = (niceness(), quiet.run(niceness).await.unwrap());
        if cfg!(target_os = "linux") {
            assert_ne!(field(&mine), field(&its), "it has a priority of its own");
        }
        assert_eq!(quiet.run(|| 7).await, Some(7));
        assert_eq!(quiet.run(|| assert_eq!(1, 2, "breaks off")).await, None);
    }
}
