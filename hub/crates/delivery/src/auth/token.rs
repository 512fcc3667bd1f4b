//! OAuth 2.0 tokens: one is kept and used by all, renewed a little early, and
//! renewed by one caller however many find it spent.

use adapter_kit::manifest::ClientAuth;
use canon::clock::Timestamp;
use form_urlencoded::byte_serialize;
use http::{HeaderMap, Method, header::AUTHORIZATION};
use reqwest::Request;
use serde::Deserialize;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

use super::{OAuth2, Proven, pair, sensitive};
use crate::{
    client::{Client, NoAnswer},
    secret::Secret,
};

/// How long a token counts when its endpoint does not say.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(300);

/// Longest time before the end at which a token is renewed.
const EARLY_MAX: Duration = Duration::from_secs(60);

/// What is traded for a token.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The client's own word (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token (section 6). Where each use gives a new one, that is
    /// handed to `rotated` to be kept before the old one is forgotten.
    RefreshToken {
        /// The one to start with.
        token: Secret,
        /// Keeps the next one.
        rotated: Rotated,
    },
}

/// Keeps a new refresh token.
#[derive(Clone)]
pub struct Rotated(pub Arc<dyn Fn(&Secret) + Send + Sync>);

/// The tokens of one destination.
#[derive(Debug)]
pub struct Tokens {
    settings: OAuth2,
    client: Client,
    /// Held while a token is fetched: whoever finds it spent waits for the one
    /// that fetches.
    state: Mutex<State>,
    /// How many fetches have failed.
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Token>,
    /// How many tokens were fetched.
    generation: u64,
    refresh: Option<Secret>,
    failure: Option<NoToken>,
}

#[derive(Debug)]
struct Token {
    secret: Secret,
    renew_at: Timestamp,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no token: {reason}")]
pub struct NoToken {
    /// What the endpoint said, by its error code only.
    pub reason: String,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: Option<Seconds>,
    refresh_token: Option<String>,
}

/// RFC 6749 says number; some write text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
struct Fault {
    error: String,
}

// === impl Rotated ===

impl fmt::Debug for Rotated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rotated")
    }
}

// === impl Tokens ===

impl Tokens {
    /// No token yet.
    pub(super) fn new(settings: OAuth2, client: Client) -> Self {
        let refresh = match &settings.grant {
            Grant::ClientCredentials => None,
            Grant::RefreshToken { token, .. } => Some(token.clone()),
        };
        let state = Mutex::new(State { refresh, ..State::default() });
        Self { settings, client, state, failures: AtomicU64::new(0) }
    }

    /// The token for a request at `now`.
    pub(super) async fn current(&self, now: Timestamp) -> Result<Proven, NoToken> {
        self.get(now, |state| state.current.as_ref().is_none_or(|token| token.renew_at <= now))
            .await
    }

    /// A token other than that of `spent`. Of many that ask for it one fetches.
    pub(super) async fn renew(&self, spent: u64, now: Timestamp) -> Result<Proven, NoToken> {
        self.get(now, |state| state.current.is_none() || state.generation == spent).await
    }

    async fn get(
        &self,
        now: Timestamp,
        is_spent: impl FnOnce(&State) -> bool,
    ) -> Result<Proven, NoToken> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        if is_spent(&state) {
            // Somebody else's fetch failed while this one waited: asking again
            // at once would only multiply the load on an endpoint in trouble.
            if let Some(failure) = &state.failure
                && self.failures.load(Ordering::Acquire) != failures
            {
                return Err(failure.clone());
            }
            if let Err(failure) = self.fetch(&mut state, now).await {
                state.failure = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                return Err(failure);
            }
        }
        self.proven(&state)
    }

    async fn fetch(&self, state: &mut State, now: Timestamp) -> Result<(), NoToken> {
        let unanswered = |fault: NoAnswer| NoToken { reason: fault.to_string() };
        self.client.check(&self.settings.token_url).map_err(unanswered)?;
        let request =
            self.request(state).map_err(|_| NoToken::because("the request is unsound"))?;
        let answer = self.client.send(request).await;
        let answer = answer.map_err(unanswered)?;
        if !answer.status.is_success() {
            // Its error code only: descriptions have been seen to repeat secrets.
            let code = serde_json::from_slice::<Fault>(&answer.body).ok();
            let code = code.filter(|it| it.error.len() <= 64).map(|it| format!(", {:?}", it.error));
            let reason = format!("HTTP {}{}", answer.status.as_u16(), code.unwrap_or_default());
            return Err(NoToken { reason });
        }
        let given: Given = serde_json::from_slice(&answer.body)
            .map_err(|_| NoToken::because("the answer has no access_token"))?;
        self.keep(state, given, now);
        Ok(())
    }

    fn keep(&self, state: &mut State, given: Given, now: Timestamp) {
        let lifetime = match given.expires_in {
            Some(Seconds::Number(seconds)) => Duration::from_secs(seconds),
            Some(Seconds::Text(text)) => text.parse().map_or(LIFETIME_DEFAULT, Duration::from_secs),
            None => LIFETIME_DEFAULT,
        };
        let early = (lifetime / 10).min(EARLY_MAX);
        let renew_at = now.plus(lifetime.saturating_sub(early));
        if let (Grant::RefreshToken { rotated, .. }, Some(next)) =
            (&self.settings.grant, given.refresh_token)
        {
            let next = Secret::new(next);
            (rotated.0)(&next);
            state.refresh = Some(next);
        }
        state.current = Some(Token { secret: Secret::new(given.access_token), renew_at });
        state.generation += 1;
        state.failure = None;
    }

    fn request(&self, state: &State) -> Result<Request, reqwest::Error> {
        let OAuth2 { token_url, client_id, client_secret, client_auth, scope, .. } = &self.settings;
        let mut form = match &state.refresh {
            Some(token) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())]
            }
            None => vec![("grant_type", "client_credentials")],
        };
        form.extend(scope.as_deref().map(|scope| ("scope", scope)));
        let request = self.client.request(Method::POST, token_url.clone());
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

    fn proven(&self, state: &State) -> Result<Proven, NoToken> {
        let token = state.current.as_ref().ok_or(NoToken::because("none was given"))?;
        let value = format!("Bearer {}", token.secret.expose());
        let value = sensitive(&value)
            .map_err(|_| NoToken::because("it has characters that cannot stand in a header"))?;
        Ok(Proven {
            headers: HeaderMap::from_iter([(AUTHORIZATION, value)]),
            generation: state.generation,
            hidden: vec![token.secret.clone(), self.settings.client_secret.clone()],
        })
    }
}

// === impl NoToken ===

impl NoToken {
    fn because(reason: &str) -> Self {
        Self { reason: reason.to_owned() }
    }
}
