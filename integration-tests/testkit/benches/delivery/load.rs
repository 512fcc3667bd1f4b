//! What the shop sends: orders at a steady pace, or many at once.

use super::house::House;
use std::{collections::HashMap, time::Duration};
use testkit::{Fail, Result};
use tokio::{
    task::JoinSet,
    time::{Instant, interval},
};

/// Longer than the hub may take for one arrival here.
const CALL_MAX: Duration = Duration::from_secs(30);

/// A shop with its connections.
#[derive(Clone)]
pub(crate) struct Shop {
    client: reqwest::Client,
    url: String,
    key: String,
}

// === impl Shop ===

impl Shop {
    pub(crate) fn new(house: &House) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(CALL_MAX).no_proxy().build()?;
        Ok(Self { client, url: format!("{}/in/shop", house.hub.url()), key: house.key.clone() })
    }

    /// Sends an order so many times a second, while `go_on` says so of how many were
    /// sent. It does not wait for answers, so a slow hub does not slow the shop
    /// down. Gives what was sent, and when it was its time.
    ///
    /// # Errors
    /// When one is not accepted.
    pub(crate) async fn steadily(
        &self,
        series: &str,
        per_second: u32,
        mut go_on: impl FnMut(usize) -> bool,
    ) -> Result<HashMap<String, Instant>> {
        let mut tick = interval(Duration::from_secs(1) / per_second);
        let (mut sent, mut under_way) = (HashMap::new(), JoinSet::new());
        while go_on(sent.len()) {
            let at = tick.tick().await;
            let id = format!("{series}-{}", sent.len());
            let (shop, body) = (self.clone(), order(series, &id));
            sent.insert(id, at);
            under_way.spawn(async move { shop.send(body).await });
        }
        while let Some(ended) = under_way.join_next().await {
            ended.map_err(|it| Fail::new(it.to_string()))??;
        }
        Ok(sent)
    }

    /// Sends `lots` arrivals of `each` orders, one after the other.
    ///
    /// # Errors
    /// When one is not accepted.
    pub(crate) async fn in_lots(&self, series: &str, lots: usize, each: usize) -> Result<()> {
        for lot in 0..lots {
            let orders = (0..each).map(|number| order(series, &format!("{series}-{lot}-{number}")));
            self.send(orders.collect()).await?;
        }
        Ok(())
    }

    async fn send(&self, body: String) -> Result<()> {
        let request = self.client.post(&self.url).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body);
        let answer = request.send().await?;
        match answer.status().as_u16() {
            202 => Ok(()),
            status => Err(Fail::new(format!("{status}: {}", answer.text().await?))),
        }
    }
}

/// One order of one line, and the end of its line. Its mail address names the series.
fn order(series: &str, id: &str) -> String {
    format!(
        "{}\n",
        serde_json::json!({
            "id": id, "number": 1, "placed_at": "2026-01-05T12:00:00+09:00",
            "customer": { "name": "山田 花子", "email": format!("{series}@example.com") },
            "currency": "JPY", "total": "396", "paid": true,
            "lines": [{
                "no": 1, "sku": "TEA-1", "title": "緑茶 500ml", "quantity": 2,
                "unit_price": "198", "tax_rate": "0.08",
            }],
        })
    )
}
