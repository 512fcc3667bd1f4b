//! What a bad day costs: a destination that hangs, a replay, a large backlog.
//!
//! Three measurements of the real binary, each against its own quiet day in the
//! same run. `cargo bench -p testkit --bench delivery`, all of them, or one by its
//! name: `-- hanging`, `-- replay`, `-- backlog`.

#[path = "delivery/far.rs"]
mod far;
#[path = "delivery/figures.rs"]
mod figures;
#[path = "delivery/house.rs"]
mod house;
#[path = "delivery/load.rs"]
mod load;

#[path = "delivery/backlog.rs"]
mod backlog;
#[path = "delivery/hanging.rs"]
mod hanging;
#[path = "delivery/replay.rs"]
mod replay;

use testkit::{Fail, Result};

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Fail::from).and_then(|it| it.block_on(run()));
    if let Err(fault) = outcome {
        eprintln!("delivery: {fault}");
        std::process::exit(1);
    }
}

async fn run() -> Result<()> {
    // `cargo bench` adds words of its own, which begin with a dash.
    let named: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let is_meant = |name: &str| named.is_empty() || named.iter().any(|it| it == name);
    if is_meant("hanging") {
        hanging::run().await?;
    }
    if is_meant("replay") {
        replay::run().await?;
    }
    if is_meant("backlog") {
        backlog::run().await?;
    }
    Ok(())
}
