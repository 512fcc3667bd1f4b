//! Memory of the hub with a backlog of 1,000,000 parcels: the backlog is in the
//! journal and the store, not in memory.

use super::{house::House, load::Shop};
use std::time::Duration;
use testkit::{
    Fail, Result,
    hub::Memory,
    wait::{Look, until},
};
use tokio::time::interval;

/// All of them down: nothing listens there.
const DESTINATIONS: usize = 20;
const DOWN: &str = "http://127.0.0.1:9";
/// Arrivals of one backlog.
const LOTS: usize = 50;
/// Orders in each arrival: 1,000 parcels, then 1,000,000.
const EACH: [usize; 2] = [1, 1_000];
/// How long a hub that was started on a backlog works at it before it is looked at.
const AT_WORK: Duration = Duration::from_secs(4);
const MADE_MAX: Duration = Duration::from_secs(300);

pub(crate) async fn run() -> Result<()> {
    println!("# Memory at a backlog for {DESTINATIONS} destinations that are down, MiB resident");
    println!("  parcels   peak while made   started on it: now   peak");
    let mut peaks = Vec::new();
    for each in EACH {
        let mut house = House::start(&vec![DOWN.to_owned(); DESTINATIONS]).await?;
        Shop::new(&house)?.in_lots("waiting", LOTS, each).await?;
        let parcels = LOTS * each * DESTINATIONS;
        all_wait(&house, parcels).await?;
        let made = house.hub.memory()?;
        house.hub.stop().await?;
        house.hub.restart().await?;
        let after = at_work(&house).await?;
        all_wait(&house, parcels).await?;
        let (making, now, peak) = (mib(made.peak_kib), mib(after.now_kib), mib(after.peak_kib));
        println!("{parcels:>9}   {making:>15.1}   {now:>18.1}   {peak:>4.1}");
        house.hub.kill9().await?;
        peaks.push(peak);
    }
    if let [small, large] = peaks.as_slice() {
        let ratio = large / small;
        println!(
            "{:.1} MiB more at a thousand times the backlog (ratio {ratio:.2})\n",
            large - small
        );
    }
    Ok(())
}

/// Memory after the dispatchers have worked at the backlog for a while.
async fn at_work(house: &House) -> Result<Memory> {
    let mut tick = interval(AT_WORK);
    tick.tick().await;
    tick.tick().await;
    house.hub.memory()
}

/// Waits until the store has so many parcels that are not delivered.
async fn all_wait(house: &House, parcels: usize) -> Result<()> {
    let client = house.hub.client();
    until("the store has the backlog", MADE_MAX, async || {
        let channels = client.all("/api/v1/channels").await?;
        let pending = |it: &serde_json::Value| it.pointer("/deliveries/pending")?.as_u64();
        let found: u64 = channels.iter().filter_map(pending).sum();
        let wanted = u64::try_from(parcels).map_err(|it| Fail::new(it.to_string()))?;
        Ok(Look::when(found == wanted, (), || format!("{found} of {wanted}")))
    })
    .await
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
