//! Files of NDJSON that are larger than an arrival: cut behind lines.

use crate::drops::{drop_into, large, moved, ok, refusal, through_kills};
use crate::letters::own_package;
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fmt::Write as _, ops::Range, path::PathBuf};
use testkit::{
    Result, TestHub,
    config::{Config, repository},
    wait::{Look, PATIENCE},
};

const LINES: &str = "\
# A shop that drops its orders, one JSON document a line.
channel: lines
package: sample
class: ec
data_class: restricted
in: { folder: { path: drop/lines, every: 100ms, pieces: { bytes: 64KiB, records: 50 } } }
quota: { per_minute: 6000, body_bytes_max: 64KiB }
";

fn dropped(config: &Config) -> Result<()> {
    own_package(config, "sample")?;
    config.replace("own/sample/package.yaml", "transport: generated", "transport: folder")?;
    config.replace("own/sample/package.yaml", "format: json", "format: ndjson")?;
    config.write("channels/lines.yaml", LINES)
}

/// Orders, one a line. That of `bad` is cut within.
fn orders(numbers: Range<u32>, bad: Option<u32>) -> Result<Vec<u8>> {
    let path = repository().join("adapters/packages/sample/fixtures/order/in.json");
    let mut order: Map<String, Value> = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut text = String::new();
    for number in numbers {
        order.insert("id".to_owned(), format!("S-{number}").into());
        order.insert("number".to_owned(), number.into());
        let line = serde_json::to_string(&order)?;
        let length = if bad == Some(number) { line.len() - 9 } else { line.len() };
        writeln!(text, "{}", &line[..length])?;
    }
    Ok(text.into_bytes())
}

fn folder(hub: &TestHub) -> PathBuf {
    hub.hub.config().join("drop/lines")
}

/// The orders that are stored, by their number, once there are so many.
async fn stored(hub: &TestHub, count: usize) -> Result<Vec<String>> {
    hub.until_within(&format!("{count} orders"), PATIENCE * 4, async |client| {
        let found = client.all("/api/v1/events?channel=lines&entity=order").await?;
        let ids = found.iter().filter_map(|it| it.pointer("/event/sourceid")?.as_str());
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let seen = ids.len();
        Ok(Look::when(seen == count, ids, || format!("{seen} orders")))
    })
    .await
}

/// Goal: a large file of lines comes in pieces of exactly so many records, each
/// order once, although the hub is killed again and again.
#[tokio::test]
async fn a_large_file_of_lines_comes_in_once_through_kills() -> Result<()> {
    const ORDERS: u32 = 3000;
    let mut hub = TestHub::prepare(dropped).await?;
    let bytes = orders(1..ORDERS + 1, None)?;
    assert!(bytes.len() > 1 << 20);
    drop_into(&folder(&hub), "orders.ndjson", &bytes)?;
    let points = ["commit.within:6", "commit.after:9", "commit.before:12", "fold.store.after:4"];
    through_kills(&mut hub, &points).await?;
    moved(&hub, &folder(&hub).join("done/orders.ndjson")).await?;
    let ids = stored(&hub, ORDERS as usize).await?;
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "no order is there twice");
    let came = large(&hub).await?["came"].clone();
    assert_eq!((&came["records"], &came["duplicates"]), (&ORDERS.into(), &0.into()), "{came}");
    assert_eq!(came["pieces"], ORDERS / 50, "50 records each: {came}");
    ok(hub.hub.command(&["ledger", "verify"]).await?);
    Ok(())
}

/// Goal: a bad line of a later piece is a letter with its number and byte in the
/// file, and comes in once it is edited; a file that ends within a line enters not
/// at all.
#[tokio::test]
async fn a_bad_line_of_a_later_piece_is_edited() -> Result<()> {
    let hub = TestHub::with(dropped).await?;
    let cut = orders(1..401, None)?;
    drop_into(&folder(&hub), "cut.ndjson", &cut[..cut.len() - 9])?;
    let reason = refusal(&hub, &folder(&hub), "cut.ndjson").await?.to_string();
    assert!(reason.contains("truncated"), "{reason}");
    stored(&hub, 0).await?;

    let bytes = orders(1..401, Some(333))?;
    drop_into(&folder(&hub), "orders.ndjson", &bytes)?;
    stored(&hub, 399).await?;
    let letter = hub.letters(1).await?.remove(0);
    let (id, record) = (letter["id"].as_str().expect("an id"), &letter["record"]);
    assert_eq!((&record["number"], &record["origin"]), (&333.into(), &"orders.ndjson".into()));
    let offset = usize::try_from(record["offset"].as_u64().expect("an offset"))?;
    let length = usize::try_from(record["length"].as_u64().expect("a length"))?;
    let out = hub.world.config.path("record.json").display().to_string();
    ok(hub.hub.command(&["letters", "record", id, "--out", &out]).await?);
    assert_eq!(std::fs::read(&out)?, &bytes[offset..offset + length], "of the file");
    std::fs::write(&out, orders(333..334, None)?)?;
    ok(hub.hub.command(&["letters", "edit", id, "--in", &out, "--reason", "cut"]).await?);
    hub.letters(0).await?;
    stored(&hub, 400).await?;
    Ok(())
}
