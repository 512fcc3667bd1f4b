//! A full disk under the running hub: refused whole, and taken again when there is
//! space, by the same process.

use crate::orders;
use std::process::Command;
use testkit::{Fail, Result, TestHub, config::repository, wait::Look};

/// Goal: while the disk is full, arrivals are refused with 503 `journal-closed` and
/// nothing of them is kept; when it has space again, the same process takes them
/// and delivers what it took before.
/// Method: a preloaded library lets every write under the data folder fail for want
/// of space as long as a file exists.
#[tokio::test]
async fn a_full_disk_refuses_and_the_same_process_goes_on_when_there_is_space() -> Result<()> {
    let mut hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    hub.hub.stop().await?;
    let folder = tempfile::tempdir()?;
    let (library, full) = (folder.path().join("full.so"), folder.path().join("full"));
    let source = repository().join("hub/crates/ledger/tests/it/power_cut.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()?;
    if !built.success() {
        return Err(Fail::new("a C compiler is needed for this test"));
    }
    let data = hub.hub.config().join("data").canonicalize()?;
    hub.hub.set_env("CUT_FOLDER", data.to_str());
    hub.hub.set_env("CUT_FULL", full.to_str());
    hub.hub.set_env("LD_PRELOAD", library.to_str());
    hub.hub.restart().await?;
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
