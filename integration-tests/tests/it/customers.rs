//! One customer under three ids, asked for by any of them.

use serde_json::Value;
use std::collections::BTreeSet;
use testkit::{
    Result, TestHub,
    far::{Webhook, crm, shopify},
    till::{Journal, Line, Receipt, journal::items},
    wait::{Look, unix_seconds},
};

const NAMES: [(&str, &str); 3] =
    [("crm", "C-1001"), ("ec-shopify", "6147919642668"), ("pos-legacy", "M000077")];

/// The three systems say what they know of her, in this order or the other.
async fn introduce(hub: &TestHub, till_first: bool) -> Result<()> {
    if till_first {
        ring_up(hub).await?;
    }
    let contact = crm::contact("2026-01-05T10:15:00+09:00");
    let secret = &hub.world.crm.webhook_secret;
    let contact = Webhook::standard("crm", secret, "msg-1", unix_seconds()?, &contact)?;
    assert_eq!(contact.send(&hub.url()).await?.status, 202);
    let customer = shopify::customer("2026-01-05T11:58:00+09:00");
    let customer = hub.world.shopify.webhook("customers/update", "evt-1", &customer);
    assert_eq!(customer.send(&hub.url()).await?.status, 202);
    if !till_first {
        ring_up(hub).await?;
    }
    Ok(())
}

async fn ring_up(hub: &TestHub) -> Result<()> {
    let receipt = Receipt {
        register: "02",
        number: 1,
        business_day: "20260105",
        at: "2026/01/05 12:00:58",
        member: "M000077",
        lines: vec![Line::sale(&items::TEA, 1)],
    };
    hub.world.till.drop_file("J1.csv", &Journal { receipts: vec![receipt] }.bytes()?)?;
    // The receipt, its line and its member.
    hub.events("pos-legacy", 3).await?;
    Ok(())
}

async fn one_customer(hub: &TestHub) -> Result<Value> {
    let mut ids = BTreeSet::new();
    for (channel, source_id) in NAMES {
        let path = format!("/api/v1/customers?channel={channel}&source_id={source_id}");
        let found = hub
            .until(&path, async |client| {
                let found = client.all(&path).await?;
                let known = found.first().and_then(|it| it.get("identities")?.as_array());
                let is_whole = known.is_some_and(|it| it.len() == NAMES.len());
                let seen = format!("{found:?}");
                Ok(Look::when(is_whole, found, || seen))
            })
            .await?;
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        let id = found.first().and_then(|it| it.get("hub_id")?.as_str()).unwrap_or_default();
        ids.insert(id.to_owned());
    }
    assert_eq!(ids.len(), 1, "one id whoever asks: {ids:?}");
    let id = ids.into_iter().next().unwrap_or_default();
    hub.client().get(&format!("/api/v1/customers/{id}")).await
}

#[tokio::test]
async fn three_ids_are_one_customer_whoever_comes_first() -> Result<()> {
    for till_first in [true, false] {
        let hub = TestHub::start().await?;
        introduce(&hub, till_first).await?;
        let customer = one_customer(&hub).await?;
        assert_eq!(customer["profile"]["name"]["family"], "山田", "{customer}");
        let purposes: Vec<&Value> = customer["consents"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| &it["purpose"])
            .collect();
        assert_eq!(purposes.len(), 1, "{customer}");
        assert!(customer["links"].as_array().is_some_and(|it| it.len() >= 2), "{customer}");
    }
    Ok(())
}
