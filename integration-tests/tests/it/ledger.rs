//! The ledger proves what happened, and notices one changed byte.

use crate::orders;
use testkit::{Result, TestHub};

async fn a_stopped_hub_with_three_orders() -> Result<TestHub> {
    let mut hub = TestHub::start().await?;
    for number in 1001..1004 {
        orders::take(&hub, number).await?;
    }
    orders::wait_for_booked(&hub, 3).await?;
    assert_eq!(hub.hub.stop().await?.code(), Some(0));
    Ok(hub)
}

#[tokio::test]
async fn an_honest_ledger_verifies_running_and_stopped() -> Result<()> {
    let mut hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    orders::wait_for_booked(&hub, 1).await?;
    let running = hub.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(running.code, Some(0), "{}{}", running.stdout, running.stderr);
    hub.hub.stop().await?;
    let stopped = hub.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(stopped.code, Some(0), "{}{}", stopped.stdout, stopped.stderr);
    Ok(())
}

/// Goal: one flipped bit in any stored entry is found and named.
#[tokio::test]
async fn a_flipped_byte_is_found() -> Result<()> {
    let hub = a_stopped_hub_with_three_orders().await?;
    let journal = hub.world.config.path("data/journal.db");
    let connection = rusqlite::Connection::open(&journal)?;
    let select = "SELECT seq, body FROM entry WHERE kind = 'arrival' ORDER BY seq LIMIT 1";
    let (seq, mut body): (i64, Vec<u8>) =
        connection.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let middle = body.len() / 2;
    body[middle] ^= 1;
    connection.execute("UPDATE entry SET body = ?1 WHERE seq = ?2", (&body, seq))?;
    drop(connection);

    let verified = hub.hub.command(&["ledger", "verify"]).await?;
    assert_ne!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    let said = format!("{}{}", verified.stdout, verified.stderr);
    assert!(said.contains(&seq.to_string()), "it names entry {seq}: {said}");
    Ok(())
}

/// Goal: the last entries cannot be cut off unseen: the signed head covers them.
#[tokio::test]
async fn a_cut_off_end_is_found() -> Result<()> {
    let hub = a_stopped_hub_with_three_orders().await?;
    let journal = hub.world.config.path("data/journal.db");
    let connection = rusqlite::Connection::open(&journal)?;
    connection.execute("DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)", [])?;
    drop(connection);
    let verified = hub.hub.command(&["ledger", "verify"]).await?;
    assert_ne!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    Ok(())
}
