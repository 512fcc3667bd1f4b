//! A configuration that changes while the hub runs.

use crate::orders;
use testkit::{Result, TestHub, wait::Look};

/// Goal: a route that is added takes effect without a restart.
#[tokio::test]
async fn a_new_quota_takes_effect_without_a_restart() -> Result<()> {
    let hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    hub.world.config.replace(
        "channels/ec-shopify.yaml",
        "body_bytes_max: 1MiB",
        "body_bytes_max: 64B",
    )?;
    let too_large = orders::created(&hub, 1002)?;
    hub.until("the smaller limit is in force", async |_| {
        let answer = too_large.send(&hub.url()).await?;
        Ok(Look::when(answer.status == 413, (), || format!("{} {}", answer.status, answer.body)))
    })
    .await
}

/// Goal: a configuration with a fault does not come into force, the log says
/// where it is wrong, and the hub goes on with the old one.
#[tokio::test]
async fn a_fault_keeps_the_old_configuration_in_force() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.config.replace("channels/ec-shopify.yaml", "class: ec", "class: eg")?;
    hub.until("the log names the fault", async |_| {
        let log = hub.hub.log();
        let said = log.contains("ec-shopify.yaml") && log.contains("`eg`");
        Ok(Look::when(said, (), || "nothing in the log".to_owned()))
    })
    .await?;
    orders::take(&hub, 1001).await?;
    Ok(())
}
