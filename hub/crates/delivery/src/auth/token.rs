//! OAuth 2.0 tokens: one is kept and used by all, renewed a little early, and
//! renewed by one caller however many find it spent.

use canon::clock::Timestamp;
use http::{HeaderMap, header::AUTHORIZATION};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

use super::{
    OAuth2, Proven,
    exchange::{Given, Seconds, ask},
    sensitive,
};
use crate::{client::Client, secret::Secret};

/// How long a token counts when its endpoint does not say.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(300);

/// Longest time before the end at which a token is renewed.
const EARLY_MAX: Duration = Duration::from_secs(60);

/// What is traded for a token.
#[derive(Clone, Debug)]
pub enum Grant {
    /// The client's own word (RFC 6749 section 4.4).
    ClientCredentials,
    /// A refresh token (section 6), which may be another one after each use.
    RefreshToken(Arc<dyn Kept>),
}

/// Where the refresh token of one connection is kept.
pub trait Kept: fmt::Debug + Send + Sync {
    /// Begins one use of it. Nobody else may use it until the turn is over.
    ///
    /// # Errors
    /// When there is none to use, and what to do about it.
    fn begin(&self, now: Timestamp) -> Result<Box<dyn Turn>, String>;
}

/// One use of a refresh token. Dropped before it was done, nobody knows whether the
/// far side has given a new one.
pub trait Turn: fmt::Debug + Send {
    /// The token.
    fn token(&self) -> Secret;

    /// It was used, and `next` is the one to use from now on, or this one still is.
    /// When this returns, a crash does not lose it.
    ///
    /// # Errors
    /// When it cannot be kept: then what was given with it must not be used yet.
    fn done(&mut self, next: Option<&Secret>, now: Timestamp) -> Result<(), String>;

    /// The far side does not take it, today or ever.
    fn refused(&mut self, why: &str, now: Timestamp);
}

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
    /// Given, but its refresh token is not kept yet.
    unkept: Option<Unkept>,
    failure: Option<NoToken>,
}

#[derive(Debug)]
struct Unkept {
    turn: Box<dyn Turn>,
    next: Option<Secret>,
    token: Token,
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
    /// That code (RFC 6749 section 5.2).
    pub code: Option<String>,
}

// === impl Tokens ===

impl Tokens {
    /// No token yet.
    #[must_use]
    pub fn new(settings: OAuth2, client: Client) -> Self {
        Self { settings, client, state: Mutex::default(), failures: AtomicU64::new(0) }
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
        if let Some(unkept) = state.unkept.take() {
            // The far side has spent the one before: this must not be lost.
            return keep(state, unkept, now);
        }
        let mut turn = match &self.settings.grant {
            Grant::ClientCredentials => None,
            Grant::RefreshToken(kept) => {
                Some(kept.begin(now).map_err(|reason| NoToken { reason, code: None })?)
            }
        };
        let token = turn.as_ref().map(|it| it.token());
        let mut form = match &token {
            Some(token) => {
                vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())]
            }
            None => vec![("grant_type", "client_credentials")],
        };
        form.extend(self.settings.scope.as_deref().map(|scope| ("scope", scope)));
        let given = match ask(&self.settings, &self.client, form).await {
            Ok(given) => given,
            Err(fault) => {
                if let (Some(turn), Some("invalid_grant")) = (&mut turn, fault.code.as_deref()) {
                    turn.refused(&fault.reason, now);
                }
                return Err(fault);
            }
        };
        let (token, next) = token_of(given, now);
        match turn {
            Some(turn) => keep(state, Unkept { turn, next, token }, now)?,
            None => state.take(token),
        }
        Ok(())
    }

    fn proven(&self, state: &State) -> Result<Proven, NoToken> {
        let token = state.current.as_ref().ok_or_else(|| NoToken::because("none was given"))?;
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

// === impl State ===

impl State {
    fn take(&mut self, token: Token) {
        self.current = Some(token);
        self.generation += 1;
        self.failure = None;
    }
}

/// Keeps the refresh token first: only then may what came with it be used.
fn keep(state: &mut State, mut unkept: Unkept, now: Timestamp) -> Result<(), NoToken> {
    if let Err(fault) = unkept.turn.done(unkept.next.as_ref(), now) {
        state.unkept = Some(unkept);
        let reason = format!("the new refresh token cannot be kept yet: {fault}");
        return Err(NoToken { reason, code: None });
    }
    state.take(unkept.token);
    Ok(())
}

/// What was given, and the refresh token to use from now on.
fn token_of(given: Given, now: Timestamp) -> (Token, Option<Secret>) {
    let lifetime = match given.expires_in {
        Some(Seconds::Number(seconds)) => Duration::from_secs(seconds),
        Some(Seconds::Text(text)) => text.parse().map_or(LIFETIME_DEFAULT, Duration::from_secs),
        None => LIFETIME_DEFAULT,
    };
    let early = (lifetime / 10).min(EARLY_MAX);
    let renew_at = now.plus(lifetime.saturating_sub(early));
    let token = Token { secret: Secret::new(given.access_token), renew_at };
    (token, given.refresh_token.map(Secret::new))
}

// === impl NoToken ===

impl NoToken {
    pub(super) fn because(reason: &str) -> Self {
        Self { reason: reason.to_owned(), code: None }
    }
}
