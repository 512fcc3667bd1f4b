//! How fast stored events are replayed, and what live traffic notices of it.

use super::{far::Far, figures, house::House, load::Shop};
use testkit::{
    Fail, Result,
    wait::{Look, PATIENCE, until},
};
use tokio::time::Instant;

/// Stored orders, all replayed to one destination.
const LOTS: usize = 20;
const EACH: usize = 500;
/// Live orders a second beside it.
const PER_SECOND: u32 = 50;
/// Live orders of a measurement without a replay.
const QUIET: usize = 400;
const ROUNDS: usize = 2;

pub(crate) async fn run() -> Result<()> {
    let stored = LOTS * EACH;
    println!("# Replay of {stored} stored events beside {PER_SECOND} live orders/s,");
    println!("# latency of the live ones, order due at the shop to event at the destination");
    let far = Far::start().await?;
    let mut house = House::start(&[far.url()]).await?;
    let shop = Shop::new(&house)?;
    shop.in_lots("stored", LOTS, EACH).await?;
    came(&far, stored).await?;
    figures::head();
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let before = far.things();
        let sent = shop.steadily(&format!("quiet{round}"), PER_SECOND, |it| it < QUIET).await?;
        came(&far, before + QUIET).await?;
        let quiet = figures::row("live alone", round, &mut far.under_way_ms(&sent)?);

        let (before, replayed) = (far.things(), round * stored);
        let started = Instant::now();
        start(&house).await?;
        let goes_on = |_| far.again() < replayed && started.elapsed() < PATIENCE;
        let sent = shop.steadily(&format!("busy{round}"), PER_SECOND, goes_on).await?;
        came(&far, before + sent.len()).await?;
        let busy = figures::row("live beside a replay", round, &mut far.under_way_ms(&sent)?);
        let took = far.last_again().map_or(0.0, |it| it.duration_since(started).as_secs_f64());
        rates.push(stored as f64 / took);
        ratios.push(busy / quiet);
    }
    println!("replayed events/s: {rates:.0?}");
    let median = figures::median(&mut ratios);
    println!("live p99 beside a replay / alone: {ratios:.2?}, median {median:.2}\n");
    house.hub.kill9().await
}

/// Only the stored ones: the live ones have another address.
async fn start(house: &House) -> Result<()> {
    let which = ["replay", "--to", "d1", "--query", "stored@example.com"];
    let how = ["--detach", "--reason", "bench"];
    let told = house.hub.command(&[&which[..], &how].concat()).await?;
    match told.code {
        Some(0) => Ok(()),
        _ => Err(Fail::new(format!("replay: {}{}", told.stdout, told.stderr))),
    }
}

async fn came(far: &Far, count: usize) -> Result<()> {
    until("everything is delivered", PATIENCE, async || {
        let seen = far.things();
        Ok(Look::when(seen >= count, (), || format!("{seen} of {count}")))
    })
    .await
}
