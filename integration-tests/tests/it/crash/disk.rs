//! A full disk under the running hub: refused whole, and taken again when there is
//! space, by the same process.

use crate::{drops::refused, orders};
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use testkit::{
    Fail, Result, TestHub,
    config::{Config, repository},
    wait::Look,
};

/// Starts the hub again so that every write under its data folder fails for want of
/// space as long as the file that this gives exists.
/// Method: a preloaded library.
async fn on_a_disk_that_fills(hub: &mut TestHub, folder: &Path) -> Result<PathBuf> {
    let (library, full) = (folder.join("full.so"), folder.join("full"));
    let source = repository().join("hub/crates/ledger/tests/it/power_cut.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()?;
    if !built.success() {
        return Err(Fail::new("a C compiler is needed for this test"));
    }
    hub.hub.stop().await?;
    let data = hub.hub.config().join("data").canonicalize()?;
    hub.hub.set_env("CUT_FOLDER", data.to_str());
    hub.hub.set_env("CUT_FULL", full.to_str());
    hub.hub.set_env("LD_PRELOAD", library.to_str());
    hub.hub.restart().await?;
    Ok(full)
}

/// Goal: a file that is refused unread stays where it is until the journal says why.
#[tokio::test]
async fn a_file_too_large_is_moved_only_when_the_journal_has_it() -> Result<()> {
    // A file for an atomic channel is not taken piece by piece, so its size alone
    // refuses it.
    let atomic = |config: &Config| {
        config.replace("channels/pos-legacy.yaml", "records: set_aside", "records: atomic")
    };
    let mut hub = TestHub::with(atomic).await?;
    let folder = tempfile::tempdir()?;
    let full = on_a_disk_that_fills(&mut hub, folder.path()).await?;
    std::fs::write(&full, "")?;
    let till = hub.world.till.folder().to_owned();
    hub.world.till.drop_file("J1.csv", &vec![b' '; 65 << 20])?;
    hub.until("it is looked at", async |_| {
        let log = hub.hub.log();
        Ok(Look::when(log.contains("not in the journal; tried again"), (), || log.clone()))
    })
    .await?;
    assert!(till.join("J1.csv").exists());
    assert!(!till.join("refused").exists());
    std::fs::remove_file(&full)?;
    hub.until("it is refused", async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let pos = channels.iter().find(|it| it["channel"] == "pos-legacy");
        let told = pos.is_some_and(|it| it["refusals"].to_string().contains("file-too-large"));
        let moved = refused(&till, "J1.csv").is_some();
        Ok(Look::when(told && moved, (), || format!("moved: {moved}, {channels:?}")))
    })
    .await
}

/// Goal: while the disk is full, arrivals are refused with 503 `journal-closed` and
/// nothing of them is kept; when it has space again, the same process takes them
/// and delivers what it took before.
#[tokio::test]
async fn a_full_disk_refuses_and_the_same_process_goes_on_when_there_is_space() -> Result<()> {
    let mut hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    let folder = tempfile::tempdir()?;
    let full = on_a_disk_that_fills(&mut hub, folder.path()).await?;
    orders::take(&hub, 1002).await?;

    std::fs::write(&full, "")?;
    for number in 1003..1006 {
        let refused = orders::created(&hub, number)?.send(&hub.url()).await?;
        assert_eq!((refused.status, refused.text("code")), (503, "journal-closed"));
        assert_eq!(refused.retry_after, Some(5));
    }
    std::fs::remove_file(&full)?;
    for number in 1003..1006 {
        let answer = orders::created(&hub, number)?.send_until_answered(&hub.url()).await?;
        assert_eq!(answer.status, 202, "nothing of it was kept before: {}", answer.body);
    }
    orders::wait_for_booked(&hub, 5).await?;
    assert!(hub.hub.ended()?.is_none(), "{}", hub.hub.log_end());
    hub.until("the ledger verifies", async |_| {
        let verified = hub.hub.command(&["ledger", "verify"]).await?;
        let text = format!("{}{}", verified.stdout, verified.stderr);
        Ok(Look::when(verified.code == Some(0), (), || text))
    })
    .await
}
