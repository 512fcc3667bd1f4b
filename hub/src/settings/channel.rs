//! `channels/NAME.yaml`: one connection to one system, with its policy.

use super::{OutputSettings, Pieces, fault_at, hub, output, pieces, units};
use canon::entity::Classification;
use codec::{
    layout::arrives::Arrives,
    yaml::{Node, Table},
};
use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

/// Settings of one channel.
#[derive(Clone, Debug)]
pub struct ChannelSettings {
    /// Its name: the last part of `/in/{channel}`.
    pub name: String,
    /// The package it speaks.
    pub package: String,
    /// What kind of system is at the other end.
    pub class: Class,
    /// The strictest class of data it may carry.
    pub data_class: Classification,
    /// What one bad record does to its arrival.
    pub records: RecordsMode,
    /// How data comes in, if it does.
    pub input: Option<Input>,
    /// How much may come in.
    pub limits: Option<Limits>,
    /// How data goes out, if it does.
    pub output: Option<OutputSettings>,
    /// Values that the package asks for (`settings` of its manifest).
    pub values: BTreeMap<String, String>,
    /// Code tables of this installation, over those of the package.
    pub tables: BTreeMap<String, BTreeMap<String, String>>,
}

/// Kinds of systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Tills.
    Pos,
    /// Resource planning, accounting.
    Erp,
    /// Customer relations.
    Crm,
    /// Marketing automation.
    Ma,
    /// Sales force automation.
    Sfa,
    /// Shops and market places.
    Ec,
    /// LINE, telephone, apps.
    Messaging,
    /// Anything else.
    Other,
}

/// What one bad record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordsMode {
    /// Refuses the whole arrival.
    Atomic,
    /// Goes to the dead letters; the others go on.
    SetAside,
}

/// How data comes in.
#[derive(Clone, Debug)]
pub enum Input {
    /// HTTP POST to `/in/{channel}`.
    Webhook {
        /// How senders prove themselves.
        proof: WebhookProof,
        /// The address the far side signs, when its scheme signs one.
        registered_url: Option<String>,
    },
    /// Files dropped into a folder of this machine.
    Folder {
        /// The folder.
        path: PathBuf,
        /// How often it is looked at.
        every: Duration,
        /// What was sent is acknowledged, in `ack/` of the folder (EDI).
        acknowledge: bool,
        /// What is expected of its files, in place of what the layout says.
        arrives: Option<Arrives>,
        /// How files are taken that are larger than an arrival, where it is set.
        pieces: Option<Pieces>,
    },
    /// The hub asks for news.
    Pull {
        /// Base address of the far side.
        url: String,
        /// How often; absent: as the package says for each feed.
        every: Option<Duration>,
        /// How the hub proves itself.
        auth: PullAuth,
        /// Networks it may be in beside public ones, CIDR.
        allow_networks: Vec<String>,
    },
    /// The hub makes data up, for a first look.
    Sample {
        /// How often.
        every: Duration,
    },
}

/// How senders of a webhook prove themselves.
#[derive(Clone, Debug)]
pub enum WebhookProof {
    /// By the package's signature scheme, with these live secrets; two while a
    /// secret is being changed.
    Signature(Vec<SecretText>),
    /// By `Authorization: Bearer`, each key with its principal.
    Keys(Vec<super::ApiToken>),
    /// By a fixed header: for senders that cannot sign. Recorded as `unsigned`.
    StaticHeader {
        /// Its name.
        name: String,
        /// Its live values.
        values: Vec<SecretText>,
    },
}

/// How the hub proves itself when it asks; the same kinds as for delivering.
pub type PullAuth = output::OutputAuth;

/// How much may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Arrivals a minute for one principal.
    pub per_minute: NonZeroU32,
    /// Arrivals at once.
    pub burst: NonZeroU32,
    /// Largest arrival, in bytes.
    pub body_bytes_max: u64,
}

/// A secret. Prints nothing of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

const BODY_BYTES_DEFAULT: u64 = 1 << 20;
const BODY_BYTES_CEILING: u64 = 256 << 20;
const _: () = assert!(BODY_BYTES_DEFAULT <= BODY_BYTES_CEILING);

const CLASSES: &[(&str, Class)] = &[
    ("pos", Class::Pos),
    ("erp", Class::Erp),
    ("crm", Class::Crm),
    ("ma", Class::Ma),
    ("sfa", Class::Sfa),
    ("ec", Class::Ec),
    ("messaging", Class::Messaging),
    ("other", Class::Other),
];

const DATA_CLASSES: &[(&str, Classification)] = &[
    ("public", Classification::Public),
    ("internal", Classification::Internal),
    ("confidential", Classification::Confidential),
    ("restricted", Classification::Restricted),
];

// === impl SecretText ===

impl SecretText {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for the room that proves it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

// === impl Class ===

impl Class {
    /// The word in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        CLASSES.iter().find(|(_, it)| *it == self).map_or("other", |(name, _)| name)
    }
}

// === reading ===

pub(super) fn read(table: &Table<'_>, dir: &Path) -> Option<ChannelSettings> {
    let name = name(table);
    let package = table.required_text("package").map(str::to_owned);
    let class = table.required_one_of("class", CLASSES);
    let data_class = table.required_one_of("data_class", DATA_CLASSES);
    let modes = [("atomic", RecordsMode::Atomic), ("set_aside", RecordsMode::SetAside)];
    let records = table.one_of("records", &modes).unwrap_or(RecordsMode::SetAside);
    let input = input(table, dir);
    let limits = limits(table);
    let output = table.table("out", "how data goes out").and_then(|it| {
        let read = output::read(&it, dir);
        it.finish();
        read
    });
    if input.is_some() && limits.is_none() && table.node("quota").is_none() {
        table.error("C04", "data comes in without a quota");
    }
    if table.node("in").is_none() && table.node("out").is_none() {
        table.error("C05", "nothing comes in and nothing goes out: add `in:` or `out:`");
    }
    Some(ChannelSettings {
        name: name?,
        package: package?,
        class: class?,
        data_class: data_class?,
        records,
        input,
        limits,
        output,
        values: values(table.entries("settings")),
        tables: tables(table),
    })
}

fn name(table: &Table<'_>) -> Option<String> {
    let name = table.required_text("channel")?;
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    if !name.chars().all(plain) || name.is_empty() || name.len() > 63 {
        let expected = "lower-case letters, digits and hyphens, at most 63";
        if let Some(node) = table.node("channel") {
            fault_at(table, "C03", node, format!("a channel cannot be named `{name}`"), expected);
        }
    }
    Some(name.to_owned())
}

fn input(table: &Table<'_>, dir: &Path) -> Option<Input> {
    let ways = table.table("in", "how data comes in")?;
    let webhook = ways.node("webhook").map(|_| webhook(&ways, dir));
    let folder = ways.table("folder", "a folder to watch").map(|it| {
        let path = it.required_text("path").map(|path| dir.join(path));
        let every = units::duration(&it, "every").unwrap_or(Duration::from_secs(1));
        let acknowledge = it.bool("acknowledge").unwrap_or(false);
        let arrives = Arrives::read(&it, "arrives");
        let pieces = pieces::read(&it);
        it.finish();
        path.map(|path| Input::Folder { path, every, acknowledge, arrives, pieces })
    });
    let pull = ways.table("pull", "what to ask for").map(|it| {
        let read = pull(&it, dir);
        it.finish();
        read
    });
    let sample = ways.table("sample", "what to make up").map(|it| {
        let every = units::duration(&it, "every").unwrap_or(Duration::from_secs(5));
        it.finish();
        Some(Input::Sample { every })
    });
    let span_holder = table.node("in");
    ways.finish();
    let mut given = [webhook, folder, pull, sample].into_iter().flatten();
    let first = given.next();
    if let Some(node) = span_holder
        && (first.is_none() || given.next().is_some())
    {
        let message = "a channel takes data in one way".to_owned();
        fault_at(table, "C06", node, message, "one of webhook, folder, pull, sample");
    }
    first.flatten()
}

fn webhook(ways: &Table<'_>, dir: &Path) -> Option<Input> {
    let table = ways.table("webhook", "who may send")?;
    let secrets = secrets(&table, "secrets", dir).map(WebhookProof::Signature);
    let keys = (!table.list("keys").is_empty())
        .then(|| WebhookProof::Keys(hub::tokens(&table, "keys", "a key of a sender", dir)));
    let fixed = table.table("static_header", "a fixed header").and_then(|it| {
        let name = it.required_text("name").map(str::to_owned);
        let values = secrets_required(&it, "values", dir);
        it.finish();
        Some(WebhookProof::StaticHeader { name: name?, values: values? })
    });
    let registered_url = table.text("registered_url").map(str::to_owned);
    // One that is there and cannot be used has its own fault.
    let given = [secrets.is_some(), keys.is_some(), table.node("static_header").is_some()];
    if given.into_iter().filter(|it| *it).count() != 1 {
        table.error(
            "C07",
            "a webhook needs one proof of its sender: `secrets`, `keys` or `static_header`",
        );
    }
    table.finish();
    let proof = [secrets, keys, fixed].into_iter().flatten().next()?;
    Some(Input::Webhook { proof, registered_url })
}

fn secrets(table: &Table<'_>, key: &'static str, dir: &Path) -> Option<Vec<SecretText>> {
    let list = table.list(key);
    if list.is_empty() {
        return None;
    }
    let read = list.iter().filter_map(|node| units::secret(table, node, dir));
    Some(read.map(SecretText::new).collect())
}

fn secrets_required(table: &Table<'_>, key: &'static str, dir: &Path) -> Option<Vec<SecretText>> {
    let node = table.required(key)?;
    if node.seq().is_some_and(<[Node]>::is_empty) {
        let expected = "a list of {file: PATH} or {env: NAME}";
        fault_at(table, "C12", node, format!("`{key}` has no secret"), expected);
    }
    secrets(table, key, dir)
}

fn pull(table: &Table<'_>, dir: &Path) -> Option<Input> {
    let url = table.required_text("url").map(str::to_owned);
    let every = units::duration(table, "every");
    let auth = output::auth(table, dir);
    let allow_networks = output::networks(table);
    Some(Input::Pull { url: url?, every, auth: auth?, allow_networks })
}

fn limits(table: &Table<'_>) -> Option<Limits> {
    let quota = table.table("quota", "the quota of a channel")?;
    let per_minute: Option<NonZeroU32> =
        quota.required_number("per_minute", "arrivals a minute for one sender, from 1");
    let burst: Option<NonZeroU32> = quota.number("burst", "arrivals at once, from 1");
    let body_bytes_max = units::size(&quota, "body_bytes_max").unwrap_or(BODY_BYTES_DEFAULT);
    if !(1..=BODY_BYTES_CEILING).contains(&body_bytes_max)
        && let Some(node) = quota.node("body_bytes_max")
    {
        fault_at(&quota, "C08", node, "`body_bytes_max` is out of range".into(), "1B to 256MiB");
    }
    if let (Some(per_minute), Some(burst), Some(node)) = (per_minute, burst, quota.node("burst"))
        && burst > per_minute
    {
        let message = format!("burst ({burst}) is larger than per_minute ({per_minute})");
        fault_at(&quota, "C09", node, message, "at most `per_minute`");
    }
    quota.finish();
    let per_minute = per_minute?;
    Some(Limits { per_minute, burst: burst.unwrap_or(per_minute), body_bytes_max })
}

fn tables(table: &Table<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut tables = BTreeMap::new();
    for (name, entries) in table.entries("tables") {
        if let Some(name) = name.text() {
            tables.insert(name.to_owned(), values(entries.map().unwrap_or_default()));
        }
    }
    tables
}

fn values(entries: &[(Node, Node)]) -> BTreeMap<String, String> {
    let texts = entries.iter().filter_map(|(name, value)| Some((name.text()?, value.text()?)));
    texts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
