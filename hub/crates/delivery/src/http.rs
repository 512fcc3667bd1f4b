//! One try of one parcel over HTTP.

use adapter_kit::manifest::Operation;
use bytes::Bytes;
use canon::clock::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
use reqwest::{Request, Url};
use std::{fmt, time::Duration};

use crate::{
    auth::{Auth, NoToken, Proven},
    classify::{Answer, Cause, Rules, Verdict},
    client::{Client, NoAnswer},
};

/// One HTTP system, ready to be called.
#[derive(Debug)]
pub struct Endpoint {
    client: Client,
    base: Url,
    auth: Auth,
    headers: HeaderMap,
}

/// What one try sends. `Debug` leaves out what may hold personal data.
#[derive(Clone)]
pub struct Call<'a> {
    /// Upper case.
    pub method: &'a str,
    /// Path and query at the base address, already filled and escaped.
    pub path: &'a str,
    /// Headers of this call, beside those of every call.
    pub headers: &'a [(String, String)],
    /// Media type of the body; empty: there is no body.
    pub content_type: &'a str,
    /// The body.
    pub body: Bytes,
    /// Header for the key, where the far side knows one.
    pub key_header: Option<&'a str>,
    /// The same on every try.
    pub key: &'a str,
    /// W3C trace context.
    pub traceparent: Option<&'a str>,
    /// How the answer is to be read.
    pub rules: &'a Rules,
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What it came to.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// Why a destination cannot be called at all.
#[derive(Debug, thiserror::Error)]
pub enum EndpointFault {
    /// Not an address.
    #[error("base_url {text:?}: not an http or https address without query and fragment")]
    Base {
        /// What it says.
        text: String,
    },
    /// An address that may not be dialled.
    #[error(transparent)]
    Denied(#[from] NoAnswer),
    /// Not a header.
    #[error("header {name:?}: not a header name, or its value cannot stand in a header")]
    Header {
        /// Its name.
        name: String,
    },
}

/// Problem code: what was rendered cannot be sent as a request.
pub const UNSENDABLE: &str = "delivery-unsendable";

// === impl Endpoint ===

impl Endpoint {
    /// A system at `base`, with headers that go with every call.
    ///
    /// # Errors
    /// When the address or a header cannot be used.
    pub fn new(
        client: Client,
        base: &str,
        auth: Auth,
        headers: &[(String, String)],
    ) -> Result<Self, EndpointFault> {
        let fault = || EndpointFault::Base { text: base.to_owned() };
        let base = Url::parse(base).map_err(|_| fault())?;
        if base.query().is_some() || base.fragment().is_some() || !base.username().is_empty() {
            return Err(fault());
        }
        client.check(&base)?;
        let headers = headers.iter().map(|(name, value)| {
            let fault = || EndpointFault::Header { name: name.clone() };
            let read = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault())?;
            Ok((read, HeaderValue::from_str(value).map_err(|_| fault())?))
        });
        let headers = headers.collect::<Result<_, EndpointFault>>()?;
        Ok(Self { client, base, auth, headers })
    }

    /// One try. A token that the far side no longer takes is renewed once, and
    /// the request sent once more: that is still the same try.
    pub async fn attempt(&self, call: &Call<'_>, clock: &dyn Clock) -> Tried {
        let start = clock.now();
        let verdict = match self.exchange(call, clock).await {
            Ok((answer, proven)) => call.rules.judge(&answer, clock.now(), &proven.hidden),
            Err(verdict) => verdict,
        };
        Tried { verdict, took: clock.now().since(start) }
    }

    async fn exchange(
        &self,
        call: &Call<'_>,
        clock: &dyn Clock,
    ) -> Result<(Answer, Proven), Verdict> {
        let proven = self.auth.prove(clock.now()).await?;
        let answer = self.client.send(self.request(call, &proven)?).await?;
        if answer.status != http::StatusCode::UNAUTHORIZED {
            return Ok((answer, proven));
        }
        let Some(renewed) = self.auth.renew(proven.generation, clock.now()).await? else {
            return Ok((answer, proven));
        };
        let answer = self.client.send(self.request(call, &renewed)?).await?;
        Ok((answer, renewed))
    }

    fn request(&self, call: &Call<'_>, proven: &Proven) -> Result<Request, Verdict> {
        let unsendable =
            |what: &str| Verdict::Refused { code: UNSENDABLE, reason: what.to_owned() };
        let url = self.url(call.path).ok_or_else(|| unsendable("the path leaves its place"))?;
        let method = Method::from_bytes(call.method.as_bytes())
            .map_err(|_| unsendable("the method is none"))?;
        let mut headers = self.headers.clone();
        let mut put = |name: &str, text: &str| -> Result<(), Verdict> {
            let fault = |_: ()| unsendable("a header cannot be written");
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault(()))?;
            headers.insert(name, HeaderValue::from_str(text).map_err(|_| fault(()))?);
            Ok(())
        };
        for (name, value) in call.headers {
            put(name, value)?;
        }
        if let Some(name) = call.key_header {
            put(name, call.key)?;
        }
        if let Some(context) = call.traceparent {
            put("traceparent", context)?;
        }
        if !call.content_type.is_empty() {
            put(CONTENT_TYPE.as_str(), call.content_type)?;
        }
        headers.extend(proven.headers.clone());
        self.client.check(&url)?;
        let request = self.client.request(method, url).headers(headers);
        let request = match call.content_type {
            "" => request,
            _ => request.body(call.body.clone()),
        };
        request.build().map_err(|_| unsendable("the request cannot be written"))
    }

    /// The base address with the path behind it. `None` when a filled-in value
    /// would lead out of the path: a segment `..` is resolved by every client,
    /// escaped or not.
    fn url(&self, path: &str) -> Option<Url> {
        let (path, query) = path.split_once('?').map_or((path, None), |(p, q)| (p, Some(q)));
        let leaves = |segment: &str| {
            matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
        };
        if path.split('/').any(leaves) || path.contains(['\\', '#']) {
            return None;
        }
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/{}",
            self.base.path().trim_end_matches('/'),
            path.trim_start_matches('/')
        ));
        url.set_query(query);
        Some(url)
    }
}

// === impl Call ===

impl<'a> Call<'a> {
    /// The call of an operation, its path filled and its body rendered.
    #[must_use]
    pub fn of(
        operation: &'a Operation,
        rules: &'a Rules,
        path: &'a str,
        content_type: &'a str,
        body: Bytes,
        key: &'a str,
    ) -> Self {
        Self {
            method: &operation.method,
            path,
            headers: &operation.headers,
            content_type,
            body,
            key_header: operation.idempotency_header.as_deref(),
            key,
            traceparent: None,
            rules,
        }
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}, {} bytes, key {})", self.method, self.body.len(), self.key)
    }
}

// === verdicts without an answer ===

impl From<NoAnswer> for Verdict {
    fn from(fault: NoAnswer) -> Self {
        Self::Later { reason: fault.to_string(), after: None, cause: Cause::Failing }
    }
}

impl From<NoToken> for Verdict {
    fn from(fault: NoToken) -> Self {
        Self::Later { reason: fault.to_string(), after: None, cause: Cause::Failing }
    }
}

#[cfg(test)]
mod tests;
