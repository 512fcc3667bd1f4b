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
    shop.keep("customer", Subject::Known(&id), &headers, &body)
}

async fn post_consent(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    shop.keep("consent", Subject::Field("id"), &headers, &body)
}

async fn post_deal(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    shop.keep("deal", Subject::Field("external_id"), &headers, &body)
}

impl Shop {
    fn keep(
        &self,
        kind: &'static str,
        subject: Subject<'_>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Response {
        if credentials(headers, "Bearer ") != Some(self.token.as_str()) {
            return unauthorised();
        }
        do_once(&self.desk, kind, subject, headers, body)
    }
}

/// Where the caller's id of a thing is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// In the path; this is it.
    Known(&'a str),
    /// In this field of the body.
    Field(&'a str),
}

/// Does what a body asks for, once per `Idempotency-Key`. Wants a JSON object.
pub(super) fn do_once(
    desk: &Desk,
    kind: &'static str,
    subject: Subject<'_>,
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
    let subject = match subject {
        Subject::Known(id) => Some(id),
        Subject::Field(name) => fields.get(name).and_then(Value::as_str),
    };
    let Some(subject) = subject else {
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
