//! What CRM, MA and SFA systems have in common: a REST interface behind a
//! bearer token that keeps customers, consents and deals.

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
    routing::{post, put},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use std::sync::Arc;

use super::{
    desk::{Desk, Verdict},
    oauth::{credentials, refused, unauthorised},
    server::Server,
};
use crate::{Result, config::secret};

/// One such system.
#[derive(Debug)]
pub struct Keeper {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    /// The token it wants.
    pub token: String,
    /// What it signs its webhooks with: `whsec_…`.
    pub webhook_secret: String,
    server: Server,
}

#[derive(Clone)]
struct Shop {
    desk: Arc<Desk>,
    token: String,
}

// === impl Keeper ===

impl Keeper {
    /// Starts it on a free port, with a token and a secret of its own.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let token = secret();
        let shop = Shop { desk: Arc::clone(&desk), token: token.clone() };
        let router = Router::new()
            .route("/customers/{id}", put(put_customer))
            .route("/consents", post(post_consent))
            .route("/deals", post(post_deal))
            .with_state(shop);
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, token, webhook_secret: crate::config::webhook_secret(), server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }
}

async fn put_customer(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shop.keep("customer", Some(&id), &headers, &body)
}

async fn post_consent(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    shop.keep("consent", None, &headers, &body)
}

async fn post_deal(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    shop.keep("deal", None, &headers, &body)
}

impl Shop {
    fn keep(
        &self,
        kind: &'static str,
        id: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response {
        if credentials(headers, "Bearer ") != Some(self.token.as_str()) {
            return unauthorised();
        }
        do_once(&self.desk, kind, id, headers, body)
    }
}

/// Does what a body asks for, once per `Idempotency-Key`. Wants JSON: an
/// object with an `id` (unless the path has it).
pub(super) fn do_once(
    desk: &Desk,
    kind: &'static str,
    id: Option<&str>,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let Some(key) = headers.get("idempotency-key").and_then(|it| it.to_str().ok()) else {
        return refused(StatusCode::BAD_REQUEST, "Idempotency-Key is missing");
    };
    let is_json = headers
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send application/json");
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return refused(StatusCode::BAD_REQUEST, "the body is not a JSON object");
    };
    let named = ["id", "external_id", "order_no", "number"]
        .into_iter()
        .find_map(|name| fields.get(name)?.as_str());
    let Some(subject) = id.or(named) else {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "the body names no id");
    };
    match desk.once(kind, subject, key, body) {
        Verdict::Done(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
        Verdict::Repeat(answer) => (StatusCode::CREATED, Json(answer)).into_response(),
        Verdict::KeyReused => {
            refused(StatusCode::UNPROCESSABLE_ENTITY, "this key was used with another body")
        }
    }
}
