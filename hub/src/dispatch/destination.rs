//! One destination as it is configured: how to call it, how fast, how often.

use super::render::Rendered;
use crate::{
    app::house::Channel,
    settings::{OutputAuth, OutputSettings, OutputTarget, SecretText},
};
use adapter_kit::manifest::{Auth as ManifestAuth, ClientAuth};
use canon::{
    clock::{Clock, Timestamp},
    entry::Outcome,
};
use delivery::{
    Auth, BreakerRule, Call, Client, Endpoint, LanesRule, Networks, Proof, Retry, Secret, Verdict,
    Waits,
    auth::{Grant, OAuth2},
    lanes::Rate,
};
use std::{
    collections::HashMap,
    io::Write as _,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Most deliveries of one destination under way at once.
pub(super) const CONCURRENCY_MAX: usize = 256;
/// Parcels of one destination in memory, for each one that may be under way.
const WINDOW_FACTOR: usize = 4;
/// Failures in a row before a destination is left alone for a while.
const BREAKER_FAILURES: u32 = 5;
const BREAKER_PAUSE: Duration = Duration::from_secs(1);
const BREAKER_PAUSE_MAX: Duration = Duration::from_secs(60);

/// One destination.
#[derive(Debug)]
pub struct Destination {
    /// Its channel.
    pub channel: Arc<Channel>,
    output: OutputSettings,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Http(Box<Endpoint>),
    Screen,
    /// It cannot be called as it is configured; every parcel waits.
    Unusable(String),
}

/// Destinations by channel, made once for each channel in force: tokens and
/// connections are kept between deliveries.
#[derive(Debug, Default)]
pub struct Destinations {
    made: Mutex<HashMap<String, Arc<Destination>>>,
}

// === impl Destinations ===

impl Destinations {
    /// The destination of `channel`, if it is one.
    pub(super) fn of(&self, channel: &Arc<Channel>) -> Option<Arc<Destination>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.get(channel.name())
            && Arc::ptr_eq(&known.channel, channel)
        {
            return Some(Arc::clone(known));
        }
        let new = Arc::new(Destination::new(channel)?);
        made.insert(channel.name().to_owned(), Arc::clone(&new));
        Some(new)
    }
}

// === impl Destination ===

impl Destination {
    fn new(channel: &Arc<Channel>) -> Option<Self> {
        let output = channel.settings().output.clone()?;
        let way = match &output.target {
            OutputTarget::Screen => Way::Screen,
            OutputTarget::Http { base_url, auth, allow_networks, wait_max, .. } => {
                match endpoint(channel, base_url, auth, allow_networks, *wait_max) {
                    Ok(endpoint) => Way::Http(Box::new(endpoint)),
                    Err(fault) => Way::Unusable(fault),
                }
            }
        };
        Some(Self { channel: Arc::clone(channel), output, way })
    }

    /// Why it cannot be called, if it cannot.
    ///
    /// # Errors
    ///
    /// A text naming the setting.
    pub fn check(channel: &Arc<Channel>) -> Result<(), String> {
        match Self::new(channel).map(|it| it.way) {
            Some(Way::Unusable(fault)) => Err(fault),
            Some(Way::Http(_) | Way::Screen) | None => Ok(()),
        }
    }

    pub(super) fn lanes_rule(&self) -> LanesRule {
        let concurrency = self.output.concurrency.min(CONCURRENCY_MAX);
        LanesRule {
            concurrency,
            window: concurrency * WINDOW_FACTOR,
            breaker: BreakerRule {
                failures: BREAKER_FAILURES,
                pause: BREAKER_PAUSE,
                pause_max: BREAKER_PAUSE_MAX,
                probes: 1,
            },
            rate: self.output.per_minute.map(|sends| Rate {
                sends,
                period: Duration::from_secs(60),
                burst: NonZeroU32::MIN.saturating_add(sends.get() / 10),
            }),
        }
    }

    /// What the journal says of try number `attempt`. A delivery that was sent
    /// again after all its tries begins a new round of them.
    pub(super) fn outcome(
        &self,
        verdict: Verdict,
        attempt: u32,
        now: Timestamp,
        random: u64,
    ) -> Outcome {
        let retry = self.output.retry;
        let attempts_max = retry.attempts.get();
        let rules = Retry { base: retry.base, cap: retry.cap, attempts_max };
        let of_round = attempt.saturating_sub(1) % attempts_max + 1;
        rules.outcome(verdict, of_round, now, random)
    }

    /// Whether events go out as they are, without a map.
    pub(super) fn is_as_it_is(&self) -> bool {
        self.output.is_as_it_is()
    }

    /// One try.
    pub(super) async fn call(&self, rendered: &Rendered, clock: &dyn Clock) -> Verdict {
        match &self.way {
            Way::Http(endpoint) => {
                let mut call = match &rendered.operation {
                    Some(operation) => Call::of(
                        operation,
                        &rendered.rules,
                        &rendered.path,
                        &rendered.content_type,
                        rendered.body.clone(),
                        &rendered.key,
                    ),
                    None => as_it_is(rendered),
                };
                call.traceparent = rendered.traceparent.as_deref();
                rendered.told(endpoint.attempt(&call, clock).await.verdict)
            }
            Way::Screen => print(&rendered.body),
            Way::Unusable(fault) => unusable(fault),
        }
    }
}

/// The call of an event that goes out without a map.
fn as_it_is(rendered: &Rendered) -> Call<'_> {
    Call {
        method: "POST",
        path: "",
        headers: &[],
        content_type: &rendered.content_type,
        body: rendered.body.clone(),
        key_header: Some("Idempotency-Key"),
        key: &rendered.key,
        traceparent: None,
        rules: &rendered.rules,
    }
}

fn unusable(fault: &str) -> Verdict {
    let reason = fault.to_owned();
    Verdict::Later { reason, after: None, cause: delivery::classify::Cause::Failing }
}

fn print(body: &[u8]) -> Verdict {
    let mut screen = std::io::stdout().lock();
    let written = screen.write_all(body).and_then(|()| screen.write_all(b"\n"));
    match written.and_then(|()| screen.flush()) {
        Ok(()) => Verdict::Done { answer: "printed".to_owned(), far_id: None },
        Err(cause) => unusable(&format!("standard output: {cause}")),
    }
}

fn endpoint(
    channel: &Channel,
    base_url: &str,
    auth: &OutputAuth,
    allow_networks: &[String],
    wait_max: Duration,
) -> Result<Endpoint, String> {
    let client = client(allow_networks, wait_max)?;
    let manifest = channel.package().manifest();
    let auth = Auth::new(proof(channel, auth)?, &client).map_err(|it| it.to_string())?;
    Endpoint::new(client, base_url, auth, &manifest.headers).map_err(|it| it.to_string())
}

/// A client that may reach public addresses and `allow_networks`.
///
/// # Errors
///
/// A text naming the network that is none, or why TLS cannot be set up.
pub fn client(allow_networks: &[String], wait_max: Duration) -> Result<Client, String> {
    let networks = Networks::parse(allow_networks).map_err(|it| it.to_string())?;
    Client::new(networks, Waits::within(wait_max)).map_err(|it| it.to_string())
}

/// What the settings say, in the words of the package: which word stands before
/// a token, how an OAuth client proves itself.
///
/// # Errors
///
/// A text naming the address that is none.
pub fn proof(channel: &Channel, auth: &OutputAuth) -> Result<Proof, String> {
    let manifest = &channel.package().manifest().auth;
    let secret = |it: &SecretText| Secret::new(it.reveal());
    Ok(match auth {
        OutputAuth::None => Proof::None,
        OutputAuth::Bearer(token) => {
            let word = match manifest {
                ManifestAuth::Bearer { scheme } => scheme.clone(),
                _ => "Bearer".to_owned(),
            };
            Proof::Token { word, token: secret(token) }
        }
        OutputAuth::Basic { user, password } => Proof::Pair {
            word: "Basic".to_owned(),
            user: Secret::new(user.as_str()),
            password: secret(password),
        },
        OutputAuth::Header { name, value } => {
            Proof::Header { name: name.clone(), value: secret(value) }
        }
        OutputAuth::OAuth2 { token_url, client_id, client_secret, scope } => {
            let client_auth = match manifest {
                ManifestAuth::OAuth2ClientCredentials { client_auth, .. } => *client_auth,
                _ => ClientAuth::Basic,
            };
            let token_url =
                token_url.parse().map_err(|fault| format!("token_url {token_url:?}: {fault}"))?;
            Proof::OAuth2(OAuth2 {
                token_url,
                client_id: client_id.clone(),
                client_secret: secret(client_secret),
                client_auth,
                scope: scope.clone(),
                redirect_uri: None,
                grant: Grant::ClientCredentials,
            })
        }
        OutputAuth::Connection(_) => {
            let tokens = channel.tokens().ok_or("it has no connection")?;
            Proof::Shared(Arc::clone(tokens))
        }
    })
}
