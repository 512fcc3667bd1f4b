//! Seeing what happens: metrics, and records at each step, live.

use crate::orders;
use std::process::Stdio;
use testkit::{
    Result, TestHub,
    wait::{Look, PATIENCE},
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

#[tokio::test]
async fn metrics_count_what_came_of_arrivals() -> Result<()> {
    let hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    let forged = orders::created(&hub, 1002)?.with_header("x-shopify-hmac-sha256", "AAAA");
    forged.send(&hub.url()).await?;

    assert_eq!(hub.hub.stranger().answer("/metrics").await?.status, 401);
    hub.until("both arrivals in the metrics", async |client| {
        let page = client.text("/metrics").await?;
        let line = |outcome: &str| {
            format!("channelhub_arrivals_total{{channel=\"ec-shopify\",outcome=\"{outcome}\"}} 1")
        };
        let both = page.contains(&line("accepted")) && page.contains(&line("not-admitted"));
        for name in ["commit_entries_bucket", "commit_write_seconds_bucket"] {
            let full = format!("channelhub_{name}{{le=\"+Inf\"}} ");
            let count = page.lines().find_map(|it| it.strip_prefix(&full));
            assert!(count.is_some_and(|it| it != "0"), "{name}: {page}");
        }
        Ok(Look::when(both, (), || page))
    })
    .await
}

/// Goal: somebody who watches sees one arrival at each step, from its bytes to
/// its delivery.
#[tokio::test]
async fn tap_shows_each_step_as_it_happens() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut tap = Command::new(hub.hub.binary())
        .args(["tap", "--config"])
        .arg(hub.hub.config())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(tap.stderr.take().expect("its standard error")).lines();
    let watching = timeout(PATIENCE, said.next_line()).await??;
    assert!(watching.as_deref().is_some_and(|it| it.contains("watching")), "{watching:?}");

    orders::take(&hub, 1001).await?;
    let mut lines = BufReader::new(tap.stdout.take().expect("its standard output")).lines();
    let mut wanted = vec!["arrived", "decoded", "mapped", "committed", "attempt"];
    while !wanted.is_empty() {
        let line = timeout(PATIENCE, lines.next_line()).await.map_err(|_| {
            testkit::Fail::new(format!("still missing {wanted:?}; log:\n{}", hub.hub.log_end()))
        })??;
        let line = line.expect("the tap ended");
        let seen: serde_json::Value = serde_json::from_str(&line)?;
        assert!(seen["at"].is_string(), "{line}");
        wanted.retain(|it| seen["step"] != *it);
    }
    Ok(())
}
