//! How a far system signs its webhooks, as plain data. Serialised, it is what
//! the access room reads as a scheme: the same words, in manifests too.

use codec::yaml::{Node, Table};
use serde::Serialize;

/// One scheme. Verified on the raw bytes, before anything is parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// The header that holds the signature.
    pub header: String,
    /// What stands between several candidates in that header.
    pub splitter: Splitter,
    /// What each candidate starts with: `sha256=`, `v1=`, `v1,`.
    pub label: String,
    /// How it is made.
    pub algorithm: Algorithm,
    /// Must be true for an algorithm that is no longer good practice.
    pub allow_legacy: bool,
    /// How its bytes are written.
    pub encoding: Encoding,
    /// How the channel's secret becomes the key.
    pub key: KeyEncoding,
    /// What is signed, in order. Has the body, once.
    pub parts: Vec<Part>,
    /// The time that is signed along, against replays.
    pub timestamp: Option<Stamp>,
    /// Header with the id under which a redelivery is recognised.
    pub id_header: Option<String>,
}

/// What stands between candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Splitter {
    /// The header is one candidate.
    #[default]
    None,
    /// One space.
    Space,
    /// One comma.
    Comma,
}

/// How the signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HmacSha256,
    /// RFC 8032; the secret is the public key.
    Ed25519,
    /// HMAC with SHA-1. Legacy.
    HmacSha1,
    /// SHA-256 over the secret, then the parts. Legacy.
    Sha256SecretFirst,
}

/// How the signature's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// RFC 4648 section 4.
    Base64,
    /// Lower-case hex.
    Hex,
}

/// How the channel's secret becomes the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEncoding {
    /// Its bytes are the key.
    #[default]
    Raw,
    /// Base64 after this prefix (`whsec_`), which may be empty.
    Base64After(String),
    /// Hex digits.
    Hex,
}

/// One part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The request method, upper case.
    Method,
    /// The URL as registered at the far system.
    RegisteredUrl,
    /// The value of `id_header`.
    Id,
    /// The timestamp, verbatim.
    Timestamp,
    /// The value of any other header.
    Header(String),
    /// A fixed text.
    Literal(String),
    /// The raw body.
    Body,
    /// The form's fields sorted by name, each name followed by its value.
    SortedForm,
}

/// The signed time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamp {
    /// Where it stands.
    pub from: StampFrom,
    /// How it is written.
    pub unit: StampUnit,
    /// How far it may be from the hub's clock, seconds.
    pub tolerance_s: u32,
}

/// Where a timestamp stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampFrom {
    /// In a header of its own.
    Header(String),
    /// In the signature's header, after this label (`t=`).
    Label(String),
    /// In this top-level field of a JSON body.
    BodyField(String),
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampUnit {
    /// Whole seconds since the Unix epoch.
    Seconds,
    /// Whole milliseconds since the Unix epoch.
    Milliseconds,
    /// RFC 3339.
    Rfc3339,
}

const SPLITTERS: &[(&str, Splitter)] =
    &[("none", Splitter::None), ("space", Splitter::Space), ("comma", Splitter::Comma)];
const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("hmac-sha256", Algorithm::HmacSha256),
    ("ed25519", Algorithm::Ed25519),
    ("hmac-sha1", Algorithm::HmacSha1),
    ("sha256-secret-first", Algorithm::Sha256SecretFirst),
];
const ENCODINGS: &[(&str, Encoding)] = &[("base64", Encoding::Base64), ("hex", Encoding::Hex)];
const UNITS: &[(&str, StampUnit)] = &[
    ("seconds", StampUnit::Seconds),
    ("milliseconds", StampUnit::Milliseconds),
    ("rfc3339", StampUnit::Rfc3339),
];
const PARTS: &[&str] = &[
    "body",
    "method",
    "registered-url",
    "id",
    "timestamp",
    "sorted-form",
    "{ header: … }",
    "{ literal: … }",
];

/// How far a signed time may be off unless the manifest says.
const TOLERANCE_S_DEFAULT: u32 = 300;

// === impl Signature ===

impl Signature {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let owned = |key| table.text(key).map(str::to_owned);
        let header = table.required_text("header");
        let splitter = table.one_of("splitter", SPLITTERS).unwrap_or_default();
        let label = owned("label").unwrap_or_default();
        let algorithm = table.required_one_of("algorithm", ALGORITHMS);
        let allow_legacy = table.bool("allow_legacy").unwrap_or(false);
        let encoding = table.required_one_of("encoding", ENCODINGS);
        let key = table.node("key").and_then(|it| KeyEncoding::read(&table, it));
        let parts = table.required("parts").map(|_| table.list("parts")).unwrap_or_default();
        let parts = parts.iter().filter_map(|node| Part::read(&table, node));
        let parts: Vec<Part> = parts.collect();
        let timestamp = table.table("timestamp", "a timestamp").and_then(Stamp::read);
        let id_header = owned("id_header");
        let bodies = parts.iter().filter(|it| matches!(it, Part::Body | Part::SortedForm)).count();
        if bodies != 1 {
            table.error("K08", "the signature must cover the body, once: `parts` needs `body`");
        }
        if parts.contains(&Part::Timestamp) != timestamp.is_some() {
            let message = "`timestamp` is declared and a part, or neither: a time that is not \
                           signed proves nothing";
            table.error("K08", message);
        }
        if parts.contains(&Part::Id) && id_header.is_none() {
            table.error("K08", "`id` is a part, but no `id_header` says where it stands");
        }
        table.finish();
        Some(Self {
            header: header?.to_owned(),
            splitter,
            label,
            algorithm: algorithm?,
            allow_legacy,
            encoding: encoding?,
            key: key.unwrap_or_default(),
            parts,
            timestamp,
            id_header,
        })
    }
}

// === impl KeyEncoding, Part, Stamp ===

impl KeyEncoding {
    fn read(table: &Table<'_>, node: &Node) -> Option<Self> {
        let prefix = node.get("base64-after").and_then(Node::text);
        let found = match (node.text(), prefix) {
            (Some("raw"), _) => Some(Self::Raw),
            (Some("hex"), _) => Some(Self::Hex),
            (None, Some(prefix)) => Some(Self::Base64After(prefix.to_owned())),
            _ => None,
        };
        if found.is_none() {
            let fault = table.faults().new_error("K08", node, "this is not how a key is written");
            table.faults().push(fault.expected("`raw`, `hex` or `{ base64-after: prefix }`"));
        }
        found
    }
}

impl Part {
    fn read(table: &Table<'_>, node: &Node) -> Option<Self> {
        let text = |key| node.get(key).and_then(Node::text).map(str::to_owned);
        let part = match node.text() {
            Some("body") => Some(Self::Body),
            Some("method") => Some(Self::Method),
            Some("registered-url") => Some(Self::RegisteredUrl),
            Some("id") => Some(Self::Id),
            Some("timestamp") => Some(Self::Timestamp),
            Some("sorted-form") => Some(Self::SortedForm),
            Some(_) => None,
            None => text("header").map(Self::Header).or_else(|| text("literal").map(Self::Literal)),
        };
        if part.is_none() {
            let fault = table.faults().new_error("K08", node, "this cannot be signed");
            table.faults().push(fault.expected(format!("one of {}", PARTS.join(", "))));
        }
        part
    }
}

impl Stamp {
    fn read(table: Table<'_>) -> Option<Self> {
        let from = table.required("from").and_then(|node| {
            let text = |key| node.get(key).and_then(Node::text).map(str::to_owned);
            let from = text("header").map(StampFrom::Header);
            let from = from.or_else(|| text("label").map(StampFrom::Label));
            let from = from.or_else(|| text("body-field").map(StampFrom::BodyField));
            if from.is_none() {
                let fault = table.faults().new_error("K08", node, "no place of the timestamp");
                let expected = "`{ header: … }`, `{ label: … }` or `{ body-field: … }`";
                table.faults().push(fault.expected(expected));
            }
            from
        });
        let unit = table.required_one_of("unit", UNITS);
        let tolerance = table.number("tolerance_s", "seconds");
        table.finish();
        let tolerance_s = tolerance.unwrap_or(TOLERANCE_S_DEFAULT);
        Some(Self { from: from?, unit: unit?, tolerance_s })
    }
}
