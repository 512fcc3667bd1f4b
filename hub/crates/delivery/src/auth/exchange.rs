//! One question to a token endpoint, and what it gives.

use adapter_kit::manifest::ClientAuth;
use form_urlencoded::byte_serialize;
use http::{Method, header::AUTHORIZATION};
use reqwest::Request;
use serde::Deserialize;
use serde_json::{Number, Value};
use std::time::Duration;

use super::{NoToken, OAuth2, pair};
use crate::{
    client::{Client, NoAnswer},
    secret::Secret,
};

/// What a token endpoint gives (RFC 6749 section 5.1). Each member is read for
/// itself: an odd one must not take the refresh token beside it away, which the far
/// side may never give again.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) access_token: Option<Secret>,
    pub(super) refresh_token: Option<Secret>,
    expires_in: Value,
}

#[derive(Deserialize)]
struct Fault {
    error: String,
}

/// Trades the code that a person brought from the authorization endpoint (section
/// 4.1.3) for the first refresh token.
///
/// # Errors
/// When there is none.
pub async fn exchange(
    settings: &OAuth2,
    client: &Client,
    (code, verifier): (&str, Option<&str>),
) -> Result<Secret, NoToken> {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code)];
    form.extend(verifier.map(|it| ("code_verifier", it)));
    let given = ask(settings, client, form).await?;
    given.refresh_token.ok_or_else(|| NoToken::because("the answer has no refresh_token"))
}

/// Asks the token endpoint.
pub(super) async fn ask<'a>(
    settings: &'a OAuth2,
    client: &Client,
    form: Vec<(&'a str, &'a str)>,
) -> Result<Given, NoToken> {
    let unanswered = |fault: NoAnswer| NoToken::because(&fault.to_string());
    client.check(&settings.token_url).map_err(unanswered)?;
    let request =
        request(settings, client, form).map_err(|_| NoToken::because("the request is unsound"))?;
    let answer = client.send(request).await.map_err(unanswered)?;
    if !answer.status.is_success() {
        // Its error code only: descriptions have been seen to repeat secrets.
        let code = serde_json::from_slice::<Fault>(&answer.body).ok().map(|it| it.error);
        let code = code.filter(|it| it.len() <= 64);
        let told = code.as_ref().map(|it| format!(", {it:?}")).unwrap_or_default();
        let reason = format!("HTTP {}{told}", answer.status.as_u16());
        return Err(NoToken { reason, code });
    }
    let given: Value = serde_json::from_slice(&answer.body)
        .map_err(|_| NoToken::because("the answer is not JSON"))?;
    Ok(Given::of(given))
}

// === impl Given ===

impl Given {
    fn of(mut answer: Value) -> Self {
        let mut taken = |name| answer.get_mut(name).map(Value::take).unwrap_or_default();
        let text = |value| match value {
            Value::String(text) if !text.is_empty() => Some(Secret::new(text)),
            _ => None,
        };
        Self {
            access_token: text(taken("access_token")),
            refresh_token: text(taken("refresh_token")),
            expires_in: taken("expires_in"),
        }
    }

    /// How long the access token lives, if that is said in whole seconds, in some
    /// other number, or as a text of one.
    pub(super) fn lifetime(&self) -> Option<Duration> {
        let of = |number: &Number| match number.as_u64() {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => Duration::try_from_secs_f64(number.as_f64()?).ok(),
        };
        match &self.expires_in {
            Value::Number(number) => of(number),
            Value::String(text) => of(&text.trim().parse().ok()?),
            _ => None,
        }
    }
}

fn request<'a>(
    settings: &'a OAuth2,
    client: &Client,
    mut form: Vec<(&'a str, &'a str)>,
) -> Result<Request, reqwest::Error> {
    let OAuth2 { token_url, client_id, client_secret, client_auth, .. } = settings;
    form.extend(settings.redirect_uri.as_deref().map(|it| ("redirect_uri", it)));
    let request = client.request(Method::POST, token_url.clone());
    let request = match client_auth {
        ClientAuth::Basic => {
            // Section 2.3.1: both are form-encoded before they are joined.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let pair = pair(&encoded(client_id), &encoded(client_secret.expose()));
            request.header(AUTHORIZATION, format!("Basic {}", pair.expose()))
        }
        ClientAuth::Body => {
            form.push(("client_id", client_id));
            form.push(("client_secret", client_secret.expose()));
            request
        }
    };
    request.form(&form).build()
}
