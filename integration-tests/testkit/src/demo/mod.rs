//! The demo: the main job of the hub on real input, from the first webhook to
//! the verified ledger, shown on a terminal and checked.

mod chance;
mod checks;
mod folder;
mod kills;
mod numbers;
mod progress;
mod report;
mod story;

use clap::Parser;
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};
use tokio::time::Instant;

use crate::{
    Fail, Result,
    hub::{Hub, next_to_me},
    world::World,
};
use checks::Check;
use kills::Kills;
use progress::Progress;
use story::{Actors, Step, Told};

/// Shows ChannelHub at work: seven fake systems, one real hub.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// End after the story; the last line is a JSON summary, the exit code is 0
    /// only when everything came out as expected.
    #[arg(long)]
    once: bool,
    /// Where the configuration, the data and the log of this run go. What an
    /// earlier demo left there is wiped.
    #[arg(long, default_value = "demo-data")]
    dir: PathBuf,
    /// The hub's binary. Default: the one next to this program.
    #[arg(long)]
    hub: Option<PathBuf>,
    /// Kill the hub (SIGKILL) at this many random moments of the story and start
    /// it again.
    #[arg(long, default_value_t = 0)]
    kill: u32,
    /// Where the random moments start from; printed, so that a run can be had again.
    #[arg(long)]
    seed: Option<u64>,
}

/// What came of a run.
struct Run {
    told: Vec<Told>,
    checks: Vec<Check>,
    ledger: String,
    seconds: f64,
}

/// Runs the demo, prints what happened, and gives the exit code.
///
/// # Errors
/// When the story cannot be played to its end.
pub async fn run(options: Options) -> Result<ExitCode> {
    let seed = options.seed.unwrap_or_else(chance::any_seed);
    let started = Instant::now();
    folder::make_empty(&options.dir)?;
    let world = World::open(&options.dir.join("config")).await?;
    let binary = options.hub.clone().map_or_else(next_to_me, Ok)?;
    let mut hub = world.hub(&binary).await?;
    let kills = Kills::plan(seed, options.kill, Step::ALL.len());

    let mut run = play(&world, &mut hub, &kills).await.map_err(|fail| {
        let replay =
            format!("again: --kill {} --seed {seed}; log:\n{}", options.kill, hub.log_end());
        Fail::new(format!("{fail}\n{replay}"))
    })?;
    run.seconds = started.elapsed().as_secs_f64();

    let sights = report::Sights::gather(&hub.client()).await?;
    report::print(&run.told, &sights, &world, &run.ledger);
    report::print_checks(&run.checks);
    if kills.count() > 0 {
        println!("The hub was killed {} times (seed {seed}).", kills.count());
    }
    if options.once {
        let all_hold = finish(&mut hub, &mut run).await?;
        println!("{}", summary(&run, &kills, seed));
        return Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    report::print_addresses(&world, &hub, &options.dir);
    tokio::signal::ctrl_c().await?;
    println!("\nstopping");
    let all_hold = finish(&mut hub, &mut run).await?;
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(world: &World, hub: &mut Hub, kills: &Kills) -> Result<Run> {
    let actors = Actors::new(world, hub);
    let mut progress = Progress::new(Step::ALL.len());
    let mut told = Vec::new();
    for (index, step) in Step::ALL.iter().enumerate() {
        progress.show(index, step.title());
        let (done, killed) = tokio::join!(step.act(&actors), kills.strike(index, hub));
        killed?;
        let done = done.map_err(|it| it.during(step.title()))?;
        told.extend(done);
    }
    progress.end();
    let verified = hub.command(&["ledger", "verify"]).await?;
    let checks = checks::all(&actors, &told, &verified).await?;
    let ledger = verified.stdout.trim().to_owned();
    Ok(Run { told, checks, ledger, seconds: 0.0 })
}

/// Stops the hub as an operator would, which is the last thing to check.
async fn finish(hub: &mut Hub, run: &mut Run) -> Result<bool> {
    let status = hub.stop().await?;
    run.checks.push(Check::new("the hub stops with exit code", &json!(0), json!(status.code())));
    Ok(run.checks.iter().all(Check::holds))
}

fn summary(run: &Run, kills: &Kills, seed: u64) -> serde_json::Value {
    let broken: Vec<_> = run.checks.iter().filter(|it| !it.holds()).map(Check::to_json).collect();
    json!({
        "ok": broken.is_empty(),
        "seconds": (run.seconds * 10.0).round() / 10.0,
        "expectations": run.checks.len(),
        "broken": broken,
        "kills": kills.count(),
        "seed": seed,
    })
}
