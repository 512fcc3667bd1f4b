//! A package, compiled and ready to run: bytes in, canonical events out, and
//! back.

use canon::{
    clock::Timestamp,
    entity::{Action, Entity},
    entry::{Interchange, Loss, RecordFault},
};
pub use codec::layout::{Acknowledged, Reused};
use codec::{
    diagnostic::Diagnostic,
    layout::{Layout, Written},
    rows::{Row, Rows},
};

use mapping::{Faulted, Map, Mapped, RunContext, Scratch};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    decode::{Decoded, Record, RecordBody, Undecodable},
    files::Files,
    load::{Element, Loader, Parts},
    manifest::{Format, Manifest, MapUse, Operation, Topic},
    run::Run,
    select::{Seen, Unusable, document, element_row, scalar},
};

/// What an installation adds to a package.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Code tables in place of the package's, by name: from, to.
    pub tables: BTreeMap<String, BTreeMap<String, String>>,
}

/// A package, compiled.
pub struct Package {
    pub(crate) parts: Parts,
    maps: BTreeMap<String, Arc<Map>>,
}

/// A file that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it is, with its character set where it is text.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// Characters that its set does not have, and what is in it instead.
    pub substitutions: Vec<Loss>,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The layout cannot write it, whatever is done about characters.
    Faulty(Vec<RecordFault>),
    /// Nothing but characters that its set does not have.
    Unwritable {
        /// Each with its field.
        faults: Vec<RecordFault>,
        /// It waits for an operator, and is written with others in their place when
        /// it is released; else it is refused.
        quarantined: bool,
    },
}

/// One event that a record became, and the map that made it.
#[derive(Clone, Debug)]
pub struct Made<'p> {
    /// The map.
    pub map: &'p Map,
    /// What it made.
    pub mapped: Mapped,
}

/// A record that was recognised, fits its schema, and is ready to be mapped.
#[derive(Clone, Debug)]
pub struct Chosen<'p> {
    /// The name of its kind.
    pub kind: &'p str,
    /// The maps that read it, in the manifest's order. Empty: nothing of it is
    /// for the hub.
    pub maps: Vec<&'p MapUse>,
}

// === impl Package ===

impl Package {
    /// Reads `packages/{name}/…` and compiles all of it.
    ///
    /// # Errors
    /// Every fault of every file of the package.
    pub fn load(name: &str, files: &dyn Files, options: &Options) -> Result<Self, Vec<Diagnostic>> {
        let mut loader = Loader::new(name, files);
        let Some(mut parts) = loader.parts() else { return Err(loader.faults) };
        let maps = loader.maps(&parts.manifest, options);
        if loader.has_errors() {
            return Err(loader.faults);
        }
        parts.warnings = loader.faults;
        Ok(Self { parts, maps })
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.parts.manifest
    }

    /// What is not wrong, but probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.parts.warnings
    }

    /// Bytes to records. `feed` is the feed that was pulled.
    ///
    /// # Errors
    /// When nothing in the bytes can be trusted. One bad record among good ones
    /// is in [`Decoded::unreadable`] instead.
    pub fn decode(&self, feed: Option<&str>, bytes: &[u8]) -> Result<Decoded, Undecodable> {
        let Some(input) = &self.parts.manifest.input else { return Ok(Decoded::default()) };
        let of_feed = feed.and_then(|it| input.feed(it)).and_then(|it| it.records_at.as_deref());
        match (&input.format, &self.parts.layout) {
            (Format::Json { records_at }, _) => {
                Decoded::json(bytes, of_feed.or(records_at.as_deref()))
            }
            (Format::Ndjson, _) => Decoded::ndjson(bytes),
            (Format::Layout { .. }, Some(layout)) => Decoded::rows(bytes, layout),
            (Format::Layout { .. }, None) => Ok(Decoded::default()),
        }
    }

    /// What a map rendered as a file of the operation's layout; `None` for
    /// operations that send something else. `released`: an operator has seen that
    /// some characters of it cannot be written, and wants it sent all the same.
    ///
    /// # Errors
    /// Everything that the layout cannot write.
    pub fn write(
        &self,
        operation: &Operation,
        rendered: &[u8],
        released: bool,
    ) -> Result<Option<Sent>, Unsent> {
        let file = operation.layout.as_ref();
        let Some(layout) = file.and_then(|it| self.parts.outputs.get(it)) else { return Ok(None) };
        let rows = Rows::from_json(layout.shape(), rendered).map_err(Unsent::Faulty)?;
        let quarantined = layout.writing().quarantine;
        let sent = |it: Written| {
            let substitutions = layout.losses(&it);
            let own = || layout.content_type();
            let media_type = operation.media_type.clone().unwrap_or_else(own);
            Sent { media_type, bytes: it.bytes, substitutions }
        };
        let faults = match layout.write(&rows, &layout.writing().policy) {
            Ok(it) => return Ok(Some(sent(it))),
            Err(records) => records.into_iter().flat_map(|it| it.faults).collect(),
        };
        match layout.write_replacing(&rows) {
            Ok(it) if quarantined && released => Ok(Some(sent(it))),
            Ok(_) => Err(Unsent::Unwritable { faults, quarantined }),
            Err(_) => Err(Unsent::Faulty(faults)),
        }
    }

    /// The answer to bytes that came in, where the format has one: what was
    /// accepted of them. See [`Layout::acknowledge`].
    #[must_use]
    pub fn acknowledge(
        &self,
        bytes: &[u8],
        refused: bool,
        at: Timestamp,
        controls: &[u64],
    ) -> Option<Acknowledged> {
        self.parts.layout.as_ref()?.acknowledge(bytes, refused, at, controls)
    }

    /// The interchanges of EDI in bytes that came in. See [`Layout::interchanges`].
    #[must_use]
    pub fn interchanges(&self, bytes: &[u8]) -> Vec<Interchange> {
        self.parts.layout.as_ref().map(|it| it.interchanges(bytes)).unwrap_or_default()
    }

    /// What becomes of interchanges whose numbers came before with other content.
    #[must_use]
    pub fn reused_control(&self) -> Reused {
        self.parts.layout.as_ref().map(Layout::reused_control).unwrap_or_default()
    }

    /// Whether what comes in is answered by an acknowledgement.
    #[must_use]
    pub fn acknowledges(&self) -> bool {
        self.parts.layout.as_ref().is_some_and(Layout::is_edi)
    }

    /// Which kind a record is and which maps read it; checks it against its
    /// schema. `label` is what the topic's header says, or the feed's name.
    ///
    /// # Errors
    /// `unknown-record` when it is of no kind, `schema-mismatch` when it does
    /// not fit its schema.
    pub fn choose(&self, label: Option<&str>, record: &Record<'_>) -> Result<Chosen<'_>, Unusable> {
        let document = document(record.body)?;
        let seen = match (record.body, &document, &self.parts.layout) {
            (RecordBody::Row(rows, row), _, Some(layout)) => {
                Seen::Row { rows, row, shape: layout.shape() }
            }
            (_, Some(document), _) => Seen::Json(document),
            (_, None, _) => return Err(Unusable { code: "unknown-record", faults: Vec::new() }),
        };
        let input = self.parts.manifest.input.as_ref();
        let topic = match (input.map(|it| &it.topic), &document) {
            (Some(Topic::Pointer(pointer)), Some(document)) => {
                document.pointer(pointer).and_then(scalar)
            }
            _ => label.map(str::to_owned),
        };
        let topic = topic.as_deref();
        let mut kinds = input.into_iter().flat_map(|it| &it.records);
        let Some(kind) = kinds.find(|it| it.fits(topic, &seen)) else {
            return Err(unknown_record(topic, input.map(|it| &it.topic)));
        };
        let schema = kind.schema.as_ref().and_then(|it| self.parts.schemas.get(it));
        if let (Some(schema), Some(document)) = (schema, &document) {
            let faults = schema.check(document);
            if !faults.is_empty() {
                return Err(Unusable { code: "schema-mismatch", faults });
            }
        }
        let maps = kind.maps.iter().filter(|it| it.reads(topic, &seen)).collect();
        Ok(Chosen { kind: &kind.name, maps })
    }

    /// Runs the maps that were chosen for a record: every event it becomes, in
    /// the manifest's order. Offsets in faults count from the start of the bytes.
    ///
    /// # Errors
    /// The faults of the first map that cannot read it: a record becomes all
    /// of its events or none.
    pub fn run<'p>(
        &'p self,
        chosen: &Chosen<'p>,
        record: &Record<'_>,
        ctx: &RunContext<'_>,
        scratch: &mut Scratch,
    ) -> Result<Vec<Made<'p>>, Faulted> {
        let mut made = Vec::with_capacity(chosen.maps.len());
        for used in &chosen.maps {
            let Some(map) = self.maps.get(&used.file) else { continue };
            let mut run = Run { map, ctx, scratch: &mut *scratch };
            match (&used.each, record.body) {
                (None, RecordBody::Json(text)) => made.push(run.json(text, record.offset)?),
                (None, RecordBody::Row(rows, row)) => made.push(run.row(rows, row)?),
                (Some(each), RecordBody::Json(text)) => {
                    made.extend(run.elements(text, each, &used.when)?);
                }
                (Some(each), RecordBody::Row(rows, row)) => {
                    made.extend(self.element_rows(run, (rows, row), each, used)?);
                }
            }
        }
        Ok(made)
    }

    /// The events of each row in a group of a record.
    fn element_rows<'p>(
        &'p self,
        mut run: Run<'p, '_>,
        (rows, row): (&Rows, &Row),
        each: &str,
        used: &MapUse,
    ) -> Result<Vec<Made<'p>>, Faulted> {
        let Some(element) = self.element(used) else { return Ok(Vec::new()) };
        let group = self.parts.layout.as_ref().and_then(|it| it.shape().group(each));
        let lines = group.and_then(|it| row.groups.get(it)).map(Vec::as_slice).unwrap_or_default();
        let mut made = Vec::new();
        for line in lines {
            let line = element_row(&element.from, row, line);
            let seen = Seen::Row { rows, row: &line, shape: element.layout.shape() };
            if seen.holds(&used.when) {
                made.push(run.row(rows, &line)?);
            }
        }
        Ok(made)
    }

    /// The layout of its files, if they are rows.
    #[must_use]
    pub fn layout(&self) -> Option<&Layout> {
        self.parts.layout.as_ref()
    }

    /// The element records of rows that a map reads, if it does.
    pub(crate) fn element(&self, used: &MapUse) -> Option<&Element> {
        let key = (used.each.clone()?, used.each_layout.clone()?);
        self.parts.elements.get(&key)
    }

    /// The compiled map of that file.
    #[must_use]
    pub fn map(&self, file: &str) -> Option<&Arc<Map>> {
        self.maps.get(file)
    }

    /// All maps with their files.
    pub fn maps(&self) -> impl Iterator<Item = (&str, &Arc<Map>)> {
        self.maps.iter().map(|(file, map)| (file.as_str(), map))
    }

    /// The operations that may carry an event, in the manifest's order: the
    /// first that [`suits`](Operation::suits) does.
    pub fn operations_for(
        &self,
        entity: Entity,
        action: Action,
        data: &Value,
    ) -> impl Iterator<Item = &Operation> {
        let operations = self.parts.manifest.output.iter().flat_map(|it| &it.operations);
        operations.filter(move |it| it.carries(entity, action) && Seen::Json(data).holds(&it.when))
    }
}

impl Unsent {
    /// All that is wrong.
    #[must_use]
    pub fn faults(&self) -> &[RecordFault] {
        match self {
            Self::Faulty(faults) | Self::Unwritable { faults, .. } => faults,
        }
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Manifest { name, version, .. } = &self.parts.manifest;
        f.debug_struct("Package").field("name", name).field("version", version).finish()
    }
}

fn unknown_record(topic: Option<&str>, source: Option<&Topic>) -> Unusable {
    let field = match source {
        Some(Topic::Header(name)) => name.clone(),
        Some(Topic::Pointer(pointer)) => pointer.clone(),
        Some(Topic::None | Topic::Feed) | None => String::new(),
    };
    let fault = RecordFault {
        field,
        offset: None,
        found: topic.map_or_else(|| "no topic".to_owned(), crate::schema::shorten),
        expected: "a record of a kind that the package names".to_owned(),
        needed_by: None,
        shows: None,
    };
    Unusable { code: "unknown-record", faults: vec![fault] }
}
