//! What the marketing system sends: what became of a message.

use serde_json::{Value, json};

/// One thing that happened to one message.
#[must_use]
pub fn message_event(id: &str, what: &str, at: &str) -> Value {
    json!({
        "type": "message.event",
        "event": {
            "id": id, "message_id": "MSG-2026-01-001", "customer_id": "CU-1001",
            "campaign": "newyear-tea",
            "recipient": "hanako@example.com", "channel": "email", "event": what, "at": at,
            "url": null,
        },
    })
}
