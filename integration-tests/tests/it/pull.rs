//! The hub asks: page by page, with a cursor that survives a restart.

use testkit::{Result, TestHub, far::erp, wait::Look};

fn cursors(hub: &TestHub) -> Vec<String> {
    let received = hub.world.erp.desk.received();
    received.into_iter().map(|it| it.path).filter(|it| it.starts_with("/feed")).collect()
}

#[tokio::test]
async fn a_feed_is_read_page_by_page_and_each_record_once() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day());
    hub.events("erp", 9).await?;
    assert!(cursors(&hub).len() >= 3, "the feed has pages: {:?}", cursors(&hub));

    let asked = cursors(&hub).len();
    hub.until("two more rounds", async |_| {
        let now = cursors(&hub).len();
        Ok(Look::when(now >= asked + 2, (), || format!("{now} calls")))
    })
    .await?;
    hub.events("erp", 9).await?;
    Ok(())
}

/// Goal: after a restart the hub goes on where it was.
#[tokio::test]
async fn the_cursor_survives_a_kill() -> Result<()> {
    let mut hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day());
    hub.events("erp", 9).await?;
    hub.hub.kill9().await?;
    let asked = cursors(&hub).len();
    hub.hub.restart().await?;
    hub.until("another round", async |_| {
        let now = cursors(&hub).len();
        Ok(Look::when(now > asked, (), || format!("{now} calls")))
    })
    .await?;
    let first = cursors(&hub)[asked].clone();
    assert!(first.contains("after=7"), "it goes on after the seventh record: {first}");
    hub.events("erp", 9).await?;
    Ok(())
}

/// Goal: a token that is withdrawn early costs one more call, and nothing else.
#[tokio::test]
async fn a_token_that_runs_out_is_fetched_again() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.publish(erp::one_day().into_iter().take(1));
    hub.events("erp", 2).await?;
    let tokens = hub.world.erp.tokens_issued();
    hub.world.erp.withdraw_tokens();
    hub.world.erp.publish(erp::one_day().into_iter().skip(1).take(1));
    hub.events("erp", 4).await?;
    assert!(hub.world.erp.tokens_issued() > tokens);
    Ok(())
}
