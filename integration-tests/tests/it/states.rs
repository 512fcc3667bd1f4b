//! Sources without versions: what is, and never which state is newer.

use serde_json::{Value, json};
use testkit::{Result, TestHub, config::secret, far::Webhook, wait::Look};

/// Goal: a state that comes back (A, B, and A again) is in force again, and a
/// repetition of the state in force is none.
#[tokio::test]
async fn a_state_that_comes_back_is_in_force_again() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/shop", &key)?;
        config.write(
            "channels/shop.yaml",
            "# A source without versions.\nchannel: shop\npackage: sample\nclass: ec\n\
             data_class: restricted\nin:\n  webhook:\n    keys:\n      - name: shop\n        \
             token: { file: secrets/shop }\nquota: { per_minute: 600 }\n",
        )
    })
    .await?;

    let mut sequences = Vec::new();
    for (paid, status) in [(false, 202), (true, 202), (true, 200), (false, 202), (true, 202)] {
        let (answer, body) = send(&hub, &key, paid).await?;
        assert_eq!(answer, status, "paid: {paid}: {body}");
        sequences.push(body["sequence"].as_u64().unwrap_or_default());
        let sequence = sequences.last().copied().unwrap_or_default();
        let path = format!("/api/v1/orders?channel=shop&min_sequence={sequence}");
        let orders = hub.client().get(&path).await?;
        let state = if paid { "paid" } else { "pending" };
        assert_eq!(orders["items"][0]["payment_status"], state, "{orders}");
    }
    Ok(())
}

/// Goal: a file with the name and content of an earlier one is not mistaken for
/// it when another state came in between.
#[tokio::test]
async fn a_file_dropped_again_after_another_is_in_force_again() -> Result<()> {
    let hub = TestHub::with(|config| {
        config.write(
            "channels/drop.yaml",
            "# Orders in a folder.\nchannel: drop\npackage: sample\nclass: ec\n\
             data_class: restricted\nin: { folder: { path: drop/orders, every: 100ms } }\n\
             quota: { per_minute: 600 }\n",
        )
    })
    .await?;
    let folder = hub.hub.config().join("drop/orders");
    std::fs::create_dir_all(&folder)?;
    for paid in [false, true, false] {
        std::fs::write(folder.join("state.json.tmp"), order(paid).to_string())?;
        std::fs::rename(folder.join("state.json.tmp"), folder.join("state.json"))?;
        let state = if paid { "paid" } else { "pending" };
        hub.until(&format!("the order to be {state}"), async |client| {
            let orders = client.get("/api/v1/orders?channel=drop").await?;
            let is_taken = !folder.join("state.json").exists();
            Ok(match orders["items"][0]["payment_status"] == state && is_taken {
                true => Look::Ready(()),
                false => Look::NotYet(orders.to_string()),
            })
        })
        .await?;
    }
    Ok(())
}

fn order(paid: bool) -> Value {
    json!({
        "id": "S-1", "number": 1, "placed_at": "2026-01-05T12:00:00+09:00",
        "customer": { "name": "山田 花子", "email": "hanako@example.com" }, "currency": "JPY",
        "lines": [{ "no": 1, "sku": "TEA-500", "title": "緑茶", "quantity": 1,
                    "unit_price": "198", "tax_rate": "0.08" }],
        "total": "198", "paid": paid,
    })
}

async fn send(hub: &TestHub, key: &str, paid: bool) -> Result<(u16, Value)> {
    let webhook = Webhook {
        channel: "shop".to_owned(),
        headers: vec![("authorization".to_owned(), format!("Bearer {key}"))],
        body: order(paid).to_string().into_bytes(),
    };
    let answer = webhook.send(&hub.url()).await?;
    Ok((answer.status, answer.body))
}
