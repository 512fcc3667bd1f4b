//! `hub.yaml`: what concerns the daemon as a whole.

use super::{SecretText, fault_at, units};
use codec::yaml::Table;
use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

/// Settings of the daemon.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// The organisation this hub serves; part of every id it makes.
    pub organisation: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where journal, store and keys live.
    pub data: PathBuf,
    /// Folders of packages, searched before the built-in ones.
    pub packages: Vec<PathBuf>,
    /// Channels by how far they are believed about a customer, most first.
    pub trust: Vec<String>,
    /// Who may use `/api/v1`.
    pub tokens: Vec<ApiToken>,
    /// Calls one network address may make in a minute before anyone is known.
    pub peer_per_minute: NonZeroU32,
    /// Longest wait for a whole body.
    pub body_wait_max: Duration,
    /// Arrivals under way at once.
    pub in_flight_max: usize,
    /// Bytes of bodies under way at once, in all.
    pub bytes_in_flight_max: u64,
    /// How long sealed raw bytes are kept; `None`: for ever.
    pub keep_raw: Option<Duration>,
    /// How long dedupe keys are remembered; `None`: for ever.
    pub keep_dedupe_keys: Option<Duration>,
    /// Longest wait for what is under way when stopping.
    pub drain_wait_max: Duration,
    /// Log filter in the syntax of `RUST_LOG`.
    pub log: String,
    /// Base address of an OTLP/HTTP collector.
    pub otlp_endpoint: Option<String>,
}

/// A token for `/api/v1`.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// Whose it is; stands in the ledger.
    pub name: String,
    /// The token.
    pub token: SecretText,
}

/// All keys of the file.
pub(super) const KEYS: [&str; 9] =
    ["organisation", "listen", "data", "packages", "trust", "api", "limits", "keep", "telemetry"];

const PEER_PER_MINUTE_DEFAULT: NonZeroU32 = NonZeroU32::MIN.saturating_add(5999);
const IN_FLIGHT_DEFAULT: usize = 1024;
const BYTES_IN_FLIGHT_DEFAULT: u64 = 256 << 20;
const KEEP_KEYS_MIN: Duration = Duration::from_secs(7 * 86_400);

pub(super) fn read(table: &Table<'_>, dir: &Path) -> Option<HubSettings> {
    let organisation = table.required_text("organisation").map(str::to_owned);
    let listen = listen(table);
    let data = data(table, dir);
    let packages = packages(table, dir);
    let trust = table.texts("trust").into_iter().map(str::to_owned).collect();
    let tokens = api_tokens(table, dir);
    let limits = table.table("limits", "the limits of the hub");
    let given = limits.as_ref();
    let peer_per_minute = given.and_then(|it| it.number("peer_per_minute", "a count, from 1"));
    let body_wait_max = given.and_then(|it| units::duration(it, "body_wait_max"));
    let in_flight_max = given.and_then(|it| it.number("in_flight_max", "a count, from 1"));
    let bytes_in_flight_max = given.and_then(|it| units::size(it, "bytes_in_flight_max"));
    let drain_wait_max = given.and_then(|it| units::duration(it, "drain_wait_max"));
    if let Some(limits) = limits {
        limits.finish();
    }
    let (keep_raw, keep_dedupe_keys) = keep(table);
    let telemetry = table.table("telemetry", "the telemetry settings");
    let log = telemetry.as_ref().and_then(|it| it.text("log")).unwrap_or("info").to_owned();
    let otlp_endpoint =
        telemetry.as_ref().and_then(|it| it.text("otlp_endpoint")).map(str::to_owned);
    if let Some(telemetry) = telemetry {
        telemetry.finish();
    }
    if let Some(name) = organisation.as_deref()
        && name.contains('\u{1f}')
        && let Some(node) = table.node("organisation")
    {
        fault_at(table, "C13", node, "control character".into(), "a name without U+001F");
    }
    Some(HubSettings {
        organisation: organisation?,
        listen: listen?,
        data,
        packages,
        trust,
        tokens,
        peer_per_minute: peer_per_minute.unwrap_or(PEER_PER_MINUTE_DEFAULT),
        body_wait_max: body_wait_max.unwrap_or(Duration::from_secs(30)),
        in_flight_max: in_flight_max.unwrap_or(IN_FLIGHT_DEFAULT).max(1),
        bytes_in_flight_max: bytes_in_flight_max.unwrap_or(BYTES_IN_FLIGHT_DEFAULT),
        keep_raw,
        keep_dedupe_keys,
        drain_wait_max: drain_wait_max.unwrap_or(Duration::from_secs(30)),
        log,
        otlp_endpoint,
    })
}

/// How long raw bytes and dedupe keys are kept.
fn keep(table: &Table<'_>) -> (Option<Duration>, Option<Duration>) {
    let Some(keep) = table.table("keep", "how long the journal keeps what") else {
        return (None, None);
    };
    let raw = units::duration(&keep, "raw");
    let keys = units::duration(&keep, "dedupe_keys");
    if keys.is_some_and(|it| it < KEEP_KEYS_MIN)
        && let Some(node) = keep.node("dedupe_keys")
    {
        let message = "senders try again for days; a key that is forgotten earlier no longer \
                       tells a repetition";
        fault_at(&keep, "C18", node, message.into(), "7d or more");
    }
    keep.finish();
    (raw, keys)
}

/// The data folder.
pub(super) fn data(table: &Table<'_>, dir: &Path) -> PathBuf {
    dir.join(table.text("data").unwrap_or("data"))
}

pub(super) fn listen(table: &Table<'_>) -> Option<SocketAddr> {
    let Some(text) = table.text("listen") else {
        return Some(SocketAddr::from(([127, 0, 0, 1], 8080)));
    };
    let address = text.parse().ok();
    if address.is_none()
        && let Some(node) = table.node("listen")
    {
        fault_at(
            table,
            "C14",
            node,
            format!("`listen` is `{text}`"),
            "ADDRESS:PORT, 127.0.0.1:8080",
        );
    }
    address
}

pub(super) fn packages(table: &Table<'_>, dir: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for node in table.list("packages") {
        let Some(text) = node.text() else { continue };
        let folder = dir.join(text);
        if !folder.is_dir() {
            let message = format!("there is no folder {}", folder.display());
            fault_at(table, "C15", node, message, "a folder of packages");
        }
        folders.push(folder);
    }
    folders
}

const API_TOKEN: &str = "a token of the API";

pub(super) fn api_tokens(table: &Table<'_>, dir: &Path) -> Vec<ApiToken> {
    let Some(api) = table.table("api", "the settings of the API") else { return Vec::new() };
    let tokens = tokens(&api, "tokens", API_TOKEN, dir);
    api.finish();
    tokens
}

/// The first token of the API, and no other: each acts in a name of its own.
pub(super) fn first_api_token(table: &Table<'_>, dir: &Path) -> Option<ApiToken> {
    let api = table.table("api", "the settings of the API")?;
    let first = api.tables("tokens", API_TOKEN).into_iter().next();
    api.finish();
    token(first?, dir)
}

/// Names with their tokens, under `key`.
pub(super) fn tokens(
    table: &Table<'_>,
    key: &'static str,
    what: &'static str,
    dir: &Path,
) -> Vec<ApiToken> {
    table.tables(key, what).into_iter().filter_map(|it| token(it, dir)).collect()
}

fn token(table: Table<'_>, dir: &Path) -> Option<ApiToken> {
    let name = table.required_text("name").map(str::to_owned);
    let secret = table.required("token").and_then(|it| units::secret(&table, it, dir));
    table.finish();
    Some(ApiToken { name: name?, token: SecretText::new(secret?) })
}
