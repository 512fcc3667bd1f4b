//! Addresses beside the API: health, problem pages, metrics, the document.

use super::{
    ask::{App, Asked, Request},
    endpoint,
};
use crate::{
    ingress::http::{language, refused},
    problem::{Refusal, pages},
};
use access::Scope;
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use schemars::JsonSchema;
use serde::Deserialize;

/// Asks for nothing in particular, and still needs a token.
#[derive(Debug, Deserialize, JsonSchema)]
struct Plain {}

impl Request for Plain {
    const NEEDS: Scope = Scope::Read;
}

/// The routes. Open to anybody: `/healthz`, `/readyz`, `/problems`. They say
/// nothing about the data.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/problems", get(|| async { Html(pages::index_html()) }))
        .route("/problems/{code}", get(problem))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
}

/// Ready: the journal takes entries and the folds have caught up with what was
/// there when the hub started.
async fn ready(State(app): State<App>) -> Response {
    let state = app.rooms.readiness();
    let status = if state.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(state)).into_response()
}

async fn problem(Path(code): Path<String>, headers: HeaderMap) -> Response {
    match pages::html(&code) {
        Some(page) => Html(page).into_response(),
        None => not_found(format!("problem {code}"), &headers),
    }
}

async fn metrics(State(app): State<App>, _asked: Asked<Plain>) -> Response {
    app.rooms.refresh_metrics();
    app.rooms.files.measure(&app.rooms.metrics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.rooms.metrics.page()).into_response()
}

async fn openapi(State(_app): State<App>, _asked: Asked<Plain>) -> Response {
    Json(endpoint::document(&super::endpoints())).into_response()
}

pub(super) async fn no_such_address(uri: Uri, headers: HeaderMap) -> Response {
    not_found(format!("address {}", uri.path()), &headers)
}

pub(super) async fn no_such_method(method: Method, headers: HeaderMap) -> Response {
    let refusal = Refusal::MethodNotAllowed { method: method.to_string() };
    refused(&refusal, &uuid::Uuid::now_v7().to_string(), language(&headers))
}

fn not_found(what: String, headers: &HeaderMap) -> Response {
    let refusal = Refusal::NotFound { what };
    refused(&refusal, &uuid::Uuid::now_v7().to_string(), language(headers))
}
