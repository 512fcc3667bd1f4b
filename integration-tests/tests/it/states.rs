//! Sources without versions: what is, and never which state is newer.

use crate::orders;
use serde_json::{Value, json};
use testkit::{
    Result, TestHub,
    config::secret,
    far::{Webhook, shopify},
    wait::Look,
};

const SHOP: &str = "\
# A source without versions.
channel: shop
package: sample
class: ec
data_class: restricted
in: { webhook: { keys: [{ name: shop, token: { file: secrets/shop } }] } }
quota: { per_minute: 600 }
";

/// Goal: a state that comes back (A, B, and A again) is in force again, and a
/// repetition of the state in force is none.
#[tokio::test]
async fn a_state_that_comes_back_is_in_force_again() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/shop", &key)?;
        config.write("channels/shop.yaml", SHOP)
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

/// Goal: two states that come at once are decided one after the other, and the
/// one with the later place in the journal is in force.
#[tokio::test]
async fn of_two_states_at_once_the_later_in_the_journal_is_in_force() -> Result<()> {
    let key = secret();
    let hub = TestHub::with(|config| {
        config.write("secrets/shop", &key)?;
        config.write("channels/shop.yaml", SHOP)
    })
    .await?;
    for _ in 0..8 {
        let (pending, paid) = tokio::join!(send(&hub, &key, false), send(&hub, &key, true));
        let (pending, paid) = (pending?, paid?);
        assert!(pending.0 == 202 || paid.0 == 202, "one of them changes it: {pending:?} {paid:?}");
        // A repetition of what was in force came before the other.
        let place = |(status, body): &(u16, Value)| match status {
            202 => body["sequence"].as_u64(),
            _ => None,
        };
        let state = if place(&paid) > place(&pending) { "paid" } else { "pending" };
        let last = place(&paid).max(place(&pending)).unwrap_or_default();
        let path = format!("/api/v1/orders?channel=shop&min_sequence={last}");
        let orders = hub.client().get(&path).await?;
        assert_eq!(orders["items"][0]["payment_status"], state, "{pending:?} {paid:?} {orders}");
    }
    Ok(())
}

/// Goal: on a channel that takes all or nothing, a version that came before with
/// other content is refused before the answer, with the place of the first.
#[tokio::test]
async fn a_version_conflict_refuses_an_arrival_that_is_all_or_nothing() -> Result<()> {
    let hub = TestHub::with(|config| {
        config.replace("channels/ec-shopify.yaml", "class: ec", "class: ec\nrecords: atomic")
    })
    .await?;
    orders::take(&hub, 1001).await?;
    let mut other = shopify::order(orders::id(1001), 1001, "pending", orders::PLACED)?;
    other["name"] = "#1001-B".into();
    let other = hub.world.shopify.webhook("orders/create", "evt-other", &other);
    let answer = other.send(&hub.url()).await?;
    assert_eq!((answer.status, answer.text("code")), (409, "version-conflict"));
    let expected = answer.body["faults"][0]["expected"].as_str().unwrap_or_default().to_owned();
    assert!(expected.contains("the data of entry "), "{}", answer.body);
    hub.letters(0).await?;
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
