//! Sends webhooks as far systems do: again and again until somebody answers.

use http::StatusCode;
use serde_json::Value;
use std::time::Duration;

use super::signing;
use crate::{
    Fail, Result,
    wait::{Look, PATIENCE, until},
};

/// One webhook, ready to send as often as it takes. Every try has the same
/// bytes, the same id and the same signature.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The channel it goes to.
    pub channel: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The bytes that were signed.
    pub body: Vec<u8>,
}

/// What the hub said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Retry-After` in seconds, if it said one.
    pub retry_after: Option<u64>,
    /// The body; `null` when it was not JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

/// As Shopify does: five seconds for the whole call.
const CALL_MAX: Duration = Duration::from_secs(5);

// === impl Webhook ===

impl Webhook {
    /// Signed after Standard Webhooks 1.0.0, with `secret` as `whsec_…`.
    ///
    /// # Errors
    /// When the secret is not of that form.
    pub fn standard(
        channel: &str,
        secret: &str,
        id: &str,
        unix_s: i64,
        body: &Value,
    ) -> Result<Self> {
        let key = signing::whsec_key(secret).ok_or_else(|| Fail::new("secret is not whsec_…"))?;
        let body = body.to_string().into_bytes();
        let timestamp = unix_s.to_string();
        let signature = signing::standard_webhooks(&key, id, &timestamp, &body);
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("webhook-id".to_owned(), id.to_owned()),
            ("webhook-timestamp".to_owned(), timestamp),
            ("webhook-signature".to_owned(), signature),
        ];
        Ok(Self { channel: channel.to_owned(), headers, body })
    }

    /// The same webhook with this header, in place of the one it had.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same webhook without this header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// One try.
    ///
    /// # Errors
    /// When nobody answered.
    pub async fn send(&self, hub_url: &str) -> Result<Answer> {
        let client = reqwest::Client::builder().timeout(CALL_MAX).no_proxy().build()?;
        let mut request = client.post(format!("{hub_url}/in/{}", self.channel));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.body(self.body.clone()).send().await?;
        Answer::read(response).await
    }

    /// Tries until somebody answers with something else than "not now": no
    /// connection, 429 and 503 are tried again.
    ///
    /// # Errors
    /// When nobody does for a long time.
    pub async fn send_until_answered(&self, hub_url: &str) -> Result<Answer> {
        let what = format!("webhook to {}", self.channel);
        until(&what, PATIENCE, async || {
            Ok(match self.send(hub_url).await {
                Ok(answer) if answer.is_not_now() => {
                    Look::NotYet(format!("{} {}", answer.status, answer.body))
                }
                Ok(answer) => Look::Ready(answer),
                Err(fail) => Look::NotYet(fail.to_string()),
            })
        })
        .await
    }
}

// === impl Answer ===

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Result<Self> {
        let header = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let content_type = header(http::header::CONTENT_TYPE).unwrap_or_default();
        let retry_after = header(http::header::RETRY_AFTER).and_then(|it| it.parse().ok());
        let status = response.status().as_u16();
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Self { status, content_type, retry_after, body, text })
    }

    fn is_not_now(&self) -> bool {
        let not_now = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
        not_now.iter().any(|it| it.as_u16() == self.status)
    }

    /// The text of one field of the body; empty when it has none.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.body.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// The number in one field of the body.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<u64> {
        self.body.get(field).and_then(Value::as_u64)
    }
}
