//! A shop on Shopify: the webhooks it sends, in the published payload shape.
//! It takes nothing in.

use serde_json::{Value, json};

use super::{sender::Webhook, signing};
use crate::{Fail, Result, config::secret};

/// The shop's domain in its headers.
const DOMAIN: &str = "tea-house.myshopify.example.com";

/// One shop.
#[derive(Debug)]
pub struct FakeShopify {
    /// The app's client secret, which signs.
    pub secret: String,
}

/// One customer, as this shop knows it.
pub const HANAKO_ID: u64 = 6_147_919_642_668;

// === impl FakeShopify ===

impl Default for FakeShopify {
    fn default() -> Self {
        Self { secret: secret() }
    }
}

impl FakeShopify {
    /// A signed webhook. `event_id` stays the same on every redelivery.
    #[must_use]
    pub fn webhook(&self, topic: &str, event_id: &str, payload: &Value) -> Webhook {
        self.raw_webhook(topic, event_id, payload.to_string().into_bytes())
    }

    /// A signed webhook with any bytes as its body.
    #[must_use]
    pub fn raw_webhook(&self, topic: &str, event_id: &str, body: Vec<u8>) -> Webhook {
        let signature = signing::hmac_base64(self.secret.as_bytes(), &body);
        let headers = [
            ("content-type", "application/json"),
            ("x-shopify-topic", topic),
            ("x-shopify-shop-domain", DOMAIN),
            ("x-shopify-api-version", "2026-10"),
            ("x-shopify-webhook-id", event_id),
            ("x-shopify-event-id", event_id),
            ("x-shopify-triggered-at", "2026-01-05T03:00:02.000Z"),
            ("x-shopify-hmac-sha256", &signature),
        ];
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Webhook { channel: "ec-shopify".to_owned(), headers, body }
    }
}

/// An order with an 8 % and a 10 % line. `updated_at` is its version. One whose
/// payment is `voided` is cancelled.
///
/// # Errors
/// When the template is not JSON.
pub fn order(id: u64, number: u32, financial_status: &str, updated_at: &str) -> Result<Value> {
    let mut order: Value = serde_json::from_str(include_str!("shopify/order.json"))?;
    let fields = order.as_object_mut().ok_or_else(|| Fail::new("order.json is no object"))?;
    fields.insert("id".to_owned(), json!(id));
    fields.insert("admin_graphql_api_id".to_owned(), json!(format!("gid://shopify/Order/{id}")));
    fields.insert("name".to_owned(), json!(format!("#{number}")));
    fields.insert("order_number".to_owned(), json!(number));
    fields.insert("financial_status".to_owned(), json!(financial_status));
    fields.insert("updated_at".to_owned(), json!(updated_at));
    if financial_status == "voided" {
        fields.insert("cancelled_at".to_owned(), json!(updated_at));
        fields.insert("cancel_reason".to_owned(), json!("customer"));
    }
    Ok(order)
}

/// The customer, as of `updated_at`.
#[must_use]
pub fn customer(updated_at: &str) -> Value {
    json!({
        "id": HANAKO_ID,
        "admin_graphql_api_id": format!("gid://shopify/Customer/{HANAKO_ID}"),
        "email": "hanako@example.com", "phone": "+819012345678",
        "first_name": "花子", "last_name": "山田",
        "state": "enabled", "verified_email": true, "tags": "", "note": null,
        "currency": "JPY", "tax_exempt": false,
        "created_at": "2025-11-01T09:00:00+09:00", "updated_at": updated_at,
        "email_marketing_consent": {
            "state": "subscribed", "opt_in_level": "confirmed_opt_in",
            "consent_updated_at": "2025-11-01T09:05:00+09:00",
        },
        "sms_marketing_consent": null,
        "default_address": address(),
        "addresses": [address()],
    })
}

/// How much of one inventory item is at one location.
#[must_use]
pub fn inventory_level(item_id: u64, location_id: u64, available: i64, updated_at: &str) -> Value {
    json!({
        "inventory_item_id": item_id, "location_id": location_id,
        "available": available, "updated_at": updated_at,
        "admin_graphql_api_id":
            format!("gid://shopify/InventoryLevel/{location_id}?inventory_item_id={item_id}"),
    })
}

fn address() -> Value {
    json!({
        "first_name": "花子", "last_name": "山田", "company": null,
        "zip": "150-0001", "country": "Japan", "country_code": "JP",
        "province": "Tōkyō", "province_code": "JP-13", "city": "渋谷区",
        "address1": "神宮前1-2-3", "address2": "", "phone": "+819012345678",
    })
}
