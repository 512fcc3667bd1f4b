//! A client of the hub's own interface.

use serde_json::Value;
use std::time::Duration;

use crate::{Fail, Result, far::Answer};

/// Longer than the hub may take for anything it is asked here.
const CALL_MAX: Duration = Duration::from_secs(30);

/// More pages than any list here can have.
const PAGES_MAX: usize = 1000;

/// Talks to one hub.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
    token: Option<String>,
}

// === impl Client ===

impl Client {
    /// For the hub at `url`, with a token or without.
    #[must_use]
    pub fn new(url: &str, token: Option<&str>) -> Self {
        Self { url: url.to_owned(), token: token.map(str::to_owned) }
    }

    /// `GET`, whatever the answer is.
    ///
    /// # Errors
    /// When there is none.
    pub async fn answer(&self, path: &str) -> Result<Answer> {
        let client = reqwest::Client::builder().timeout(CALL_MAX).no_proxy().build()?;
        let mut request = client.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Answer::read(request.send().await?).await
    }

    /// `POST` of a JSON body, whatever the answer is.
    ///
    /// # Errors
    /// When there is none.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let client = reqwest::Client::builder().timeout(CALL_MAX).no_proxy().build()?;
        let mut request = client.post(format!("{}{path}", self.url)).body(body.to_string());
        request = request.header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Answer::read(request.send().await?).await
    }

    /// `GET` of a text: metrics, problem pages.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn text(&self, path: &str) -> Result<String> {
        let client = reqwest::Client::builder().timeout(CALL_MAX).no_proxy().build()?;
        let mut request = client.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.error_for_status()?.text().await?)
    }

    /// `GET` of a JSON body.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.answer(path).await?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(Fail::new(format!("GET {path}: {status} {}", answer.body))),
        }
    }

    /// Every item of a list, page after page. `path` may have a query.
    ///
    /// # Errors
    /// When a page cannot be had, or a list does not end.
    pub async fn all(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut next: Option<String> = None;
        for _page in 0..PAGES_MAX {
            let glue = if path.contains('?') { '&' } else { '?' };
            let page = match &next {
                None => self.get(path).await?,
                Some(cursor) => self.get(&format!("{path}{glue}after={cursor}")).await?,
            };
            let found = page.get("items").and_then(Value::as_array);
            let found = found.ok_or_else(|| Fail::new(format!("GET {path}: no items: {page}")))?;
            items.extend(found.iter().cloned());
            next = match page.get("next") {
                Some(Value::String(cursor)) => Some(cursor.clone()),
                Some(Value::Number(cursor)) => Some(cursor.to_string()),
                Some(Value::Null) | None => return Ok(items),
                Some(other) => return Err(Fail::new(format!("GET {path}: next is {other}"))),
            };
        }
        Err(Fail::new(format!("GET {path}: more than {PAGES_MAX} pages")))
    }

    /// Canonical events that came by one channel, in order.
    ///
    /// # Errors
    /// When they cannot be had.
    pub async fn events(&self, channel: &str) -> Result<Vec<Value>> {
        self.all(&format!("/api/v1/events?channel={channel}")).await
    }

    /// All customers, with the identities they are known under.
    ///
    /// # Errors
    /// When they cannot be had.
    pub async fn customers(&self) -> Result<Vec<Value>> {
        self.all("/api/v1/customers").await
    }

    /// Stock of one SKU, by location.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn stock(&self, sku: &str) -> Result<Vec<Value>> {
        self.all(&format!("/api/v1/stock?sku={sku}")).await
    }

    /// All that was set aside or refused for good, and is still open; newest first.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn letters(&self) -> Result<Vec<Value>> {
        self.all("/api/v1/dead-letters?state=open").await
    }

    /// Deliveries and what became of them.
    ///
    /// # Errors
    /// When they cannot be had.
    pub async fn parcels(&self) -> Result<Vec<Value>> {
        self.all("/api/v1/parcels").await
    }
}
