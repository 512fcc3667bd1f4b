//! No sender takes more than its channel grants, and a forger takes nothing of it.

use crate::orders;
use testkit::{Result, TestHub};

const TWO: &str = "quota: { per_minute: 2, burst: 2, body_bytes_max: 1MiB }";

async fn hub_with_a_quota_of_two() -> Result<TestHub> {
    TestHub::with(|config| {
        let generous = "quota: { per_minute: 600, burst: 100, body_bytes_max: 1MiB }";
        config.replace("channels/ec-shopify.yaml", generous, TWO)
    })
    .await
}

#[tokio::test]
async fn a_spent_quota_is_said_with_the_time_to_wait() -> Result<()> {
    let hub = hub_with_a_quota_of_two().await?;
    orders::take(&hub, 1001).await?;
    orders::take(&hub, 1002).await?;
    let third = orders::created(&hub, 1003)?.send(&hub.url()).await?;

    assert_eq!((third.status, third.text("code")), (429, "quota-spent"), "{}", third.body);
    let wait = third.retry_after.expect("Retry-After");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(third.body["retry"]["after_seconds"], wait);
    Ok(())
}

#[tokio::test]
async fn forged_calls_do_not_spend_the_quota_of_the_real_sender() -> Result<()> {
    let hub = hub_with_a_quota_of_two().await?;
    for number in 0..10 {
        let forged =
            orders::created(&hub, 2000 + number)?.with_header("x-shopify-hmac-sha256", "AAAA");
        assert_eq!(forged.send(&hub.url()).await?.status, 401);
    }
    orders::take(&hub, 1001).await?;
    orders::take(&hub, 1002).await?;
    Ok(())
}
