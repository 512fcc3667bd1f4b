//! What the CRM sends: contacts.

use serde_json::{Value, json};

/// The customer as the CRM knows her, as of `updated_at`. She is the link: the
/// CRM has both her mail address and the member code of the till.
#[must_use]
pub fn contact(updated_at: &str) -> Value {
    json!({
        "type": "contact.updated",
        "contact": {
            "id": "C-1001", "revision": 3, "updated_at": updated_at,
            "family_name": "山田", "given_name": "花子",
            "family_name_kana": "ヤマダ", "given_name_kana": "ハナコ",
            "email": "hanako@example.com", "phone": "090-1234-5678",
            "member_code": "M000077", "status": "active",
            "postal_code": "150-0001", "prefecture": "東京都",
            "city": "渋谷区", "street": "神宮前1-2-3",
        },
    })
}
