//! What the sales system sends: opportunities.

use serde_json::{Value, json};

/// One opportunity in `status` `open`, `won` or `lost`.
#[must_use]
pub fn opportunity(id: &str, status: &str, updated_at: &str) -> Value {
    json!({
        "type": "opportunity.updated",
        "opportunity": {
            "id": id, "updated_at": updated_at, "name": "ホテル向け茶器一式",
            "account": "株式会社サンプル", "contact_email": "hanako@example.com",
            "pipeline": "corporate", "stage": if status == "open" { "quote" } else { "closed" },
            "status": status, "amount": "1200000", "currency": "JPY",
            "close_date": "2026-02-27", "owner": "S012",
        },
    })
}
