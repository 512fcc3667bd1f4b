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

/// An article with its one variant, tracked in stock.
#[must_use]
pub fn product(article: &Article) -> Value {
    let Article { id, title, sku, jan, price } = article;
    json!({
        "id": id, "admin_graphql_api_id": format!("gid://shopify/Product/{id}"),
        "title": title, "body_html": null, "vendor": "茶舗", "product_type": "", "tags": "",
        "status": "active", "handle": sku.to_lowercase(),
        "created_at": "2025-10-01T09:00:00+09:00", "updated_at": "2026-01-05T09:00:00+09:00",
        "options": [{ "name": "Title", "values": ["Default Title"] }], "images": [],
        "variants": [{
            "id": id * 10 + 1, "product_id": id, "title": "Default Title", "sku": sku,
            "barcode": jan, "price": price, "compare_at_price": null, "taxable": true,
            "inventory_item_id": article.inventory_item_id(), "grams": 260,
            "inventory_management": "shopify", "inventory_policy": "deny",
            "option1": "Default Title", "option2": null, "option3": null,
        }],
    })
}

/// One article of the shop.
#[derive(Clone, Copy, Debug)]
pub struct Article {
    /// Shopify's id of the product.
    pub id: u64,
    /// For people.
    pub title: &'static str,
    /// The same as at the till.
    pub sku: &'static str,
    /// GTIN-13.
    pub jan: &'static str,
    /// Yen, tax included.
    pub price: &'static str,
}

/// The tea that the till sells too.
pub const TEA: Article = Article {
    id: 8_000_001,
    title: "緑茶 500ml",
    sku: "TEA-500",
    jan: "4901234567894",
    price: "198",
};

/// The cup that the till sells too.
pub const CUP: Article =
    Article {
        id: 8_000_002, title: "湯呑み", sku: "CUP-01", jan: "4500000000018", price: "1100"
    };

impl Article {
    /// What its stock is counted under.
    #[must_use]
    pub fn inventory_item_id(&self) -> u64 {
        self.id * 100 + 7
    }
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
