//! How fast the hub accepts, against a bare server in the same run.
//!
//! The floor parses the JSON and group-commits the bytes to SQLite with
//! `synchronous=FULL`, nothing else: no proof of the sender, no quota, no schema,
//! no map, no ledger, no current state. Both get the same bodies over the same
//! number of connections, in turns; the figures are ratios. Each hub run ends
//! when the folds have taken in all of it, so that nothing is put off into the
//! floor's run; the ratio of the time until then is told too.
//!
//! Then half the rate that the hub reached, sent by the clock and not when an
//! answer came: what a caller waits who does not wait for others.
//!
//! For a quick look: `ACCEPT_CONNECTIONS=64 ACCEPT_REQUESTS=3000 ACCEPT_ROUNDS=1`.

#[path = "accept/drive.rs"]
mod drive;
#[path = "accept/figures.rs"]
mod figures;
#[path = "accept/floor.rs"]
mod floor;
#[path = "accept/house.rs"]
mod house;
#[path = "accept/watch.rs"]
mod watch;

use drive::{Load, Pace};
use figures::{Figures, median};
use house::House;
use std::time::Duration;
use watch::Beside;

const CONNECTIONS: [usize; 3] = [1, 64, 256];
/// Requests of one measurement, for each connection count.
const REQUESTS: [usize; 3] = [1_000, 12_000, 20_000];
const ROUNDS: usize = 3;
/// How long half the rate is sent.
const HALF_LOAD: Duration = Duration::from_secs(6);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(testkit::Fail::from).and_then(|it| it.block_on(run()));
    if let Err(fault) = outcome {
        eprintln!("accept: {fault}");
        std::process::exit(1);
    }
}

async fn run() -> testkit::Result<()> {
    let folder = tempfile::tempdir()?;
    let to_floor = Load { url: floor::start(&folder.path().join("floor.db")).await?, bearer: None };
    let mut house = House::start(folder.path()).await?;
    let (only, rounds) = (asked("ACCEPT_CONNECTIONS"), asked("ACCEPT_ROUNDS").unwrap_or(ROUNDS));
    println!(
        "  conn  round   floor/s     hub/s  ratio  folded   cpu us  entries/commit  behind s   \
         floor p50/p99 ms     hub p50/p99 ms"
    );
    let mut series = 0;
    let mut half_loads = Vec::new();
    for (connections, requests) in CONNECTIONS.into_iter().zip(REQUESTS) {
        if only.is_some_and(|it| it != connections) {
            continue;
        }
        let requests = asked("ACCEPT_REQUESTS").unwrap_or(requests);
        let (mut ratios, mut folded, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for round in 1..=rounds {
            series += 1;
            let sent = drive::Sent { connections, requests, series, pace: Pace::AsAnswered };
            let bare = drive::run(&to_floor, sent).await?;
            let (full, beside) = house.measure(sent).await?;
            let ratio = full.rate() / bare.rate();
            ratios.push(ratio);
            folded.push(ratio * full.took().as_secs_f64() / beside.folded.as_secs_f64());
            rates.push(full.rate());
            let folded = folded.last().copied().unwrap_or_default();
            println!(
                "{connections:>6}  {round:>5}  {:>8.0}  {:>8.0}  {ratio:>5.2}  {folded:>6.2}  {}   \
                 {:>16}   {:>16}",
                bare.rate(),
                full.rate(),
                shown_beside(&beside, requests),
                shown(&bare),
                shown(&full),
            );
        }
        println!(
            "{connections:>6}  median ratio {:.2} (target 0.70); until the folds have it {:.2}",
            median(&mut ratios),
            median(&mut folded)
        );
        half_loads.push((connections, median(&mut rates) / 2.0));
    }
    for (connections, rate) in half_loads {
        series += 1;
        let requests = (rate * HALF_LOAD.as_secs_f64()) as usize;
        let pace = Pace::Each(Duration::from_secs_f64(1.0 / rate));
        let sent = drive::Sent { connections, requests, series, pace };
        let (figures, beside) = house.measure(sent).await?;
        println!(
            "{connections:>6}  half load, {rate:.0}/s sent, {:.0}/s answered: p50/p99 {} ms  {}",
            figures.rate(),
            shown(&figures),
            shown_beside(&beside, requests),
        );
    }
    house.stop().await
}

/// A number in the environment, if there is one.
#[expect(clippy::disallowed_methods, reason = "a bench has no settings")]
fn asked(name: &str) -> Option<usize> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs beside the measurement; ends with it.
#[expect(clippy::disallowed_methods, reason = "a bench has no daemon that could join it")]
fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    tokio::spawn(task)
}

fn shown(figures: &Figures) -> String {
    format!("{:.1} / {:.1}", figures.quantile_ms(0.5), figures.quantile_ms(0.99))
}

/// Processor time of an accepted request, entries in a commit, and how far behind
/// the store was at most.
fn shown_beside(beside: &Beside, requests: usize) -> String {
    let cpu_us = beside.cpu.as_secs_f64() * 1e6 / requests as f64;
    let behind = beside.behind.as_secs_f64();
    format!("{cpu_us:>7.0}  {:>14.1}  {behind:>8.1}", beside.entries_a_commit)
}
