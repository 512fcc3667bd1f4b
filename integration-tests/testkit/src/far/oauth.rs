//! The token endpoint of a far system: OAuth 2.0 client credentials (RFC 6749
//! section 4.4), with tokens that run out.

use axum::{Json, response::IntoResponse as _, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use std::sync::{Mutex, PoisonError};

use crate::config::secret;

/// Who may ask for tokens, and which are out.
#[derive(Debug)]
pub(crate) struct Tokens {
    client_id: String,
    client_secret: String,
    uses_max: u32,
    issued: Mutex<Issued>,
}

#[derive(Debug, Default)]
struct Issued {
    live: Vec<(String, u32)>,
    total: usize,
}

// === impl Tokens ===

impl Tokens {
    /// For one client. A token is good for `uses_max` requests, whatever its
    /// `expires_in` says: real systems withdraw tokens early too.
    pub(crate) fn new(client_id: &str, client_secret: &str, uses_max: u32) -> Self {
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        Self { client_id, client_secret, uses_max, issued: Mutex::default() }
    }

    /// How many were issued.
    pub(crate) fn issued(&self) -> usize {
        self.lock().total
    }

    /// Withdraws every token that is out.
    pub(crate) fn withdraw_all(&self) {
        self.lock().live.clear();
    }

    /// `POST /oauth/token`, credentials by Basic or in the form.
    pub(crate) fn issue(&self, headers: &HeaderMap, form: &Bytes) -> Response {
        let form = String::from_utf8_lossy(form);
        let field = |name: &str| {
            form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        if field("grant_type") != Some("client_credentials") {
            return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
        }
        let by_form = field("client_id") == Some(self.client_id.as_str())
            && field("client_secret") == Some(self.client_secret.as_str());
        let wanted = BASE64.encode(format!("{}:{}", self.client_id, self.client_secret));
        let by_basic = credentials(headers, "Basic ") == Some(wanted.as_str());
        if !by_form && !by_basic {
            return refused(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let token = secret();
        let mut issued = self.lock();
        issued.total += 1;
        issued.live.push((token.clone(), self.uses_max));
        let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 });
        ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response()
    }

    /// Takes one use of the token the request carries.
    ///
    /// # Errors
    /// The 401 to answer with.
    pub(crate) fn spend(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let mut issued = self.lock();
        let given = credentials(headers, "Bearer ");
        let found =
            issued.live.iter_mut().find(|(token, uses)| Some(token.as_str()) == given && *uses > 0);
        match found {
            Some((_, uses)) => {
                *uses -= 1;
                Ok(())
            }
            None => Err(Box::new(unauthorised())),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What follows `scheme` in `Authorization`.
pub(crate) fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

/// 401 as RFC 6750 section 3 wants it.
pub(crate) fn unauthorised() -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
    (StatusCode::UNAUTHORIZED, challenge, Json(json!({ "error": "invalid_token" }))).into_response()
}

/// A refusal with its reason.
pub(crate) fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}
