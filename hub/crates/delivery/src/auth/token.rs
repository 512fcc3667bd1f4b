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
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    OAuth2, Proven,
    exchange::{Given, ask},
    sensitive,
};
use crate::{client::Client, secret::Secret};

/// How long a token counts when its endpoint does not say.
const LIFETIME_DEFAULT: Duration = Duration::from_secs(300);

/// Why an answer is of no use.
const NO_ACCESS_TOKEN: &str = "the answer has no access_token";

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

    /// Since when it is the connection it is: another time is another account, whose
    /// tokens are others. `None`: it cannot be told just now.
    fn since(&self) -> Option<Timestamp>;
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
    state: Arc<Mutex<State>>,
    /// How many fetches have failed.
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Token>,
    /// The connection that it was given for.
    since: Option<Timestamp>,
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
    /// None: only the refresh token was given.
    token: Option<Token>,
    since: Option<Timestamp>,
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
        Self { settings, client, state: Arc::default(), failures: AtomicU64::new(0) }
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

    /// Waits until no token is being fetched: what a far side gives while the hub
    /// stops is kept.
    pub(super) async fn settled(&self) {
        drop(self.state.lock().await);
    }

    async fn get(
        &self,
        now: Timestamp,
        is_spent: impl FnOnce(&State) -> bool,
    ) -> Result<Proven, NoToken> {
        let failures = self.failures.load(Ordering::Acquire);
        let mut state = Arc::clone(&self.state).lock_owned().await;
        self.forget_another(&mut state);
        if is_spent(&state) {
            // Somebody else's fetch failed while this one waited: asking again
            // at once would only multiply the load on an endpoint in trouble.
            if let Some(failure) = &state.failure
                && self.failures.load(Ordering::Acquire) != failures
            {
                return Err(failure.clone());
            }
            // The far side may have spent the refresh token once it is asked: what
            // it gives is kept even if the caller does not wait for it any more.
            let fetched = fetched(state, self.settings.clone(), self.client.clone(), now);
            #[expect(clippy::disallowed_methods, reason = "`settled` waits for it at shutdown")]
            let task = tokio::spawn(fetched);
            let (given_back, outcome) = task
                .await
                .map_err(|_| NoToken::because("fetching it broke off by a fault of the hub"))?;
            state = given_back;
            if let Err(failure) = outcome {
                state.failure = Some(failure.clone());
                self.failures.fetch_add(1, Ordering::Release);
                return Err(failure);
            }
        }
        self.proven(&state)
    }

    /// A token of the account that was connected before is not used any more.
    fn forget_another(&self, state: &mut State) {
        let Grant::RefreshToken(kept) = &self.settings.grant else { return };
        if let (Some(_), Some(since)) = (&state.current, kept.since())
            && state.since != Some(since)
        {
            state.current = None;
        }
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

/// Fetches, and gives the state back.
async fn fetched(
    mut state: OwnedMutexGuard<State>,
    settings: OAuth2,
    client: Client,
    now: Timestamp,
) -> (OwnedMutexGuard<State>, Result<(), NoToken>) {
    let outcome = fetch(&mut state, &settings, &client, now).await;
    (state, outcome)
}

async fn fetch(
    state: &mut State,
    settings: &OAuth2,
    client: &Client,
    now: Timestamp,
) -> Result<(), NoToken> {
    if let Some(unkept) = state.unkept.take() {
        // The far side has spent the one before: this must not be lost.
        return keep(state, unkept, now);
    }
    // Asked before its turn begins: if somebody connects another account in
    // between, what is fetched counts as that of the one before, and goes.
    let (since, mut turn) = match &settings.grant {
        Grant::ClientCredentials => (None, None),
        Grant::RefreshToken(kept) => {
            let since = kept.since();
            let turn = kept.begin(now).map_err(|reason| NoToken { reason, code: None })?;
            (since, Some(turn))
        }
    };
    let token = turn.as_ref().map(|it| it.token());
    let mut form = match &token {
        Some(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())],
        None => vec![("grant_type", "client_credentials")],
    };
    form.extend(settings.scope.as_deref().map(|scope| ("scope", scope)));
    let given = match ask(settings, client, form).await {
        Ok(given) => given,
        Err(fault) => {
            if let (Some(turn), Some("invalid_grant")) = (&mut turn, fault.code.as_deref()) {
                turn.refused(&fault.reason, now);
            }
            return Err(fault);
        }
    };
    let (token, next) = token_of(given, now);
    match (turn, token) {
        (Some(turn), token) => keep(state, Unkept { turn, next, token, since }, now),
        (None, Some(token)) => {
            state.take(token, None);
            Ok(())
        }
        (None, None) => Err(NoToken::because(NO_ACCESS_TOKEN)),
    }
}

// === impl State ===

impl State {
    fn take(&mut self, token: Token, since: Option<Timestamp>) {
        self.current = Some(token);
        self.since = since;
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
    let token = unkept.token.ok_or_else(|| NoToken::because(NO_ACCESS_TOKEN))?;
    state.take(token, unkept.since);
    Ok(())
}

/// What was given, and the refresh token to use from now on.
fn token_of(given: Given, now: Timestamp) -> (Option<Token>, Option<Secret>) {
    let lifetime = given.lifetime().unwrap_or(LIFETIME_DEFAULT);
    let early = (lifetime / 10).min(EARLY_MAX);
    let renew_at = now.plus(lifetime.saturating_sub(early));
    let Given { access_token, refresh_token, .. } = given;
    (access_token.map(|secret| Token { secret, renew_at }), refresh_token)
}

// === impl NoToken ===

impl NoToken {
    pub(super) fn because(reason: &str) -> Self {
        Self { reason: reason.to_owned(), code: None }
    }
}
