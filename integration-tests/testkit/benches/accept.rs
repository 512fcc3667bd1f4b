//! How fast the hub accepts, against a bare server in the same run.
//!
//! The floor parses the JSON and group-commits the bytes to SQLite with
//! `synchronous=FULL`, nothing else: no proof of the sender, no quota, no schema,
//! no map, no ledger. Both get the same bodies over the same number of
//! connections, in turns; the figures are ratios.

#[path = "accept/drive.rs"]
mod drive;
#[path = "accept/floor.rs"]
mod floor;

use drive::{Figures, Load};
use std::path::Path;
use testkit::{config::Config, hub};

const CONNECTIONS: [usize; 3] = [1, 64, 256];
/// Requests of one measurement, for each connection count.
const REQUESTS: [usize; 3] = [400, 12_000, 20_000];
const ROUNDS: usize = 3;

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
    let floor = floor::start(&folder.path().join("floor.db")).await?;
    let secret = testkit::config::secret();
    let mut hub = start_hub(folder.path(), &secret).await?;
    let to_hub = Load { url: format!("{}/in/shop", hub.url()), bearer: Some(secret) };
    let to_floor = Load { url: floor, bearer: None };
    println!(
        "connections  round      floor/s        hub/s  ratio   floor p50/p99 ms     hub p50/p99 ms"
    );
    let mut series = 0;
    for (connections, requests) in CONNECTIONS.into_iter().zip(REQUESTS) {
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            series += 1;
            let bare = drive::run(&to_floor, connections, requests, series).await?;
            let full = drive::run(&to_hub, connections, requests, series).await?;
            let ratio = full.rate() / bare.rate();
            ratios.push(ratio);
            println!(
                "{connections:>11}  {round:>5}  {:>9.0}  {:>11.0}  {ratio:>5.2}   {:>16}   {:>16}",
                bare.rate(),
                full.rate(),
                shown(&bare),
                shown(&full),
            );
        }
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ROUNDS / 2).copied().unwrap_or_default();
        println!("{connections:>11}  median ratio {median:.2} (target 0.70)");
    }
    hub.stop().await?;
    Ok(())
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

/// A hub with one webhook channel, everything on.
async fn start_hub(folder: &Path, key: &str) -> testkit::Result<hub::Hub> {
    let binary = hub::find_binary()?;
    let config = Config::empty(&folder.join("config"))?;
    let token = testkit::config::secret();
    config.write("secrets/api.token", &token)?;
    config.write("secrets/shop.token", key)?;
    config.write(
        "hub.yaml",
        "# For the accept bench.\norganisation: bench\nlisten: 127.0.0.1:0\n\
         api:\n  tokens:\n    - name: bench\n      token: { file: secrets/api.token }\n\
         limits:\n  peer_per_minute: 100000000\ntelemetry:\n  log: error\n",
    )?;
    config.write(
        "channels/shop.yaml",
        "# Everything on.\nchannel: shop\npackage: sample\nclass: ec\ndata_class: restricted\n\
         in:\n  webhook:\n    keys:\n      - name: shop\n        token: { file: secrets/shop.token }\n\
         quota:\n  per_minute: 100000000\n",
    )?;
    hub::Hub::start(&binary, config.folder(), &token).await
}
