//! How a far system signs its webhooks, as plain data.

use codec::yaml::{Node, Table};

/// One scheme. Verified on the raw bytes, before anything is parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The header that holds the signature.
    pub header: String,
    /// How it is made.
    pub algorithm: Algorithm,
    /// How its bytes are written.
    pub encoding: Encoding,
    /// How the header's value holds it.
    pub envelope: Envelope,
    /// What is signed, in order. Empty only if the algorithm is `static`.
    pub over: Vec<Part>,
    /// The time that is signed along, against replays.
    pub timestamp: Option<Stamp>,
    /// How the channel's secret becomes the key.
    pub secret: SecretForm,
}

/// How the signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-1; only for far systems that know no other.
    HmacSha1,
    /// The header holds the secret itself: no proof over the body.
    Static,
}

/// How the signature's bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 4648 section 4.
    Base64,
    /// Lower-case hex.
    Hex,
}

/// How the header's value holds the signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Envelope {
    /// The value is the signature.
    #[default]
    Whole,
    /// The value is this text and the signature (`sha256=…`).
    Prefix(String),
    /// Comma-separated `label=value` pairs; the signature has this label
    /// (`t=…,v1=…`). It may be there more than once.
    Pairs(String),
    /// Space-separated signatures, each after this text (`v1,… v1,…`).
    List(String),
}

/// One part of what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The raw body.
    Body,
    /// The request method, upper case.
    Method,
    /// The full URL as the far system called it.
    Url,
    /// The timestamp's text.
    Timestamp,
    /// The form's fields sorted by name, each name followed by its value.
    SortedForm,
    /// The value of a header.
    Header(String),
    /// A fixed text.
    Text(String),
}

/// The signed time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Where it stands.
    pub from: StampFrom,
    /// How it is written.
    pub unit: StampUnit,
    /// How far it may be from the hub's clock, seconds.
    pub tolerance_s: u32,
}

/// Where a timestamp stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StampFrom {
    /// In a header of its own.
    Header(String),
    /// Under this label in the signature's header.
    Pair(String),
    /// In the JSON body, at this pointer.
    Pointer(String),
}

/// How a timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampUnit {
    /// Seconds since the Unix epoch.
    Seconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// RFC 3339.
    Rfc3339,
}

/// How the channel's secret becomes the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretForm {
    /// Its bytes are the key.
    #[default]
    Text,
    /// Base64 after this prefix (`whsec_`, or nothing).
    Base64 {
        /// The prefix.
        prefix: String,
    },
}

const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("hmac_sha256", Algorithm::HmacSha256),
    ("hmac_sha1", Algorithm::HmacSha1),
    ("static", Algorithm::Static),
];
const ENCODINGS: &[(&str, Encoding)] = &[("base64", Encoding::Base64), ("hex", Encoding::Hex)];
const UNITS: &[(&str, StampUnit)] =
    &[("s", StampUnit::Seconds), ("ms", StampUnit::Milliseconds), ("rfc3339", StampUnit::Rfc3339)];
const PARTS: &[&str] =
    &["body", "method", "url", "timestamp", "sorted_form", "{ header: … }", "{ text: … }"];

/// How far a signed time may be off unless the manifest says.
const TOLERANCE_S_DEFAULT: u32 = 300;

// === impl Signature ===

impl Signature {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let header = table.required_text("header");
        let algorithm = table.required_one_of("algorithm", ALGORITHMS);
        let encoding = table.one_of("encoding", ENCODINGS).unwrap_or(Encoding::Base64);
        let envelope = Envelope::read(&table);
        let over: Vec<Part> =
            table.list("over").iter().filter_map(|node| Part::read(&table, node)).collect();
        let timestamp = table.table("timestamp", "a timestamp").and_then(Stamp::read);
        let base64 = table.text("secret_base64_prefix").map(str::to_owned);
        let secret = base64.map_or(SecretForm::Text, |prefix| SecretForm::Base64 { prefix });
        let hashed = algorithm.is_some_and(|it| it != Algorithm::Static);
        if hashed && !over.contains(&Part::Body) && !over.contains(&Part::SortedForm) {
            table.error("K08", "the signature does not cover the body: `over` lists no `body`");
        }
        if over.contains(&Part::Timestamp) && timestamp.is_none() {
            table.error("K08", "`over` lists the timestamp, but `timestamp` is not declared");
        }
        table.finish();
        Some(Self {
            header: header?.to_owned(),
            algorithm: algorithm?,
            encoding,
            envelope,
            over,
            timestamp,
            secret,
        })
    }
}

// === impl Envelope, Part, Stamp ===

impl Envelope {
    fn read(table: &Table<'_>) -> Self {
        let owned = |it: &str| it.to_owned();
        let prefix = table.text("prefix").map(|it| Self::Prefix(owned(it)));
        let pairs = table.text("label").map(|it| Self::Pairs(owned(it)));
        let list = table.text("list_prefix").map(|it| Self::List(owned(it)));
        let given: Vec<Self> = [prefix, pairs, list].into_iter().flatten().collect();
        if given.len() > 1 {
            table.error("K08", "only one of `prefix`, `label`, `list_prefix` can hold");
        }
        given.into_iter().next().unwrap_or_default()
    }
}

impl Part {
    fn read(table: &Table<'_>, node: &Node) -> Option<Self> {
        let text = |key| node.get(key).and_then(Node::text).map(str::to_owned);
        let part = match node.text() {
            Some("body") => Some(Self::Body),
            Some("method") => Some(Self::Method),
            Some("url") => Some(Self::Url),
            Some("timestamp") => Some(Self::Timestamp),
            Some("sorted_form") => Some(Self::SortedForm),
            Some(_) => None,
            None => text("header").map(Self::Header).or_else(|| text("text").map(Self::Text)),
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
        let header = table.text("header").map(|it| StampFrom::Header(it.to_owned()));
        let label = table.text("label").map(|it| StampFrom::Pair(it.to_owned()));
        let pointer = super::read::pointer(&table, "pointer").map(StampFrom::Pointer);
        let from = header.or(label).or(pointer);
        if from.is_none() {
            table.error("K08", "a timestamp needs `header`, `label` or `pointer`");
        }
        let unit = table.required_one_of("unit", UNITS);
        let tolerance = table.number("tolerance_s", "seconds");
        table.finish();
        Some(Self {
            from: from?,
            unit: unit?,
            tolerance_s: tolerance.unwrap_or(TOLERANCE_S_DEFAULT),
        })
    }
}
