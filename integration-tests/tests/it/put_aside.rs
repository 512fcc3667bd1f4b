//! Files that were put aside, as operators see them: why, how far they came, and
//! what can be done.

use crate::{
    drops::{CHANNEL, dies, files_in, moved, ok, refusal, sales},
    large::{LAYOUT, file, in_folder, remarks},
    letters::reloaded,
};
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::{Result, TestHub, wait::Look};

/// Those on which nobody has decided, once there are so many, by name.
async fn open(hub: &TestHub, count: usize) -> Result<Vec<Value>> {
    let mut found = hub
        .until(&format!("{count} files wait"), async |client| {
            let found = client.all("/api/v1/files?state=open").await?;
            let seen = format!("{found:?}");
            Ok(Look::when(found.len() == count, found, || seen))
        })
        .await?;
    found.sort_by_key(|it| it["name"].to_string());
    Ok(found)
}

/// Goal: a refused file is seen with file, channel, reason and counts, in the API,
/// on the command line and in the log; mended settings let it in when an operator
/// says so, and another is given up.
#[tokio::test]
async fn a_refused_file_is_tried_again_or_given_up() -> Result<()> {
    let hub = TestHub::with(|config| {
        remarks(config, "64KiB")?;
        config.replace(CHANNEL, "records: set_aside", "records: atomic")
    })
    .await?;
    let small = file(0..10, 100, Some(5))?;
    hub.world.till.drop_file("bad.csv", &small)?;
    hub.world.till.drop_file("whole.csv", &file(100..300, 1000, None)?)?;
    let found = open(&hub, 2).await?;
    let [bad, whole] = [&found[0], &found[1]];
    assert_eq!((&bad["code"], &whole["code"]), (&"undecodable".into(), &"file-too-large".into()));
    assert_eq!((&bad["state"], &bad["channel"]), (&"refused".into(), &"pos-legacy".into()));
    let (bytes, records) = (&bad["file"]["bytes"], &bad["file"]["records"]);
    assert_eq!((bytes, records), (&small.len().into(), &10.into()), "{bad}");
    assert_eq!(bad["file"]["unreadable"], 1, "{bad}");
    let listed = ok(hub.hub.command(&["files", "list"]).await?);
    let told = ["bad.csv", "10 records read, none of them taken, 1 unreadable", "to do: "];
    assert!(told.iter().all(|it| listed.contains(it)), "{listed}");
    let is_warned = |it: &str| it.contains("WARN") && it.contains("whole.csv");
    let log = hub.hub.log();
    let warned = log.lines().find(|it| is_warned(it) && it.contains("pos-legacy"));
    assert!(warned.is_some_and(|it| it.contains("file-too-large")), "{log}");
    sales(&hub, 0).await?;

    hub.world.config.replace(CHANNEL, "records: atomic", "records: set_aside")?;
    reloaded(&hub, 1).await?;
    let id = |it: &Value| it["id"].as_str().expect("an id").to_owned();
    let release = ["files", "release", &id(whole), "--reason", "rows are taken one by one now"];
    ok(hub.hub.command(&release).await?);
    moved(&hub, &in_folder(&hub, "done/whole.csv")).await?;
    sales(&hub, 200).await?;
    ok(hub.hub.command(&["files", "discard", &id(bad), "--reason", "sent anew"]).await?);
    moved(&hub, &in_folder(&hub, "discarded/bad.csv")).await?;
    open(&hub, 0).await?;
    assert_eq!(files_in(&in_folder(&hub, "refused")), [""; 0], "the reasons are gone too");
    let again = hub.hub.command(&release).await?;
    assert_ne!(again.code, Some(0), "a file is decided on once: {}", again.stdout);
    let discarded = ok(hub.hub.command(&["files", "list", "--state", "discarded"]).await?);
    assert!(discarded.contains("sent anew"), "{discarded}");
    Ok(())
}

/// Goal: of a file that is refused when a part of it is in the journal it is told
/// how much; released after the layout was mended it goes on behind that.
#[tokio::test]
async fn a_file_that_is_partly_taken_tells_how_far_it_came() -> Result<()> {
    let mut hub = TestHub::prepare(|config| remarks(config, "64KiB")).await?;
    hub.world.till.drop_file("large.csv", &file(1..401, 1000, None)?)?;
    dies(&mut hub, "commit.after:7").await?;
    let (last, one_more) =
        ("      - { name: 備考 }\n", "      - { name: 備考 }\n      - { name: 追記 }\n");
    hub.world.config.replace(LAYOUT, last, one_more)?;
    hub.hub.die_at(None);
    hub.hub.restart().await?;
    let reason = refusal(&hub, hub.world.till.folder(), "large.csv").await?;
    assert!(reason.to_string().contains("header-drift"), "{reason}");
    let found = open(&hub, 1).await?.remove(0);
    let taken = found["file"]["taken"]["records"].as_u64().unwrap_or(0);
    assert!((1..400).contains(&taken) && found["file"]["piece"].is_u64(), "{found}");
    let listed = ok(hub.hub.command(&["files", "list"]).await?);
    assert!(listed.contains(&format!("{taken} records taken before byte")), "{listed}");

    hub.world.config.replace(LAYOUT, one_more, last)?;
    reloaded(&hub, 1).await?;
    let id = found["id"].as_str().expect("an id");
    let release = ["files", "release", id, "--reason", "the layout is as it was"];
    ok(hub.hub.command(&release).await?);
    moved(&hub, &in_folder(&hub, "done/large.csv")).await?;
    let ids = sales(&hub, 400).await?;
    let different: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "no receipt is there twice");
    Ok(())
}
