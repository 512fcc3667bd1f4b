//! An ERP: takes orders behind OAuth 2.0, and keeps a feed of goods receipts
//! and stock counts that others page through.

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

use super::{
    desk::Desk,
    keeper::{Subject, do_once},
    oauth::Tokens,
    server::Server,
};
use crate::{Result, config::secret};

/// The client the hub is to the ERP.
pub const CLIENT_ID: &str = "channelhub";

/// How many requests one token is good for.
const TOKEN_USES: u32 = 25;

/// How many records one page of the feed has, at most.
const PAGE: usize = 3;

/// One ERP.
#[derive(Debug)]
pub struct FakeErp {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    /// The secret the hub needs to get a token.
    pub client_secret: String,
    back_office: Arc<BackOffice>,
    server: Server,
}

#[derive(Debug)]
struct BackOffice {
    desk: Arc<Desk>,
    tokens: Tokens,
    feed: Mutex<Vec<Value>>,
}

#[derive(Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

// === impl FakeErp ===

impl FakeErp {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let client_secret = secret();
        let back_office = Arc::new(BackOffice {
            desk: Arc::clone(&desk),
            tokens: Tokens::new(CLIENT_ID, &client_secret, TOKEN_USES),
            feed: Mutex::default(),
        });
        let router = Router::new()
            .route("/oauth/token", post(token))
            .route("/orders", post(post_order))
            .route("/feed", get(feed))
            .with_state(Arc::clone(&back_office));
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, client_secret, back_office, server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Puts records at the end of the feed.
    pub fn publish(&self, records: impl IntoIterator<Item = Value>) {
        let mut feed = self.back_office.feed.lock().unwrap_or_else(PoisonError::into_inner);
        feed.extend(records);
    }

    /// How many tokens it gave out.
    #[must_use]
    pub fn tokens_issued(&self) -> usize {
        self.back_office.tokens.issued()
    }

    /// Withdraws every token that is out.
    pub fn withdraw_tokens(&self) {
        self.back_office.tokens.withdraw_all();
    }
}

async fn token(State(office): State<Arc<BackOffice>>, headers: HeaderMap, form: Bytes) -> Response {
    office.tokens.issue(&headers, &form)
}

async fn post_order(
    State(office): State<Arc<BackOffice>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match office.tokens.spend(&headers) {
        Ok(()) => do_once(&office.desk, "order", Subject::Field("order_no"), &headers, &body),
        Err(response) => *response,
    }
}

/// One page of the feed: records after the cursor, and the cursor to go on
/// with. Cursors are opaque to the caller; here they count records.
async fn feed(
    State(office): State<Arc<BackOffice>>,
    Query(page): Query<Page>,
    headers: HeaderMap,
) -> Response {
    if let Err(response) = office.tokens.spend(&headers) {
        return *response;
    }
    let after: usize = page.after.as_deref().unwrap_or("0").parse().unwrap_or(0);
    let limit = page.limit.unwrap_or(PAGE).min(PAGE);
    let feed = office.feed.lock().unwrap_or_else(PoisonError::into_inner);
    let records: Vec<Value> = feed.iter().skip(after).take(limit).cloned().collect();
    let next = (after + records.len()).to_string();
    Json(json!({ "records": records, "next": next, "more": feed.len() > after + records.len() }))
        .into_response()
}

/// What the back office records in a day: two goods receipts, five counts.
#[must_use]
pub fn one_day() -> Vec<Value> {
    let receipt = |id: &str, sku: &str, quantity: &str, at: &str| {
        json!({
            "type": "goods_receipt", "id": id, "revision": 1, "received_at": at,
            "location": "WH01", "supplier": "SUP-01", "po_no": "PO-3001",
            "lines": [{
                "line_no": 1, "sku": sku, "qty_expected": quantity, "qty_received": quantity,
                "qty_rejected": "0", "unit_cost": "128.50", "currency": "JPY",
            }],
        })
    };
    let count = |id: &str, sku: &str, location: &str, quantity: &str, at: &str| {
        json!({
            "type": "stock_count", "id": id, "counted_at": at, "location": location,
            "sku": sku, "quantity": quantity, "unit": "EA", "sheet": "2026-01-05",
        })
    };
    vec![
        receipt("GR-7001", "TEA-500", "240", "2026-01-05T08:30:00+09:00"),
        receipt("GR-7002", "CUP-01", "36", "2026-01-05T08:45:00+09:00"),
        count("CNT-9001", "TEA-500", "WH01", "238", "2026-01-05T20:00:00+09:00"),
        count("CNT-9002", "CUP-01", "WH01", "36", "2026-01-05T20:00:00+09:00"),
        count("CNT-9003", "TEA-500", "0001", "18", "2026-01-05T20:05:00+09:00"),
        count("CNT-9004", "CUP-01", "0001", "7", "2026-01-05T20:05:00+09:00"),
        count("CNT-9005", "CAKE-02", "0001", "25", "2026-01-05T20:05:00+09:00"),
    ]
}
