//! Files that are larger than an arrival: checked first, then taken in pieces,
//! each row once whatever happens in between.

use crate::{
    drops::{CHANNEL, large, moved, ok, refusal, sales, through_kills},
    letters::own_package,
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Write as _, ops::Range, path::PathBuf};
use testkit::{
    Result, TestHub,
    config::Config,
    till::cp932,
    wait::{Look, PATIENCE},
};

pub(crate) const LAYOUT: &str = "own/generic-pos-csv/source/journal.layout.yaml";
const HEADER: &str = "店舗コード,レジNo,伝票番号,明細番号,取引区分,営業日,取引日時,会員コード,\
JANコード,商品コード,商品名,数量,単価,値引額,税区分,税率,金額,支払区分,担当者コード,備考\r\n";
/// Rows of a receipt.
const ROWS: u32 = 2;

/// The till's journal with a remark in each row, so that few rows fill a file;
/// pieces of `piece` bytes, and an arrival may not have more.
pub(crate) fn remarks(config: &Config, piece: &str) -> Result<()> {
    own_package(config, "generic-pos-csv")?;
    let last = "      - { name: 担当者コード }\n";
    config.replace(LAYOUT, last, &format!("{last}      - {{ name: 備考 }}\n"))?;
    let plain = "folder: { path: drop/pos-legacy, every: 500ms }";
    let cut =
        format!("folder: {{ path: drop/pos-legacy, every: 100ms, pieces: {{ bytes: {piece} }} }}");
    config.replace(CHANNEL, plain, &cut)?;
    config.replace(CHANNEL, "body_bytes_max: 64MiB", &format!("body_bytes_max: {piece}"))
}

/// Receipts with a remark of so many bytes, of which no two are alike.
/// The quantity of `bad` is no number; every 64th receipt is a member's.
pub(crate) fn file(receipts: Range<u32>, remark_bytes: usize, bad: Option<u32>) -> Result<Vec<u8>> {
    let mut bytes = cp932(HEADER)?;
    let mut random = 1_u32;
    let rows = receipts.len() * ROWS as usize;
    for number in receipts {
        let quantity = if bad == Some(number) { "１個" } else { "1" };
        let member = if number % 64 == 0 { format!("M{number:06}") } else { String::new() };
        let mut letter = || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (random >> 28) as u8
        };
        let remark: Vec<u8> = (0..remark_bytes).map(|_| letter()).collect();
        for row in 1..=ROWS {
            let mut text = String::new();
            write!(
                text,
                "0001,02,{number:06},{row},01,20260105,2026/01/05 12:00:58,{member},4901234567894,\
                 TEA-500,\"ﾘｮｸﾁｬ 表ソ\",{quantity},198,0,0,8,198,01,S012,"
            )?;
            bytes.extend(cp932(&text)?);
            bytes.extend_from_slice(&remark);
            bytes.extend_from_slice(b"\r\n");
        }
    }
    bytes.extend(cp932(&format!("END,{rows},{}\r\n", rows * 198))?);
    Ok(bytes)
}

pub(crate) fn in_folder(hub: &TestHub, file: &str) -> PathBuf {
    hub.world.till.folder().join(file)
}

/// Each of so many receipts is there once, the ledger holds, and little memory was
/// needed.
pub(crate) async fn came_once(hub: &TestHub, receipts: u32) -> Result<()> {
    let ids = sales(hub, receipts as usize).await?;
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "no receipt is there twice");
    let seen = large(hub).await?;
    let came = ["records", "set_aside", "events", "duplicates"]
        .map(|it| seen.pointer(&format!("/came/{it}")).and_then(Value::as_u64));
    // A sale and two movements of each receipt, and a customer of each 64th.
    let events = receipts * 3 + receipts / 64;
    assert_eq!(came, [receipts, 0, events, 0].map(|it| Some(u64::from(it))), "{seen}");
    ok(hub.hub.command(&["ledger", "verify"]).await?);
    // A build without optimisation has some forty MiB of code alone.
    let peak_kib = hub.hub.memory()?.peak_kib;
    assert!(peak_kib < 192 << 10, "{peak_kib} KiB at the most");
    Ok(())
}

/// Goal: a file of 64 MiB comes in under a bound of 1 MiB, in little memory, and
/// each receipt once, although the hub is killed again and again.
/// Method: it dies at named points of its commits, while the file is checked and
/// while it is taken; then it is left to finish.
#[tokio::test]
async fn a_large_file_comes_in_once_through_kills() -> Result<()> {
    const RECEIPTS: u32 = 2048;
    let mut hub = TestHub::prepare(|config| remarks(config, "1MiB")).await?;
    let bytes = file(0..RECEIPTS, 16 << 10, None)?;
    assert!(bytes.len() > 64 << 20);
    hub.world.till.drop_file("large.csv", &bytes)?;
    let points = ["commit.within:6", "commit.after:9", "commit.before:12", "fold.store.after:4"];
    through_kills(&mut hub, &points).await?;
    hub.until_within("half of it is taken", PATIENCE * 4, async |_| {
        let seen = large(&hub).await?;
        let percent = seen["percent"].as_u64().unwrap_or(0);
        Ok(Look::when(seen["state"] == "taking" && percent >= 50, (), || seen.to_string()))
    })
    .await?;
    let listed = ok(hub.hub.command(&["files", "list"]).await?);
    assert!(listed.contains("taking  pos-legacy  large.csv"), "{listed}");
    let metrics = hub.client().text("/metrics").await?;
    assert!(metrics.contains("channelhub_file_bytes_read{channel=\"pos-legacy\"}"), "{metrics}");
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    moved(&hub, &in_folder(&hub, "done/large.csv")).await?;

    came_once(&hub, RECEIPTS).await
}

/// Goal: a bad row of a later piece is a letter with its number and byte in the
/// file; edited, it comes in. Replays and shadow runs read pieces like any bytes.
#[tokio::test]
async fn a_bad_row_of_a_later_piece_is_edited_and_pieces_are_read_again() -> Result<()> {
    let hub = TestHub::with(|config| remarks(config, "64KiB")).await?;
    // 33 receipts a piece: the 100th is in the fourth.
    let bytes = file(0..200, 1000, Some(100))?;
    hub.world.till.drop_file("large.csv", &bytes)?;
    moved(&hub, &in_folder(&hub, "done/large.csv")).await?;
    sales(&hub, 199).await?;
    let letter = hub.letters(1).await?.remove(0);
    let (id, record) = (letter["id"].as_str().expect("an id"), &letter["record"]);
    assert_eq!((&record["number"], &record["origin"]), (&101.into(), &"large.csv".into()));
    let offset = usize::try_from(record["offset"].as_u64().expect("an offset"))?;
    assert!(bytes[offset..].starts_with(b"0001,02,000100,1"), "of the file: {letter}");
    let at = usize::try_from(record["faults"][0]["offset"].as_u64().expect("an offset"))?;
    let wrong = cp932("１個")?;
    assert!(bytes[at..].starts_with(&wrong), "of the file: {letter}");
    let shown = ok(hub.hub.command(&["letters", "show", id]).await?);
    assert!(shown.contains("[１個]"), "the field in its place: {shown}");

    let out = hub.world.config.path("record.csv").display().to_string();
    ok(hub.hub.command(&["letters", "record", id, "--out", &out]).await?);
    let stored = std::fs::read(&out)?;
    assert!(bytes[offset..].starts_with(&stored));
    let text: Vec<&[u8]> = stored.split(|it| *it == b'\n').collect();
    let fixed: Vec<Vec<u8>> = text.iter().map(|it| replaced(it, &wrong, b"1")).collect();
    std::fs::write(&out, fixed.join(&b'\n'))?;
    ok(hub.hub.command(&["letters", "edit", id, "--in", &out, "--reason", "typed"]).await?);
    hub.letters(0).await?;
    sales(&hub, 200).await?;

    // The same file under a new name, mended and with one receipt more.
    hub.world.till.drop_file("again.csv", &file(0..201, 1000, None)?)?;
    moved(&hub, &in_folder(&hub, "done/again.csv")).await?;
    sales(&hub, 201).await?;
    let listed = ok(hub.hub.command(&["files", "list"]).await?);
    // 201 sales, 402 movements and 4 customers, of which three events are new.
    let counts = "201 records read, 0 of them set aside; 3 events applied, 604 known before";
    assert!(listed.contains(counts), "{listed}");

    let map = hub.world.config.path("own/generic-pos-csv/maps/pos-transaction.map.yaml");
    let map = map.display().to_string();
    let shadow = ["shadow", "--map", &map, "--channel", "pos-legacy", "--last", "1000"];
    let same = ok(hub.hub.command(&shadow).await?);
    // The first file without its bad record, and what has an entry of the second.
    assert!(same.contains("232 records, 232 the same"), "{same}");
    let why = ["--maps", "today", "--reason", "looked at again"];
    let replay = ["replay", "--channel", "pos-legacy"];
    let told = ok(hub.hub.command(&[&replay[..], &why].concat()).await?);
    let replayed = &hub.client().all("/api/v1/replays").await?[0];
    assert_eq!(
        (&replayed["faulty"], &replayed["state"]),
        (&0.into(), &"finished".into()),
        "{told}"
    );
    assert!(replayed["matched"].as_u64() >= Some(600), "{replayed}");
    sales(&hub, 201).await?;
    Ok(())
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = text.windows(old.len()).position(|it| it == old);
    let mut mended = text.to_vec();
    if let Some(at) = at {
        mended.splice(at..at + old.len(), new.iter().copied());
    }
    mended
}

/// Goal: nothing of a file enters when its trailer is wrong, however far back
/// that stands; and a channel of all or nothing takes no file in pieces.
#[tokio::test]
async fn what_cannot_be_trusted_or_cut_enters_not_at_all() -> Result<()> {
    let hub = TestHub::with(|config| remarks(config, "64KiB")).await?;
    let good = file(0..200, 1000, None)?;
    let cut = &good[..good.len() - 15];
    hub.world.till.drop_file("cut.csv", &[cut, b"END,400,79201\r\n"].concat())?;
    let reason = refusal(&hub, hub.world.till.folder(), "cut.csv").await?;
    assert_eq!(reason["code"], "undecodable", "{reason}");
    sales(&hub, 0).await?;

    hub.world.config.replace(CHANNEL, "records: set_aside", "records: atomic")?;
    crate::letters::reloaded(&hub, 1).await?;
    hub.world.till.drop_file("whole.csv", &good)?;
    let reason = refusal(&hub, hub.world.till.folder(), "whole.csv").await?;
    assert_eq!(reason["code"], "file-too-large", "{reason}");
    let because = reason["detail"].as_str().unwrap_or_default();
    assert!(because.contains("records: atomic"), "{reason}");
    sales(&hub, 0).await?;
    Ok(())
}
