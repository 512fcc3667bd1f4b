//! Files in a folder that come compressed, and workbooks, which are zips too.

use crate::drops::{CHANNEL, PLAIN, drop_into, gzip, journal, moved, refusal, sales, zip, zstd};
use crate::edi::PARTNER;
use serde_json::Value;
use testkit::{
    Result, TestHub,
    config::repository,
    hub::{find_binary, run},
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
        ("bomb.zip", "file-too-large", "`file_bytes_max`"),
        ("cut.csv", "undecodable", "a sound gzip file; compressed-damaged"),
        ("two.zip", "undecodable", "2 files: a.csv, b.csv"),
        ("long.csv.zst", "undecodable", "a sound zstd file; compressed-damaged"),
    ] {
        let problem = refusal(&hub, hub.world.till.folder(), name).await?;
        let text = problem.to_string();
        assert!(problem["type"].as_str().is_some_and(|it| it.ends_with(code)), "{text}");
        assert!(text.contains(why), "{name}: {text}");
    }
    till("J1.csv.gz", &packed)?;
    sales(&hub, 2).await?;
    Ok(())
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
    let forms = [
        ("1.xlsx", bytes.clone()),
        ("2.xlsx.gz", gzip(&bytes)?),
        ("3.zip", zip(&[("3.xlsx", &bytes)])?),
    ];
    for (name, form) in &forms {
        drop_into(&folder, name, form)?;
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
    drop_into(&folder, "order.edi.gz", &gzip(&std::fs::read(order)?)?)?;
    let answer = folder.join("ack/order.edi.gz.ack.x12");
    moved(&hub, &answer).await?;
    assert!(folder.join("done/order.edi.gz").exists());
    let text = std::fs::read_to_string(answer)?;
    assert!(text.contains("AK1*PO*101~\nAK2*850*0001~\nAK5*A~"), "{text}");
    Ok(())
}
