//! What a large file costs the daemon: memory and time, from the drop into a
//! folder to the last commit.
//!
//! `cargo bench -p testkit --bench large`: a CP932 journal of 1 GiB, receipts of
//! two rows; `-- 256 1000` for one of 256 MiB with a thousand bytes in each row.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use testkit::{
    Fail, Result,
    config::{Config, repository, secret},
    hub::{Hub, find_binary},
    till::cp932,
    wait::{Look, until},
};

/// Nobody else sends or takes.
const HUB: &str = "# For the bench of large files.
organisation: bench
listen: 127.0.0.1:0
packages: [own]
api: { tokens: [{ name: bench, token: { file: secrets/api.token } }] }
telemetry: { log: warn }
";

/// The old till, with all that is not said as it is by default.
const TILL: &str = "# Drops journals.
channel: till
package: generic-pos-csv
class: pos
data_class: restricted
in: { folder: { path: drop } }
quota: { per_minute: 60 }
";
const HEADER: &str = "店舗コード,レジNo,伝票番号,明細番号,取引区分,営業日,取引日時,会員コード,\
JANコード,商品コード,商品名,数量,単価,値引額,税区分,税率,金額,支払区分,担当者コード,備考\r\n";
const ROWS: u64 = 2;
const PATIENCE: Duration = Duration::from_secs(4 * 3600);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Fail::from).and_then(|it| it.block_on(run()));
    if let Err(fault) = outcome {
        eprintln!("large: {fault}");
        std::process::exit(1);
    }
}

async fn run() -> Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|it| it.parse::<u64>().ok());
    let size = numbers.next().unwrap_or(1024) << 20;
    let row_bytes = numbers.next().unwrap_or(1024);
    let folder = TempDir::with_prefix("channelhub-large-")?;
    let config = Config::empty(&folder.path().join("config"))?;
    let token = secret();
    config.write("secrets/api.token", &token)?;
    config.write("hub.yaml", HUB)?;
    config.write("channels/till.yaml", TILL)?;
    config.write("routes.yaml", "# Nobody hears of anything.\nroutes: []\n")?;
    // The package of the old till, with a remark in each row.
    let package = repository().join("adapters/packages/generic-pos-csv");
    Config::copy(&package, &config.path("own/generic-pos-csv"))?;
    let last = "      - { name: 担当者コード }\n";
    let layout = "own/generic-pos-csv/source/journal.layout.yaml";
    config.replace(layout, last, &format!("{last}      - {{ name: 備考 }}\n"))?;
    let aside = folder.path().join("large.csv");
    let (bytes, receipts) = write(&aside, size, row_bytes)?;
    let hub = Hub::start(&find_binary()?, config.folder(), &token).await?;
    let quiet = hub.memory()?;
    std::fs::create_dir_all(config.path("drop"))?;
    #[expect(clippy::disallowed_methods, reason = "a bench measures time as it goes by")]
    let started = Instant::now();
    std::fs::rename(&aside, config.path("drop/large.csv"))?;
    let (mut checked, mut told) = (None, 0);
    let came = until("all of it is taken", PATIENCE, async || {
        let answer = hub.client().get("/api/v1/files/large").await?;
        let file = answer.pointer("/items/0").cloned().unwrap_or_default();
        let state = file.get("state").and_then(|it| it.as_str()).unwrap_or_default();
        if state == "taking" {
            checked.get_or_insert_with(|| started.elapsed());
        }
        let percent = file.get("percent").and_then(|it| it.as_u64()).unwrap_or(0);
        if percent / 10 != told {
            told = percent / 10;
            println!("{state} {percent} %, peak {} KiB", hub.memory()?.peak_kib);
        }
        Ok(Look::when(state == "taken", file.clone(), || file.to_string()))
    })
    .await?;
    let (taken, checked) = (started.elapsed(), checked.unwrap_or_default());
    let number = |name: &str| came.pointer(&format!("/came/{name}")).and_then(|it| it.as_u64());
    println!(
        "{bytes} bytes, {receipts} receipts of {ROWS} rows: {}",
        came.get("came").cloned().unwrap_or_default()
    );
    assert_eq!(number("records"), Some(receipts));
    println!("checked in {:.1} s, taken in {:.1} s", checked.as_secs_f64(), taken.as_secs_f64());
    let per_second = number("events").unwrap_or(0) / taken.as_secs().max(1);
    println!("{} MB/s, {per_second} events/s", bytes / 1_000_000 / taken.as_secs().max(1));
    println!("VmHWM {} KiB, {} KiB before", hub.memory()?.peak_kib, quiet.peak_kib);
    Ok(())
}

/// A journal of so many bytes at least; gives its size and its receipts.
fn write(path: &Path, size: u64, row_bytes: u64) -> Result<(u64, u64)> {
    let mut file = BufWriter::new(File::create(path)?);
    let header = cp932(HEADER)?;
    file.write_all(&header)?;
    let (mut bytes, mut receipts) = (header.len() as u64, 0);
    while bytes < size {
        for row in 1..=ROWS {
            let text = format!(
                "0001,02,{receipts:08},{row},01,20260105,2026/01/05 12:00:58,,4901234567894,\
                 TEA-500,\"ﾘｮｸﾁｬ 表ソ\",1,198,0,0,8,198,01,S012,"
            );
            let mut line = cp932(&text)?;
            let short = row_bytes.saturating_sub(line.len() as u64 + 2);
            line.resize(line.len() + usize::try_from(short)?, b'r');
            line.extend_from_slice(b"\r\n");
            file.write_all(&line)?;
            bytes += line.len() as u64;
        }
        receipts += 1;
    }
    let rows = receipts * ROWS;
    let trailer = format!("END,{rows},{}\r\n", rows * 198);
    file.write_all(trailer.as_bytes())?;
    file.into_inner().map_err(|it| it.into_error())?.sync_all()?;
    Ok((bytes + trailer.len() as u64, receipts))
}
