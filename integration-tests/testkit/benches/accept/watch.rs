//! What is seen of the hub beside the answers: processor time, sizes of its
//! commits, and how far behind its folds are.

use super::drive::now;
use std::time::{Duration, Instant};
use testkit::{
    hub::{Client, Hub},
    wait::{Look, PATIENCE, until},
};

/// How often the folds are looked at.
const STEP: Duration = Duration::from_millis(200);

/// A look that goes on while requests are sent.
#[derive(Debug)]
pub(crate) struct Watch {
    started: Instant,
    cpu: Duration,
    commits: Commits,
    behind: tokio::task::JoinHandle<()>,
    behind_max: tokio::sync::watch::Receiver<f64>,
}

/// What was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beside {
    /// From the first request until store and ledger had all entries.
    pub(crate) folded: Duration,
    /// Processor time of the hub until then.
    pub(crate) cpu: Duration,
    pub(crate) entries_a_commit: f64,
    /// The oldest entry that the store had not taken in was so old at most.
    pub(crate) behind: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Commits {
    commits: f64,
    entries: f64,
}

// === impl Watch ===

impl Watch {
    pub(crate) async fn start(hub: &Hub) -> testkit::Result<Self> {
        let client = hub.client();
        let commits = commits(&client).await?;
        let (tell, behind_max) = tokio::sync::watch::channel(0.0);
        let behind = super::spawn(async move {
            loop {
                // The figure of a look that fails is the one before it.
                if let Ok(page) = client.text("/metrics").await {
                    let behind = value(&page, "channelhub_fold_behind_seconds{fold=\"store\"}");
                    tell.send_modify(|it: &mut f64| *it = it.max(behind));
                }
                pause().await;
            }
        });
        Ok(Self { started: now(), cpu: hub.cpu()?, commits, behind, behind_max })
    }

    pub(crate) async fn end(self, hub: &Hub) -> testkit::Result<Beside> {
        let client = hub.client();
        until("the folds have taken in everything", PATIENCE, async || {
            let at = client.get("/readyz").await?;
            let [journal, store, ledger] = ["journal", "store", "ledger"].map(|it| at.get(it));
            let is_there = store == journal && ledger == journal;
            Ok(if is_there { Look::Ready(()) } else { Look::NotYet(at.to_string()) })
        })
        .await?;
        let folded = now() - self.started;
        let cpu = hub.cpu()?.saturating_sub(self.cpu);
        self.behind.abort();
        let after = commits(&client).await?;
        let commits = after.commits - self.commits.commits;
        let entries_a_commit = (after.entries - self.commits.entries) / commits.max(1.0);
        let behind = Duration::from_secs_f64(*self.behind_max.borrow());
        Ok(Beside { folded, cpu, entries_a_commit, behind })
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench looks by the clock")]
async fn pause() {
    tokio::time::sleep(STEP).await;
}

async fn commits(client: &Client) -> testkit::Result<Commits> {
    let page = client.text("/metrics").await?;
    let of = |name: &str| value(&page, name);
    Ok(Commits { commits: of("channelhub_commits"), entries: of("channelhub_committed_entries") })
}

/// The value of one line of a metrics page; 0 when it has none.
fn value(page: &str, name: &str) -> f64 {
    let line = page.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|it| it.trim().parse().ok()).unwrap_or(0.0)
}
