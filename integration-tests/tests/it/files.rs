//! Files that are checked as they arrive: held with all reasons, released,
//! discarded, and those that have not come.

use crate::drops::{CHANNEL, PLAIN, files_in, journal, sales};
use serde_json::{Value, json};
use std::os::unix::ffi::OsStrExt as _;
use testkit::{Result, TestHub, wait::Look};

const EXPECTED: &str = r#"in:
  folder:
    path: drop/pos-legacy
    every: 100ms
    arrives:
      name: "JNL_{store}_{date}_{sequence}.csv"
      bytes: { max: 5000 }
      records: { max: 3 }
      sequence: { first: 1, last: 99 }
      drift: hold
      due: { by: "06:00", zone: Asia/Tokyo, since: 2026-01-05, stores: ["0001"] }
"#;

async fn checked() -> Result<TestHub> {
    TestHub::with(|config| config.replace(CHANNEL, PLAIN, EXPECTED)).await
}

async fn held(hub: &TestHub, count: usize) -> Result<Vec<Value>> {
    hub.until(&format!("{count} files held"), async |client| {
        let found = client.all("/api/v1/files?state=held").await?;
        let seen = format!("{found:?}");
        Ok(Look::when(found.len() == count, found, || seen))
    })
    .await
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item[key].as_str().unwrap_or_default()
}

fn in_folder(hub: &TestHub, folder: &str) -> Vec<String> {
    files_in(&hub.world.till.folder().join(folder))
}

/// Goal: what is not as expected is held with every reason, seen on the command
/// line, and taken as it is once an operator says so, also after a restart.
#[tokio::test]
async fn a_held_file_is_released_from_the_command_line() -> Result<()> {
    let mut hub = checked().await?;
    let till = |name: &str, bytes: &[u8]| hub.world.till.drop_file(name, bytes);
    till("JNL_0001_20260105_1.csv", &journal(1, 2)?)?;
    sales(&hub, 2).await?;
    till("sales of today.csv", &journal(10, 4)?)?;
    let found = held(&hub, 1).await?;
    let reason = text(&found[0], "reason");
    assert!(reason.contains("name: ") && reason.contains("records: 4"), "{reason}");
    sales(&hub, 2).await?;

    let listed = hub.hub.command(&["files", "list"]).await?;
    let id = text(&found[0], "id");
    assert!(listed.stdout.contains(id) && listed.stdout.contains("at most 3"), "{}", listed.stdout);
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    held(&hub, 1).await?;
    let body = json!({ "ids": [id], "reason": "the till was renamed" });
    let (one, other) = (hub.client(), hub.client());
    let (one, other) = tokio::join!(
        one.post("/api/v1/files/release", &body),
        other.post("/api/v1/files/release", &body)
    );
    let mut status = [one?.status, other?.status];
    status.sort_unstable();
    assert_eq!(status, [200, 404], "two at once: one of them releases it");
    sales(&hub, 6).await?;
    held(&hub, 0).await?;
    hub.until("the file is among the done ones", async |_| {
        let (done, left) = (in_folder(&hub, "done"), in_folder(&hub, "held"));
        let is_done = done.contains(&"sales of today.csv".to_owned()) && left.is_empty();
        Ok(Look::when(is_done, (), || format!("done {done:?}, held {left:?}")))
    })
    .await?;
    let again = hub.hub.command(&["files", "release", id, "--reason", "twice"]).await?;
    assert_ne!(again.code, Some(0), "a file is settled once: {}", again.stdout);
    Ok(())
}

/// Goal: a name that is no UTF-8 is as good as any: the file is held under its own
/// bytes, released, and lies among the done ones under them.
#[tokio::test]
async fn a_held_file_keeps_a_name_that_is_no_text() -> Result<()> {
    let hub = checked().await?;
    let name = std::ffi::OsStr::from_bytes(b"\x94\x84\x8f\xe3.csv");
    std::fs::write(hub.world.till.folder().join(name), journal(1, 1)?)?;
    let id = text(&held(&hub, 1).await?[0], "id").to_owned();
    let there: Vec<_> = std::fs::read_dir(hub.world.till.folder().join("held"))?
        .flatten()
        .filter(|it| it.file_name().as_bytes().ends_with(name.as_bytes()))
        .collect();
    assert_eq!(there.len(), 1, "its bytes are in the name");
    let release = ["files", "release", &id, "--reason", "the till writes Shift_JIS"];
    let released = hub.hub.command(&release).await?;
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    sales(&hub, 1).await?;
    hub.until("it is among the done ones", async |_| {
        let done = hub.world.till.folder().join("done").join(name);
        Ok(Look::when(done.exists(), (), || format!("{:?}", in_folder(&hub, "done"))))
    })
    .await
}

/// Goal: an operator's word is for the bytes that were held: others in their place are
/// checked as any file.
#[tokio::test]
async fn other_bytes_in_the_place_of_a_held_file_are_not_released_with_it() -> Result<()> {
    let hub = checked().await?;
    hub.world.till.drop_file("sales of today.csv", &journal(1, 1)?)?;
    let id = text(&held(&hub, 1).await?[0], "id").to_owned();
    let folder = hub.world.till.folder().join("held");
    std::fs::write(folder.join(format!("{id}.sales of today.csv")), journal(50, 2)?)?;
    let release = ["files", "release", &id, "--reason", "the name is right"];
    let released = hub.hub.command(&release).await?;
    assert_eq!(released.code, Some(0), "{}", released.stderr);
    let again = hub
        .until("it is held anew", async |client| {
            let found = client.all("/api/v1/files?state=held").await?;
            let anew = found.len() == 1 && text(&found[0], "id") != id;
            let seen = format!("{found:?}");
            Ok(Look::when(anew, found, || seen))
        })
        .await?;
    assert!(text(&again[0], "reason").contains("name: "), "{again:?}");
    sales(&hub, 0).await?;
    Ok(())
}

/// Goal: a number that is skipped holds what comes after it, until it has come;
/// nobody needs to do anything.
#[tokio::test]
async fn a_gap_holds_what_comes_after_it_until_it_is_filled() -> Result<()> {
    let hub = checked().await?;
    let till = |number: u32| {
        let name = format!("JNL_0001_20260105_{number}.csv");
        hub.world.till.drop_file(&name, &journal(number * 10, 1)?)
    };
    till(1)?;
    sales(&hub, 1).await?;
    till(3)?;
    till(4)?;
    let found = held(&hub, 2).await?;
    assert!(found.iter().all(|it| text(it, "reason").contains("number 2")), "{found:?}");
    till(2)?;
    sales(&hub, 4).await?;
    held(&hub, 0).await?;
    Ok(())
}

/// Goal: another content under a number that was taken, and a file of another
/// shape, are held; what is discarded leaves no trace but in the ledger.
#[tokio::test]
async fn a_repeated_number_and_another_shape_are_held_and_discarded() -> Result<()> {
    let hub = checked().await?;
    hub.world.till.drop_file("JNL_0001_20260105_1.csv", &journal(1, 1)?)?;
    sales(&hub, 1).await?;
    hub.world.till.drop_file("JNL_0001_20260105_1.csv", &journal(50, 1)?)?;
    let mut drifted = journal(2, 1)?;
    drifted.splice(0..0, *b"X,");
    hub.world.till.drop_file("JNL_0001_20260105_2.csv", &drifted)?;
    let found = held(&hub, 2).await?;
    let reasons: Vec<_> = found.iter().map(|it| text(it, "reason")).collect();
    assert!(reasons.iter().any(|it| it.contains("repeated: ")), "{reasons:?}");
    assert!(reasons.iter().any(|it| it.contains("drift: ")), "{reasons:?}");
    let mut discard = vec!["files", "discard", "--reason", "sent by mistake"];
    discard.extend(found.iter().map(|it| text(it, "id")));
    let discarded = hub.hub.command(&discard).await?;
    assert_eq!(discarded.code, Some(0), "{}", discarded.stderr);
    held(&hub, 0).await?;
    hub.until("both are moved", async |_| {
        let names = in_folder(&hub, "discarded");
        Ok(Look::when(names.len() == 2, (), || format!("{names:?}")))
    })
    .await?;
    sales(&hub, 1).await?;
    Ok(())
}

/// Goal: a day whose file has not come is seen, and no longer once it has.
#[tokio::test]
async fn a_file_that_has_not_come_is_late() -> Result<()> {
    let hub = checked().await?;
    let late = async |day: &str| -> Result<bool> {
        let answer = hub.client().get("/api/v1/files/late").await?;
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        Ok(items.iter().any(|it| text(it, "day") == day && text(it, "store") == "0001"))
    };
    let all = hub.client().get("/api/v1/files/late").await?;
    let first = all["items"][0]["day"].as_str().expect("a late day").to_owned();
    assert!(late(&first).await?);
    let listed = hub.hub.command(&["files", "list"]).await?;
    assert!(listed.stdout.contains(&format!("the file of {first}")), "{}", listed.stdout);
    let name = format!("JNL_0001_{}_1.csv", first.replace('-', ""));
    hub.world.till.drop_file(&name, &journal(1, 1)?)?;
    sales(&hub, 1).await?;
    assert!(!late(&first).await?, "it has come");

    let all = hub.client().get("/api/v1/files/late").await?;
    let (id, day) = (text(&all["items"][0], "id"), text(&all["items"][0], "day"));
    let release = hub.hub.command(&["files", "release", id, "--reason", "there is none"]).await?;
    assert_ne!(release.code, Some(0), "nothing is there to be taken: {}", release.stdout);
    let discard =
        hub.hub.command(&["files", "discard", id, "--reason", "the shop was shut"]).await?;
    assert_eq!(discard.code, Some(0), "{}", discard.stderr);
    assert!(!late(day).await?, "it is waited for no longer");
    let listed = hub.hub.command(&["files", "list", "--state", "discarded"]).await?;
    assert!(listed.stdout.contains("the shop was shut"), "{}", listed.stdout);
    Ok(())
}

/// Goal: a copy under another day and number, and another content under a number
/// that was taken, are held; what comes after a file that is refused even when it is
/// released enters once that one is discarded.
#[tokio::test]
async fn copies_are_held_and_a_discarded_number_is_settled() -> Result<()> {
    let hub = checked().await?;
    let till = |name: &str, bytes: &[u8]| hub.world.till.drop_file(name, bytes);
    till("JNL_0001_20260105_1.csv", &journal(1, 1)?)?;
    sales(&hub, 1).await?;
    till("JNL_0001_20260106_2.csv", &journal(1, 1)?)?;
    let copy = held(&hub, 1).await?;
    assert!(text(&copy[0], "reason").contains("same-content: "), "{copy:?}");
    till("JNL_0001_20260107_1.csv", &journal(5, 1)?)?;
    let found = held(&hub, 2).await?;
    assert!(text(&found[0], "reason").contains("repeated: "), "{found:?}");
    let settle = async |what: &str, id: &str| {
        let body = json!({ "ids": [id], "reason": "settled" });
        hub.client().post(&format!("/api/v1/files/{what}"), &body).await
    };
    for file in &found {
        assert_eq!(settle("discard", text(file, "id")).await?.status, 200);
    }
    held(&hub, 0).await?;

    // The copy's number is settled, so 3 is next; its trailer says too much.
    let mut wrong = journal(3, 1)?;
    let count = wrong.windows(4).position(|it| it == b"END,").unwrap_or_default() + 4;
    wrong[count] += 1;
    till("JNL_0001_20260107_3.csv", &wrong)?;
    let first = held(&hub, 1).await?;
    till("JNL_0001_20260107_4.csv", &journal(4, 1)?)?;
    held(&hub, 2).await?;
    assert_eq!(settle("release", text(&first[0], "id")).await?.status, 200);
    let refused = hub
        .until("it is refused all the same", async |client| {
            let found = client.all("/api/v1/files?state=refused").await?;
            Ok(Look::when(found.len() == 1, found.clone(), || format!("{found:?}")))
        })
        .await?;
    assert_eq!(settle("discard", text(&refused[0], "id")).await?.status, 200);
    sales(&hub, 2).await?;
    held(&hub, 0).await?;
    Ok(())
}
