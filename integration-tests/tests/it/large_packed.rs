//! Compressed files with more in them than an arrival has: unpacked as a stream,
//! checked first and taken in pieces, as what is in them would be.

use crate::{
    drops::{CHANNEL, gzip, large, moved, refusal, sales, through_kills, zip, zstd},
    large::{came_once, file, in_folder, remarks},
};
use testkit::{
    Result, TestHub,
    wait::{Look, PATIENCE},
};

/// Goal: a large file that comes as gzip passes in pieces, each receipt once,
/// although the hub is killed again and again and must unpack it anew each time.
/// Method: as of plain files; its size is told as it came, then as what is in it.
#[tokio::test]
async fn a_large_gzip_file_comes_in_once_through_kills() -> Result<()> {
    const RECEIPTS: u32 = 512;
    let mut hub = TestHub::prepare(|config| remarks(config, "256KiB")).await?;
    let bytes = file(0..RECEIPTS, 16 << 10, None)?;
    let packed = gzip(&bytes)?;
    assert!(bytes.len() > 16 << 20 && packed.len() > 4 << 20);
    hub.world.till.drop_file("large.csv.gz", &packed)?;
    let points = ["commit.within:6", "commit.after:9", "commit.before:12", "fold.store.after:4"];
    through_kills(&mut hub, &points).await?;
    hub.until_within("half of it is taken", PATIENCE * 4, async |_| {
        let seen = large(&hub).await?;
        let percent = seen["percent"].as_u64().unwrap_or(0);
        let is_half = seen["state"] == "taking" && percent >= 50;
        Ok(Look::when(is_half, seen.clone(), || seen.to_string()))
    })
    .await
    .map(|seen| {
        assert_eq!((&seen["name"], &seen["bytes"]), (&"large.csv".into(), &bytes.len().into()));
    })?;
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    moved(&hub, &in_folder(&hub, "done/large.csv.gz")).await?;
    assert_eq!(std::fs::read(in_folder(&hub, "done/large.csv.gz"))?, packed, "as it came");
    came_once(&hub, RECEIPTS).await
}

/// Goal: zstd and zip as well, also those that are small and have much in them; a
/// bad row of a later piece has the place that it has in what is in the file.
#[tokio::test]
async fn zstd_and_zip_are_taken_in_pieces_too() -> Result<()> {
    let hub = TestHub::with(|config| remarks(config, "64KiB")).await?;
    let bytes = file(0..200, 1000, Some(100))?;
    hub.world.till.drop_file("one.csv.zst", &zstd(&bytes)?)?;
    moved(&hub, &in_folder(&hub, "done/one.csv.zst")).await?;
    sales(&hub, 199).await?;
    let letter = hub.letters(1).await?.remove(0);
    let record = &letter["record"];
    assert_eq!((&record["number"], &record["origin"]), (&101.into(), &"one.csv".into()));
    let offset = usize::try_from(record["offset"].as_u64().expect("an offset"))?;
    assert!(bytes[offset..].starts_with(b"0001,02,000100,1"), "of what is in it: {letter}");

    let few = file(200..900, 0, None)?;
    let packed = zip(&[("夜間/two.csv", &few)])?;
    assert!(few.len() > 128 << 10 && packed.len() < 32 << 10, "{} {}", few.len(), packed.len());
    hub.world.till.drop_file("two.zip", &packed)?;
    moved(&hub, &in_folder(&hub, "done/two.zip")).await?;
    sales(&hub, 899).await?;
    let seen = large(&hub).await?;
    let (name, pieces) = (&seen["name"], seen["came"]["pieces"].as_u64().unwrap_or(0));
    assert!(name == "two.csv" && pieces >= 2, "{seen}");
    Ok(())
}

/// Goal: a bomb, what is damaged behind its start, and what is larger than a file
/// may be, are refused before anything of them enters.
#[tokio::test]
async fn what_cannot_be_unpacked_to_its_end_enters_not_at_all() -> Result<()> {
    let hub = TestHub::with(|config| {
        remarks(config, "64KiB")?;
        config.replace(CHANNEL, "bytes: 64KiB }", "bytes: 64KiB, file_bytes_max: 1MiB }")
    })
    .await?;
    let good = gzip(&file(0..200, 1000, None)?)?;
    let mut damaged = good.clone();
    let checksum = damaged.len() - 6;
    damaged[checksum] ^= 1;
    let bomb = [file(0..1, 9, None)?, vec![b'1'; 900 << 10]].concat();
    let till = |name: &str, bytes: &[u8]| hub.world.till.drop_file(name, bytes);
    till("damaged.csv.gz", &damaged)?;
    till("much.csv.zst", &zstd(&file(0..600, 1000, None)?)?)?;
    till("bomb.csv.gz", &gzip(&bomb.repeat(2))?)?;
    for (name, code, why) in [
        ("damaged.csv.gz", "undecodable", "a sound gzip file; compressed-damaged"),
        ("much.csv.zst", "file-too-large", "`file_bytes_max`"),
        ("bomb.csv.gz", "file-too-large", "200 for each byte that came"),
    ] {
        let problem = refusal(&hub, hub.world.till.folder(), name).await?.to_string();
        assert!(problem.contains(&format!("\"{code}\"")), "{name}: {problem}");
        assert!(problem.contains(why), "{name}: {problem}");
    }
    sales(&hub, 0).await?;
    till("good.csv.gz", &good)?;
    sales(&hub, 200).await?;
    Ok(())
}
