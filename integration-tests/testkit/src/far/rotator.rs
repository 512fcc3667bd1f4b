//! A system behind OAuth 2 with rotating refresh tokens (RFC 6749 section 6, RFC 9700
//! section 4.14.2): each is good for one use, and one that comes again withdraws all
//! that came of the same consent.

use axum::{
    Json, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    desk::Desk,
    oauth::{credentials, refused, unauthorised},
    server::Server,
};
use crate::{Result, config::secret};

/// One such system, with invoices in it.
#[derive(Debug)]
pub struct Rotator {
    /// Its memory and its fault switches.
    pub desk: Arc<Desk>,
    book: Arc<Mutex<Book>>,
    server: Server,
}

#[derive(Debug, Default)]
struct Book {
    records: Vec<Value>,
    /// Codes that were given and not yet traded.
    codes: Vec<String>,
    /// The one refresh token and the one access token that are good.
    refresh: Option<String>,
    access: Option<String>,
    spent: Vec<String>,
    renewals: usize,
    reuses: usize,
    /// Seconds that an access token is good for, as it says.
    lifetime_s: u64,
}

type Shared = State<Arc<Mutex<Book>>>;

// === impl Rotator ===

impl Rotator {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start() -> Result<Self> {
        let desk = Arc::new(Desk::default());
        let book = Arc::new(Mutex::new(Book { lifetime_s: 1, ..Book::default() }));
        let router = Router::new()
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/iv/invoices", get(invoices))
            .with_state(Arc::clone(&book));
        let server = Server::start(router, Arc::clone(&desk)).await?;
        Ok(Self { desk, book, server })
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Adds what it lists.
    pub fn add(&self, records: impl IntoIterator<Item = Value>) {
        self.book().records.extend(records);
    }

    /// A refresh token without a browser, as some portals show one.
    #[must_use]
    pub fn issue(&self) -> String {
        let token = secret();
        let mut book = self.book();
        book.refresh = Some(token.clone());
        token
    }

    /// How long access tokens are good for from now on.
    pub fn set_lifetime(&self, seconds: u64) {
        self.book().lifetime_s = seconds;
    }

    /// How often a refresh token was traded, and how often a spent one came.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let book = self.book();
        (book.renewals, book.reuses)
    }

    /// A browser whose person says yes; follows where it is sent.
    ///
    /// # Errors
    /// When an address does not answer.
    pub async fn consent(&self, address: &str) -> Result<String> {
        let browser = reqwest::Client::builder().no_proxy().build()?;
        Ok(browser.get(address).send().await?.error_for_status()?.text().await?)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says yes at once.
async fn authorize(State(book): Shared, Query(asked): Query<HashMap<String, String>>) -> Response {
    let text = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    if (text("response_type"), text("client_id")) != ("code", "hub") {
        return refused(StatusCode::BAD_REQUEST, "invalid_request");
    }
    let code = secret();
    lock(&book).codes.push(code.clone());
    let back = format!("{}?code={code}&state={}", text("redirect_uri"), text("state"));
    Redirect::to(&back).into_response()
}

async fn token(State(book): Shared, form: Bytes) -> Response {
    let form: HashMap<String, String> = pairs(&String::from_utf8_lossy(&form)).collect();
    let text = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if (text("client_id"), text("client_secret")) != ("hub", "canary-client-secret") {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let mut book = lock(&book);
    let good = match text("grant_type") {
        "authorization_code" => {
            let before = book.codes.len();
            book.codes.retain(|it| it != text("code"));
            book.codes.len() < before
        }
        "refresh_token" => {
            let token = text("refresh_token");
            if book.spent.iter().any(|it| it == token) {
                // Somebody has a copy: nothing of this consent is good any more.
                (book.refresh, book.access) = (None, None);
                book.reuses += 1;
            }
            let good = book.refresh.as_deref() == Some(token);
            if good {
                book.renewals += 1;
                book.spent.push(token.to_owned());
            }
            good
        }
        _ => return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
    };
    if !good {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant");
    }
    let (access, refresh) = (secret(), secret());
    (book.access, book.refresh) = (Some(access.clone()), Some(refresh.clone()));
    let answer = json!({
        "access_token": access, "token_type": "bearer", "expires_in": book.lifetime_s,
        "refresh_token": refresh,
    });
    Json(answer).into_response()
}

/// The pairs of a form; what is escaped in tests is plain enough.
fn pairs(form: &str) -> impl Iterator<Item = (String, String)> {
    form.split('&')
        .filter_map(|it| it.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

async fn invoices(
    State(book): Shared,
    headers: HeaderMap,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let book = lock(&book);
    if book.access.is_none() || credentials(&headers, "Bearer ") != book.access.as_deref() {
        return unauthorised();
    }
    let number = |name: &str| asked.get(name).and_then(|it| it.parse().ok()).unwrap_or(0);
    let listed: Vec<&Value> =
        book.records.iter().skip(number("offset")).take(number("limit")).collect();
    Json(json!({ "invoices": listed })).into_response()
}
