//! Files in a folder that come compressed, and workbooks, which are zips too.

use crate::edi::PARTNER;
use flate2::{Compression, Crc, write::DeflateEncoder, write::GzEncoder};
use serde_json::Value;
use std::{io::Write as _, path::Path};
use testkit::{
    Result, TestHub,
    config::repository,
    hub::{find_binary, run},
    till::{Journal, Line, Receipt, journal::items},
    wait::Look,
};

const NAMED: &str = "in:
  folder:
    path: drop/pos-legacy
    every: 100ms
    arrives: { name: \"JNL_{store}_{date}_{sequence}.csv\", sequence: { first: 1, last: 99 } }
";
const COUNTS: &str = "\
# Stores that send workbooks.
channel: counts
package: generic-stock-xlsx
class: erp
data_class: internal
in: { folder: { path: drop/counts, every: 100ms } }
quota: { per_minute: 6000 }
";
const PLAIN: &str = "in:\n  folder: { path: drop/pos-legacy, every: 500ms }\n";
const CHANNEL: &str = "channels/pos-legacy.yaml";

/// A till's file in CP932 with so many receipts, numbered from `first`.
fn journal(first: u32, count: u32) -> Result<Vec<u8>> {
    let receipt = |number| Receipt {
        register: "02",
        number,
        business_day: "20260105",
        at: "2026/01/05 12:00:58",
        member: "",
        lines: vec![Line::sale(&items::TEA, 1)],
    };
    Journal { receipts: (first..first + count).map(receipt).collect() }.bytes()
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn zstd(bytes: &[u8]) -> Result<Vec<u8>> {
    Ok(zstd::encode_all(bytes, 1)?)
}

/// A zip (APPNOTE 6.3) of files that are deflated.
fn zip(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes)?;
        let deflated = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut head = [20_u16, 0x0800, 8, 0, 0].map(u16::to_le_bytes).concat();
        for it in [crc.sum(), deflated.len().try_into()?, bytes.len().try_into()?] {
            head.extend(it.to_le_bytes());
        }
        head.extend(u16::try_from(name.len())?.to_le_bytes());
        head.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", head.as_slice(), &[0; 10]].concat());
        directory.extend(u32::try_from(out.len())?.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
        out.extend([b"PK\x03\x04", head.as_slice(), name.as_bytes(), &deflated].concat());
    }
    let count = u16::try_from(files.len())?.to_le_bytes();
    let at = u32::try_from(out.len())?.to_le_bytes();
    let size = u32::try_from(directory.len())?.to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
    Ok(out)
}

async fn sales(hub: &TestHub, count: usize) -> Result<()> {
    hub.until(&format!("{count} sales"), async |client| {
        let path = "/api/v1/events?channel=pos-legacy&entity=pos_transaction";
        let seen = client.all(path).await?.len();
        Ok(Look::when(seen == count, (), || format!("{seen} sales")))
    })
    .await
}

/// Waits until a file lies where it belongs.
async fn moved(hub: &TestHub, file: &Path) -> Result<()> {
    hub.until(&format!("{} is there", file.display()), async |_| {
        Ok(Look::when(file.exists(), (), || "it is not".to_owned()))
    })
    .await
}

/// Why a file of the till's was refused.
async fn reason(hub: &TestHub, name: &str) -> Result<Value> {
    let path = hub.world.till.folder().join(format!("refused/{name}.problem.json"));
    hub.until(&format!("{name} is refused"), async |_| {
        let found = std::fs::read(&path).ok().and_then(|it| serde_json::from_slice(&it).ok());
        Ok(found.map_or_else(|| Look::NotYet("nothing".to_owned()), Look::Ready))
    })
    .await
}

/// Goal: what is in a compressed file is taken as if it had come by itself, by the
/// name that it has there, and the same data applies once however it comes.
/// Method: gzip, zstd and zip in one sequence of numbers, then all of it plain.
#[tokio::test]
async fn compressed_files_are_what_is_in_them() -> Result<()> {
    let hub = TestHub::with(|config| config.replace(CHANNEL, PLAIN, NAMED)).await?;
    let till = |name: &str, bytes: &[u8]| hub.world.till.drop_file(name, bytes);
    let done = hub.world.till.folder().join("done");
    let name = |number: u32| format!("JNL_0001_20260105_{number}.csv");
    let (one, two, three) = (journal(1, 2)?, journal(10, 2)?, journal(20, 2)?);
    till(&format!("{}.gz", name(1)), &gzip(&one)?)?;
    sales(&hub, 2).await?;
    till(&format!("{}.zst", name(2)), &zstd(&two)?)?;
    sales(&hub, 4).await?;
    let macos = format!("__MACOSX/._{}", name(3));
    let inside = format!("夜間/{}", name(3));
    till("night.zip", &zip(&[(&inside, &three), (&macos, b"Mac")])?)?;
    sales(&hub, 6).await?;
    let packed = std::fs::read(done.join(format!("{}.gz", name(1))))?;
    assert_eq!(packed, gzip(&one)?, "it is moved as it came");
    moved(&hub, &done.join("night.zip")).await?;

    for (number, bytes) in (1..).zip([&one, &two, &three]) {
        till(&name(number), bytes)?;
        moved(&hub, &done.join(name(number))).await?;
    }
    // The numbers go on, so what came before was seen by its own name.
    till(&name(4), &journal(30, 1)?)?;
    sales(&hub, 7).await?;
    let held = hub.client().all("/api/v1/files?state=held").await?;
    assert!(held.is_empty(), "{held:?}");
    Ok(())
}

/// Goal: a compressed file that is held is named by what is in it, and is taken
/// when it is released; it goes away under the name it came by.
#[tokio::test]
async fn a_compressed_file_is_held_and_released() -> Result<()> {
    let hub = TestHub::with(|config| config.replace(CHANNEL, PLAIN, NAMED)).await?;
    let bytes = zip(&[("sales of today.csv", &journal(1, 2)?)])?;
    hub.world.till.drop_file("today.zip", &bytes)?;
    let held = hub
        .until("it is held", async |client| {
            let found = client.all("/api/v1/files?state=held").await?;
            Ok(Look::when(found.len() == 1, found, || "none".to_owned()))
        })
        .await?;
    assert_eq!(held[0]["name"], "sales of today.csv");
    let id = held[0]["id"].as_str().unwrap_or_default();
    let released = hub.hub.command(&["files", "release", id, "--reason", "a new till"]).await?;
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    sales(&hub, 2).await?;
    moved(&hub, &hub.world.till.folder().join("done/today.zip")).await
}

/// Goal: what is damaged, too large or no single file lies in `refused/` with the
/// reason, and the channel goes on.
#[tokio::test]
async fn archives_that_cannot_be_taken_are_refused() -> Result<()> {
    let hub = TestHub::with(|config| {
        config.replace(CHANNEL, "body_bytes_max: 64MiB", "body_bytes_max: 4MiB")
    })
    .await?;
    let till = |name: &str, bytes: &[u8]| hub.world.till.drop_file(name, bytes);
    let plain = journal(1, 2)?;
    let packed = gzip(&plain)?;
    till("bomb.csv.gz", &gzip(&vec![b'1'; 3 << 20])?)?;
    till("bomb.zip", &zip(&[("a.csv", &vec![b'1'; 5 << 20])])?)?;
    till("cut.csv", &packed[..packed.len() - 5])?;
    till("two.zip", &zip(&[("a.csv", &plain), ("b.csv", &plain)])?)?;
    till("long.csv.zst", &[zstd(&plain)?, vec![0; 4 << 20]].concat())?;
    for (name, code, why) in [
        ("bomb.csv.gz", "file-too-large", "more than 1048576 bytes come out of"),
        ("bomb.zip", "file-too-large", "`body_bytes_max`"),
        ("cut.csv", "undecodable", "a sound gzip file; compressed-damaged"),
        ("two.zip", "undecodable", "2 files: a.csv, b.csv"),
        ("long.csv.zst", "file-too-large", "it is compressed (zstd)"),
    ] {
        let problem = reason(&hub, name).await?;
        let text = problem.to_string();
        assert!(problem["type"].as_str().is_some_and(|it| it.ends_with(code)), "{text}");
        assert!(text.contains(why), "{name}: {text}");
    }
    till("J1.csv.gz", &packed)?;
    sales(&hub, 2).await
}

/// Goal: a workbook in a folder is stored as its package says, also inside gzip
/// or another zip, and `map run` and `layout check` read the same.
#[tokio::test]
async fn a_workbook_comes_by_a_folder() -> Result<()> {
    let hub = TestHub::with(|config| config.write("channels/counts.yaml", COUNTS)).await?;
    let folder = hub.hub.config().join("drop/counts");
    let package = repository().join("adapters/packages/generic-stock-xlsx");
    let book = package.join("fixtures/counted/in.xlsx");
    let bytes = std::fs::read(&book)?;
    std::fs::create_dir_all(&folder)?;
    let forms = [
        ("1.xlsx", bytes.clone()),
        ("2.xlsx.gz", gzip(&bytes)?),
        ("3.zip", zip(&[("3.xlsx", &bytes)])?),
    ];
    for (name, form) in &forms {
        std::fs::write(folder.join(format!("{name}.tmp")), form)?;
        std::fs::rename(folder.join(format!("{name}.tmp")), folder.join(name))?;
        moved(&hub, &folder.join("done").join(name)).await?;
        let path = "/api/v1/events?channel=counts&entity=inventory_movement";
        let found = hub
            .until("four articles were counted", async |client| {
                let found = client.all(path).await?;
                let seen = found.len();
                Ok(Look::when(seen == 4, found, || format!("{seen} events")))
            })
            .await?;
        let of_tea = |it: &&Value| it["event"]["data"]["variant"]["value"] == "TEA-500";
        let tea = &found.iter().find(of_tea).expect("the tea")["event"]["data"];
        assert_eq!(tea["assert"]["qty"], "24", "{tea}");
        assert_eq!(tea["location"]["value"], "0012", "{tea}");
    }

    let binary = find_binary()?;
    let map = package.join("maps/stock-count.map.yaml").display().to_string();
    let layout = package.join("source/stock-count.layout.yaml").display().to_string();
    let mut told = Vec::new();
    for (name, _) in &forms {
        let file = folder.join("done").join(name).display().to_string();
        let made = run(&binary, &["map", "run", &map, "--in", &file]).await?;
        assert_eq!(made.code, Some(0), "{name}: {}", made.stderr);
        assert!(made.stdout.contains("TEA-500"), "{}", made.stdout);
        let read = run(&binary, &["layout", "check", &layout, "--on", &file]).await?;
        assert!(read.stdout.contains(" 4 records, 0 of them bad"), "{name}: {}", read.stdout);
        told.push(made.stdout);
    }
    assert!(told[0] == told[1] && told[1] == told[2], "the same from each");
    Ok(())
}

/// Goal: what is in a compressed file is acknowledged, under the name it came by.
#[tokio::test]
async fn a_compressed_order_is_acknowledged() -> Result<()> {
    let hub = TestHub::with(|config| config.write("channels/partner.yaml", PARTNER)).await?;
    let folder = hub.hub.config().join("drop/partner");
    let order = repository().join("adapters/packages/generic-edi-x12/fixtures/order/in.edi");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("order.tmp"), gzip(&std::fs::read(order)?)?)?;
    std::fs::rename(folder.join("order.tmp"), folder.join("order.edi.gz"))?;
    let answer = folder.join("ack/order.edi.gz.ack.x12");
    moved(&hub, &answer).await?;
    assert!(folder.join("done/order.edi.gz").exists());
    let text = std::fs::read_to_string(answer)?;
    assert!(text.contains("AK1*PO*101~\nAK2*850*0001~\nAK5*A~"), "{text}");
    Ok(())
}
