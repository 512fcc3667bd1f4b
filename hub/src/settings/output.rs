//! `out:` of a channel: where deliveries go, how the hub proves itself there,
//! how often it tries.

use super::{SecretText, fault_at, units};
use adapter_kit::manifest::ClientAuth;
use codec::yaml::Table;
use std::{num::NonZeroU32, path::Path, time::Duration};

/// How data goes out.
#[derive(Clone, Debug)]
pub struct OutputSettings {
    /// Where to.
    pub target: OutputTarget,
    /// When to try again.
    pub retry: RetrySettings,
    /// Deliveries under way at once, of different keys.
    pub concurrency: usize,
    /// Deliveries a minute the far side takes; none: no limit of ours.
    pub per_minute: Option<NonZeroU32>,
}

/// Where deliveries go.
#[derive(Clone, Debug)]
pub enum OutputTarget {
    /// An HTTP system.
    Http {
        /// Base address; the package says the path of each operation.
        base_url: String,
        /// How the hub proves itself.
        auth: OutputAuth,
        /// Networks it may be in beside public ones, CIDR.
        allow_networks: Vec<String>,
        /// Longest wait for one whole try.
        wait_max: Duration,
        /// Events go out as they are (CloudEvents JSON, POST to the base
        /// address), without a package's map.
        cloudevents: bool,
    },
    /// Standard output of the daemon, one JSON document a line.
    Screen,
}

/// How the hub proves itself to a far system.
#[derive(Clone, Debug)]
pub enum OutputAuth {
    /// Not at all; said outright.
    None,
    /// `Authorization: Bearer`.
    Bearer(SecretText),
    /// `Authorization: Basic`.
    Basic {
        /// User.
        user: String,
        /// Password.
        password: SecretText,
    },
    /// One header with a secret value.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: SecretText,
    },
    /// OAuth2 client credentials (RFC 6749 section 4.4).
    OAuth2 {
        /// Token endpoint.
        token_url: String,
        /// Client.
        client_id: String,
        /// Its secret.
        client_secret: SecretText,
        /// Scope, if asked for.
        scope: Option<String>,
    },
    /// OAuth2 with a refresh token that `channelhub connect` gets (RFC 6749 sections
    /// 4.1 and 6).
    Connection(Box<ConnectionSettings>),
}

/// How a channel is connected to a far system that wants a person's consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// Where a person gives it; absent where they get a refresh token otherwise.
    pub authorize_url: Option<String>,
    /// Token endpoint.
    pub token_url: String,
    /// Client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretText,
    /// How it proves itself.
    pub client_auth: ClientAuth,
    /// Scope, if asked for.
    pub scope: Option<String>,
    /// Where the far side sends the person back to.
    pub redirect_uri: Option<String>,
    /// Proof that who asked has the code (RFC 7636).
    pub pkce: bool,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySettings {
    /// Tries in all.
    pub attempts: NonZeroU32,
    /// Longest wait before the second try; doubles from there, with full jitter.
    pub base: Duration,
    /// Longest wait before any try.
    pub cap: Duration,
}

impl OutputSettings {
    /// Whether events go out as they are, without a package's map.
    #[must_use]
    pub fn is_as_it_is(&self) -> bool {
        match self.target {
            OutputTarget::Screen => true,
            OutputTarget::Http { cloudevents, .. } => cloudevents,
        }
    }
}

const ATTEMPTS_DEFAULT: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const CONCURRENCY_DEFAULT: usize = 8;
const CONCURRENCY_MAX: usize = 256;

pub(super) fn read(table: &Table<'_>, dir: &Path) -> Option<OutputSettings> {
    let screen = table.bool("screen").unwrap_or(false);
    let target = if screen { Some(OutputTarget::Screen) } else { http(table, dir) };
    let retry = retry(table);
    let concurrency =
        table.number("concurrency", "a count, 1 to 256").unwrap_or(CONCURRENCY_DEFAULT);
    let per_minute = table.number("per_minute", "deliveries a minute, from 1");
    Some(OutputSettings {
        target: target?,
        retry,
        concurrency: concurrency.clamp(1, CONCURRENCY_MAX),
        per_minute,
    })
}

fn http(table: &Table<'_>, dir: &Path) -> Option<OutputTarget> {
    let base_url = table.required_text("base_url").map(str::to_owned);
    let auth = auth(table, dir);
    let allow_networks = networks(table);
    let wait_max = units::duration(table, "wait_max").unwrap_or(Duration::from_secs(15));
    let cloudevents = table.bool("cloudevents").unwrap_or(false);
    Some(OutputTarget::Http {
        base_url: base_url?,
        auth: auth?,
        allow_networks,
        wait_max,
        cloudevents,
    })
}

/// `auth:` of a destination or a puller. Required: `auth: none` is said, not
/// left out.
pub(super) fn auth(table: &Table<'_>, dir: &Path) -> Option<OutputAuth> {
    let expected = "none, {bearer: …}, {basic: …}, {header: …}, {oauth2: …} or {connection: …}";
    let node = table.required("auth")?;
    if node.text() == Some("none") {
        return Some(OutputAuth::None);
    }
    let auth = Table::open(table.faults(), node, "how the hub proves itself")?;
    let secret = |table: &Table<'_>, key: &'static str| {
        let secret = table.required(key).and_then(|it| units::secret(table, it, dir));
        secret.map(SecretText::new)
    };
    let bearer = auth
        .node("bearer")
        .map(|it| units::secret(&auth, it, dir).map(|it| OutputAuth::Bearer(SecretText::new(it))));
    let basic = auth.table("basic", "user and password").map(|it| {
        let (user, password) =
            (it.required_text("user").map(str::to_owned), secret(&it, "password"));
        it.finish();
        Some(OutputAuth::Basic { user: user?, password: password? })
    });
    let header = auth.table("header", "a header").map(|it| {
        let (name, value) = (it.required_text("name").map(str::to_owned), secret(&it, "value"));
        it.finish();
        Some(OutputAuth::Header { name: name?, value: value? })
    });
    let oauth2 = auth.table("oauth2", "client credentials").map(|it| {
        let token_url = it.required_text("token_url").map(str::to_owned);
        let client_id = it.required_text("client_id").map(str::to_owned);
        let client_secret = secret(&it, "client_secret");
        let scope = it.text("scope").map(str::to_owned);
        it.finish();
        Some(OutputAuth::OAuth2 {
            token_url: token_url?,
            client_id: client_id?,
            client_secret: client_secret?,
            scope,
        })
    });
    let connection = auth.table("connection", "a connection").map(|it| {
        let read = connection(&it, dir);
        it.finish();
        read.map(|it| OutputAuth::Connection(Box::new(it)))
    });
    auth.finish();
    let mut given = [bearer, basic, header, oauth2, connection].into_iter().flatten();
    let first = given.next();
    if first.is_none() || given.next().is_some() {
        fault_at(table, "C16", node, "one way to prove itself".into(), expected);
    }
    first.flatten()
}

fn connection(table: &Table<'_>, dir: &Path) -> Option<ConnectionSettings> {
    let token_url = table.required_text("token_url").map(str::to_owned);
    let client_id = table.required_text("client_id").map(str::to_owned);
    let client_secret =
        table.required("client_secret").and_then(|it| units::secret(table, it, dir));
    let ways = [("basic", ClientAuth::Basic), ("body", ClientAuth::Body)];
    Some(ConnectionSettings {
        authorize_url: table.text("authorize_url").map(str::to_owned),
        client_auth: table.one_of("client_auth", &ways).unwrap_or_default(),
        scope: table.text("scope").map(str::to_owned),
        redirect_uri: table.text("redirect_uri").map(str::to_owned),
        pkce: table.bool("pkce").unwrap_or(false),
        token_url: token_url?,
        client_id: client_id?,
        client_secret: SecretText::new(client_secret?),
    })
}

/// `allow_networks:` as given; each is checked to be a CIDR.
pub(super) fn networks(table: &Table<'_>) -> Vec<String> {
    table.texts("allow_networks").into_iter().map(str::to_owned).collect()
}

fn retry(table: &Table<'_>) -> RetrySettings {
    let mut settings = RetrySettings {
        attempts: ATTEMPTS_DEFAULT,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(3600),
    };
    let Some(retry) = table.table("retry", "when to try again") else { return settings };
    if let Some(attempts) = retry.number("attempts", "tries in all, from 1") {
        settings.attempts = attempts;
    }
    settings.base = units::duration(&retry, "base").unwrap_or(settings.base);
    settings.cap = units::duration(&retry, "cap").unwrap_or(settings.cap);
    if settings.cap < settings.base
        && let Some(node) = retry.node("cap")
    {
        fault_at(&retry, "C17", node, "`cap` is shorter than `base`".into(), "at least `base`");
    }
    retry.finish();
    settings
}
