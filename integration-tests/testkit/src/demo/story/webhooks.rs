//! The steps in which a far system calls the hub.

use super::{Actors, Told};
use crate::{
    Result,
    far::{Webhook, crm, ma, sfa, shopify},
};

/// The order of the story.
const ORDER: u64 = 5_940_139_491_234;

/// When the shop sold, and when it was paid.
const PLACED: &str = "2026-01-05T12:00:01+09:00";
const PAID: &str = "2026-01-05T12:03:30+09:00";

pub(super) async fn contact(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let body = crm::contact("2026-01-05T10:15:00+09:00");
    let webhook = signed("crm", "msg_crm_0001", &actors.world.crm.webhook_secret, &body)?;
    let (told, _) = actors.send("contact C-1001, 山田 花子", &webhook).await?;
    Ok(vec![told])
}

pub(super) async fn shop_customer(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let body = shopify::customer("2026-01-05T11:58:00+09:00");
    let webhook = actors.world.shopify.webhook("customers/update", "shp-evt-0001", &body);
    let (told, _) = actors.send("customers/update 6147919642668", &webhook).await?;
    Ok(vec![told])
}

pub(super) async fn order(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let (told, _) = actors.send("orders/create #1001, 2244 yen", &new_order(actors)?).await?;
    Ok(vec![told])
}

pub(super) async fn order_redelivered(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let (told, _) = actors.send("orders/create #1001 again", &new_order(actors)?).await?;
    Ok(vec![told])
}

pub(super) async fn bad_signature(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let body = shopify::order(ORDER + 1, 6666, "paid", PLACED)?;
    let webhook = actors
        .world
        .shopify
        .webhook("orders/create", "shp-evt-6666", &body)
        .with_header("x-shopify-hmac-sha256", "RYVYGQ4fHBbY8lHMbYGPTSX6IxAYq404PoDYOOL30w4=");
    let (told, _) = actors.send("orders/create #6666, forged", &webhook).await?;
    Ok(vec![told])
}

pub(super) async fn order_paid(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let body = shopify::order(ORDER, 1001, "paid", PAID)?;
    let webhook = actors.world.shopify.webhook("orders/updated", "shp-evt-0003", &body);
    let (told, _) = actors.send("orders/updated #1001, paid", &webhook).await?;
    Ok(vec![told])
}

pub(super) async fn order_cancelled(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let story = [
        ("orders/create", "pending", "2026-01-05T13:00:00+09:00"),
        ("orders/cancelled", "voided", "2026-01-05T13:05:00+09:00"),
    ];
    let mut all = Vec::new();
    for (topic, status, at) in story {
        let body = shopify::order(ORDER + 2, 1002, status, at)?;
        let webhook = actors.world.shopify.webhook(topic, &format!("shp-evt-{status}"), &body);
        all.push(actors.send(&format!("{topic} #1002"), &webhook).await?.0);
    }
    Ok(all)
}

pub(super) async fn shop_articles(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for article in [shopify::TEA, shopify::CUP] {
        let body = shopify::product(&article);
        let id = format!("shp-evt-{}", article.sku);
        let webhook = actors.world.shopify.webhook("products/create", &id, &body);
        let what = format!("products/create {} {}", article.sku, article.title);
        all.push(actors.send(&what, &webhook).await?.0);
    }
    Ok(all)
}

/// The shop knows its own numbers of articles and places, not the till's.
pub(super) async fn shop_stock(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for (article, available) in [(shopify::TEA, 40), (shopify::CUP, 9)] {
        let item = article.inventory_item_id();
        let body = shopify::inventory_level(item, 655_441_491, available, PAID);
        let id = format!("shp-evt-stock-{}", article.sku);
        let webhook = actors.world.shopify.webhook("inventory_levels/update", &id, &body);
        let what = format!("inventory_levels/update {item}: {available}");
        all.push(actors.send(&what, &webhook).await?.0);
    }
    Ok(all)
}

pub(super) async fn messages(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    for (number, what) in ["delivered", "opened"].iter().enumerate() {
        let at = format!("2026-01-05T18:0{number}:00+09:00");
        let id = format!("ME-000{number}");
        let body = ma::message_event(&id, what, &at);
        let secret = &actors.world.ma.webhook_secret;
        let webhook = signed("ma", &format!("msg_ma_000{number}"), secret, &body)?;
        all.push(actors.send(&format!("message {what}"), &webhook).await?.0);
    }
    Ok(all)
}

pub(super) async fn opportunities(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let mut all = Vec::new();
    let story = [("OPP-2001", "open", 0), ("OPP-2001", "won", 1), ("OPP-2003", "lost", 2)];
    for (id, status, number) in story {
        let body = sfa::opportunity(id, status, &format!("2026-01-05T19:0{number}:00+09:00"));
        let secret = &actors.world.sfa.webhook_secret;
        let webhook = signed("sfa", &format!("msg_sfa_000{number}"), secret, &body)?;
        all.push(actors.send(&format!("opportunity {id}, {status}"), &webhook).await?.0);
    }
    Ok(all)
}

fn new_order(actors: &Actors<'_>) -> Result<Webhook> {
    let body = shopify::order(ORDER, 1001, "pending", PLACED)?;
    Ok(actors.world.shopify.webhook("orders/create", "shp-evt-0002", &body))
}

/// Signed now: the hub refuses what is older than five minutes.
fn signed(channel: &str, id: &str, secret: &str, body: &serde_json::Value) -> Result<Webhook> {
    Webhook::standard(channel, secret, id, crate::wait::unix_seconds()?, body)
}
