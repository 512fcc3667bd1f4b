//! How data comes in: transport, format, proof, and which maps read it.

use codec::yaml::{Node, Table};

use super::{Feed, Predicate, Reply, Signature, output, read};

/// How data comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What brings it.
    pub transport: Transport,
    /// What the bytes are.
    pub format: Format,
    /// Whose interchanges are taken, for layouts of EDI.
    pub parties: Option<Parties>,
    /// What tells kinds of arrivals apart.
    pub topic: Topic,
    /// How the sender signs, for webhooks.
    pub signature: Option<Signature>,
    /// Header that holds a fixed secret, of a sender that cannot sign.
    pub static_header: Option<String>,
    /// Headers whose values recognise a repetition, first present wins. Empty:
    /// only the same source facts collapse.
    pub dedupe_headers: Vec<String>,
    /// What is asked for, when the transport is `pull`.
    pub feeds: Vec<Feed>,
    /// Answers to a pull that mean "slow down", besides the status 429.
    pub throttle: Vec<Reply>,
    /// Answers to a pull with a good status that mean "no".
    pub refused: Vec<Reply>,
    /// Least time between two calls of a pull, milliseconds.
    pub gap_ms: u32,
    /// Kinds of records, first match wins. A record that matches none is set aside.
    pub records: Vec<RecordKind>,
}

/// What brings the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The far system calls `POST /in/{channel}`.
    Webhook,
    /// Files are dropped into a folder.
    Folder,
    /// The hub asks the far system.
    Pull,
    /// The hub makes the data itself, to try things out.
    Generated,
}

/// What the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON document: one record, or the list at this pointer, one record
    /// each. An empty pointer is the document itself being a list.
    Json {
        /// Where the list is; `None`: the document is the record.
        records_at: Option<String>,
    },
    /// One JSON document a line.
    Ndjson,
    /// Rows by a layout: CSV, fixed width.
    Layout {
        /// The layout's file, relative to the package.
        file: String,
    },
}

/// The settings of a channel that say whom an interchange must be from and for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Its sender (ISA06, UNB02).
    pub sender: String,
    /// Its receiver (ISA08, UNB03).
    pub receiver: String,
}

/// What tells kinds of arrivals apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Topic {
    /// Nothing: there is one kind, or predicates tell.
    #[default]
    None,
    /// A header of the request.
    Header(String),
    /// A text of each JSON record, at this pointer.
    Pointer(String),
    /// The feed that was pulled.
    Feed,
}

/// One kind of records.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordKind {
    /// For people and reports.
    pub name: String,
    /// Topics it comes under; empty: any.
    pub topics: Vec<String>,
    /// Conditions that all hold for it.
    pub when: Vec<Predicate>,
    /// Its JSON Schema, relative to the package; rows are described by their layout.
    pub schema: Option<String>,
    /// What reads it. Empty only if the kind says `ignore: true`: such records
    /// are accepted, and nothing comes of them.
    pub maps: Vec<MapUse>,
}

/// One map that reads a kind of records.
#[derive(Clone, Debug, PartialEq)]
pub struct MapUse {
    /// The map's file, relative to the package.
    pub file: String,
    /// Once for each element of this list: a JSON pointer, or a group of the
    /// layout. The map then reads an *element record*: for JSON an object of
    /// `item` (the element) and `record` (all of the record); for rows the
    /// element's fields and the record's in one row.
    pub each: Option<String>,
    /// The layout that describes the element record of rows, relative to the
    /// package: the map's `source`.
    pub each_layout: Option<String>,
    /// Only for these topics of the kind's; empty: any.
    pub topics: Vec<String>,
    /// Only when all these hold; with `each`, for the element record.
    pub when: Vec<Predicate>,
}

#[derive(Clone, Copy, PartialEq)]
enum FormatName {
    Json,
    Ndjson,
    Layout,
}

const FORMATS: &[(&str, FormatName)] =
    &[("json", FormatName::Json), ("ndjson", FormatName::Ndjson), ("layout", FormatName::Layout)];

// === impl Transport ===

impl Transport {
    /// All of them, with their names.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("webhook", Self::Webhook),
        ("folder", Self::Folder),
        ("pull", Self::Pull),
        ("generated", Self::Generated),
    ];

    /// The name in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, it)| *it == self).map_or("webhook", |(name, _)| name)
    }
}

// === impl Input ===

impl Input {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let transport = table.required_one_of("transport", Transport::ALL);
        let format = Format::read(&table);
        let parties = table.table("parties", "`parties`").and_then(Parties::read);
        let topic = table.table("topic", "`topic`").and_then(Topic::read).unwrap_or_default();
        let signature = table.table("signature", "a signature").and_then(Signature::read);
        let static_header = table.text("static_header").map(str::to_owned);
        let dedupe_headers = read::text_or_texts(&table, "dedupe_headers");
        let feeds: Vec<Feed> =
            table.tables("feeds", "a feed").into_iter().filter_map(Feed::read).collect();
        let throttle = output::replies(&table, "throttle");
        let refused = output::replies(&table, "refused");
        let gap_ms = table.number("gap_ms", "milliseconds").unwrap_or(0);
        if !(throttle.is_empty() && refused.is_empty() && gap_ms == 0)
            && transport.is_some_and(|it| it != Transport::Pull)
        {
            let message = "`throttle`, `refused` and `gap_ms` are for the transport `pull`";
            table.error("K03", message);
        }
        let records = table.tables("records", "a kind of records");
        let records: Vec<RecordKind> = records.into_iter().filter_map(RecordKind::read).collect();
        if table.required("records").is_some() && records.is_empty() {
            table.error("K03", "`in` reads no kind of records: `records` is empty");
        }
        match transport {
            Some(Transport::Pull) if feeds.is_empty() => {
                table.error("K03", "a pull needs `feeds`: what to ask for");
            }
            Some(Transport::Webhook | Transport::Folder | Transport::Generated)
                if !feeds.is_empty() =>
            {
                table.error("K03", "`feeds` are for the transport `pull`");
            }
            _ => {}
        }
        let proofs = usize::from(signature.is_some()) + usize::from(static_header.is_some());
        if proofs > 0 && transport.is_some_and(|it| it != Transport::Webhook) {
            table.error("K03", "`signature` and `static_header` are for the transport `webhook`");
        }
        if proofs > 1 {
            table.error("K03", "`static_header` would be a weak way in beside `signature`");
        }
        table.finish();
        let (transport, format) = (transport?, format?);
        Some(Self {
            transport,
            format,
            parties,
            topic,
            signature,
            static_header,
            dedupe_headers,
            feeds,
            throttle,
            refused,
            gap_ms,
            records,
        })
    }

    /// The feed of that name.
    #[must_use]
    pub fn feed(&self, name: &str) -> Option<&Feed> {
        self.feeds.iter().find(|it| it.name == name)
    }
}

// === impl Format, Topic ===

impl Format {
    fn read(table: &Table<'_>) -> Option<Self> {
        let name = table.required_one_of("format", FORMATS);
        let records_at = read::pointer(table, "records_at");
        let layout = read::file(table, "layout");
        if records_at.is_some() && name.is_some_and(|it| it != FormatName::Json) {
            table.error("K03", "`records_at` is for the format `json`");
        }
        match (name?, layout) {
            (FormatName::Layout, None) => {
                table.error("K03", "the format `layout` needs `layout`: its file");
                None
            }
            (FormatName::Layout, Some(file)) => Some(Self::Layout { file }),
            (FormatName::Json | FormatName::Ndjson, Some(_)) => {
                table.error("K03", "`layout` is for the format `layout`");
                None
            }
            (FormatName::Json, None) => Some(Self::Json { records_at }),
            (FormatName::Ndjson, None) => Some(Self::Ndjson),
        }
    }
}

impl Parties {
    fn read(table: Table<'_>) -> Option<Self> {
        let setting = |key| table.required_text(key).map(str::to_owned);
        let (sender, receiver) = (setting("sender"), setting("receiver"));
        table.finish();
        Some(Self { sender: sender?, receiver: receiver? })
    }
}

impl Topic {
    fn read(table: Table<'_>) -> Option<Self> {
        let header = table.text("header").map(|it| Self::Header(it.to_owned()));
        let pointer = read::pointer(&table, "pointer").map(Self::Pointer);
        let feed = table.bool("feed").filter(|it| *it).map(|_| Self::Feed);
        let given: Vec<Self> = [header, pointer, feed].into_iter().flatten().collect();
        if given.len() != 1 {
            table.error("K03", "`topic` needs one of `header`, `pointer`, `feed: true`");
        }
        table.finish();
        given.into_iter().next()
    }
}

// === impl RecordKind, MapUse ===

impl RecordKind {
    fn read(table: Table<'_>) -> Option<Self> {
        let name = read::name(&table, "name");
        let topics = read::text_or_texts(&table, "topics");
        let when = Predicate::read_all(&table);
        let schema = read::file(&table, "schema");
        let maps = table.list("maps").iter().filter_map(|it| MapUse::read(&table, it)).collect();
        let maps: Vec<MapUse> = maps;
        let ignore = table.bool("ignore").unwrap_or(false);
        if ignore == table.node("maps").is_some() {
            table.error("K03", "a kind of records has `maps`, or says `ignore: true`");
        }
        table.finish();
        Some(Self { name: name?, topics, when, schema, maps })
    }
}

impl MapUse {
    /// A file's name alone, or `{ map, topics, when }`.
    fn read(table: &Table<'_>, node: &Node) -> Option<Self> {
        if node.text().is_some() {
            let file = read::file_of(table, node)?;
            let (each, each_layout) = (None, None);
            return Some(Self { file, each, each_layout, topics: Vec::new(), when: Vec::new() });
        }
        let table = Table::open(table.faults(), node, "a map's use")?;
        let file = table.required("map").and_then(|it| read::file_of(&table, it));
        let each = table.text("each").map(str::to_owned);
        let each_layout = read::file(&table, "each_layout");
        let topics = read::text_or_texts(&table, "topics");
        let when = Predicate::read_all(&table);
        table.finish();
        Some(Self { file: file?, each, each_layout, topics, when })
    }
}
