//! One hanging destination of twenty: what the other nineteen notice.

use super::{far::Far, figures, house::House, load::Shop};
use testkit::{
    Result,
    wait::{Look, PATIENCE, until},
};

const DESTINATIONS: usize = 20;
/// Orders a second; each goes to every destination.
const PER_SECOND: u32 = 20;
const WARM_UP: usize = 20;
const ORDERS: usize = 120;
const ROUNDS: usize = 3;

pub(crate) async fn run() -> Result<()> {
    println!("# One hanging destination of {DESTINATIONS}: latency at the other nineteen,");
    println!("# order due at the shop to event at the destination, {PER_SECOND} orders/s");
    figures::head();
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let quiet = figures::row("all answer", round, &mut day(false).await?);
        let hanging = figures::row("the twentieth hangs", round, &mut day(true).await?);
        ratios.push(hanging / quiet);
    }
    let median = figures::median(&mut ratios);
    println!("p99 hanging / p99 quiet: {ratios:.2?}, median {median:.2} (target 1.10)\n");
    Ok(())
}

/// A fresh hub; how long each order was under way to each of the nineteen.
async fn day(hangs: bool) -> Result<Vec<f64>> {
    let mut fars = Vec::new();
    for _ in 0..DESTINATIONS {
        fars.push(Far::start().await?);
    }
    let urls: Vec<String> = fars.iter().map(Far::url).collect();
    let mut house = House::start(&urls).await?;
    let twentieth = fars.pop();
    if let Some(far) = twentieth.as_ref().filter(|_| hangs) {
        far.hang();
    }
    let shop = Shop::new(&house)?;
    shop.steadily("warm", PER_SECOND, |sent| sent < WARM_UP).await?;
    all_have(&fars, WARM_UP).await?;
    let sent = shop.steadily("live", PER_SECOND, |sent| sent < ORDERS).await?;
    all_have(&fars, WARM_UP + ORDERS).await?;
    house.hub.kill9().await?;
    let mut all = Vec::new();
    for far in &fars {
        all.extend(far.under_way_ms(&sent)?);
    }
    Ok(all)
}

async fn all_have(fars: &[Far], count: usize) -> Result<()> {
    until("everything is delivered", PATIENCE, async || {
        let least = fars.iter().map(Far::things).min().unwrap_or_default();
        Ok(Look::when(least >= count, (), || format!("{least} of {count}")))
    })
    .await
}
