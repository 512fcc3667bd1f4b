//! A compiled map, ready to run.

use std::str::Utf8Error;

use canon::{entity::Entity, entry::RecordFault};
use codec::rows::{Row, Rows};

use crate::{
    input::{InputFault, rows::RowPlan, scanner},
    language::{
        map_file::MapFile,
        policy::{FaultPolicy, UnknownSource},
    },
    plan::Plan,
    run::{
        Faulted, Mapped, RunContext, Scratch,
        record::{Source, run},
        trace::{Off, Trace},
    },
};

/// Which way a map goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From another system to a canonical entity.
    In,
    /// From a canonical entity to another system.
    Out,
}

/// A compiled map. Immutable; share it by `Arc`.
#[derive(Debug)]
pub struct Map {
    id: String,
    version: u32,
    label: String,
    direction: Direction,
    entity: Option<Entity>,
    needs: Vec<String>,
    pub(crate) plan: Plan,
    rows: Option<RowPlan>,
    unknown_source: UnknownSource,
}

impl Map {
    pub(crate) fn new(
        file: MapFile,
        plan: Plan,
        rows: Option<RowPlan>,
        direction: Direction,
        entity: Option<Entity>,
    ) -> Self {
        Self {
            label: format!("{}@{}", file.id, file.version),
            id: file.id,
            version: file.version,
            direction,
            entity,
            needs: file.needs.into_iter().map(|it| it.name).collect(),
            unknown_source: file.policy.unknown_source,
            plan,
            rows,
        }
    }

    /// Fields of a JSON record that no rule reads, `[]` for elements; nothing
    /// when the map's policy is to ignore them. Shows what a source began to send.
    pub fn unread(&self, bytes: &[u8]) -> Vec<String> {
        let record = serde_json::from_slice(bytes);
        let (Ok(record), UnknownSource::Report) = (record, self.unknown_source) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        self.unread_of(&record, 0, "", &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn unread_of(&self, value: &serde_json::Value, node: u32, path: &str, found: &mut Vec<String>) {
        let trie = &self.plan.trie;
        match value {
            serde_json::Value::Object(members) => {
                for (key, value) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    match trie.find(node, key) {
                        Some(child) => self.unread_of(value, child, &path, found),
                        None => found.push(path),
                    }
                }
            }
            serde_json::Value::Array(items) => {
                if let Some(elements) = trie.node(node).and_then(|it| it.elements) {
                    items.iter().for_each(|item| {
                        self.unread_of(item, elements, &format!("{path}[]"), found)
                    });
                }
            }
            _ => {}
        }
    }

    /// `shopify/order`.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    /// What becomes of a record that it cannot use.
    pub fn fault_policy(&self) -> FaultPolicy {
        self.plan.on_fault
    }

    /// `shopify/order@3`.
    pub fn label(&self) -> &str {
        &self.label
    }

    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The canonical entity on one of its sides.
    pub fn entity(&self) -> Option<Entity> {
        self.entity
    }

    /// What the caller supplies, by name.
    pub fn needs(&self) -> &[String] {
        &self.needs
    }

    /// Whether it reads rows of a layout, not JSON.
    pub fn reads_rows(&self) -> bool {
        self.rows.is_some()
    }

    /// Maps one JSON record.
    ///
    /// # Errors
    /// What is wrong with the record; offsets count from its first byte.
    pub fn run_json(
        &self,
        bytes: &[u8],
        ctx: &RunContext<'_>,
        scratch: &mut Scratch,
    ) -> Result<Mapped, Faulted> {
        self.trace_json(bytes, ctx, scratch, Off).0
    }

    /// Maps one record of a layout.
    ///
    /// # Errors
    /// What is wrong with the record; offsets count from the start of the input.
    pub fn run_row(
        &self,
        rows: &Rows,
        row: &Row,
        ctx: &RunContext<'_>,
        scratch: &mut Scratch,
    ) -> Result<Mapped, Faulted> {
        self.trace_row(rows, row, ctx, (scratch, Off)).0
    }

    pub(crate) fn trace_json<T: Trace>(
        &self,
        bytes: &[u8],
        ctx: &RunContext<'_>,
        scratch: &mut Scratch,
        trace: T,
    ) -> (Result<Mapped, Faulted>, T) {
        let input = match text_of(bytes) {
            Ok(input) => input,
            Err(fault) => {
                let offset = u64::try_from(fault.valid_up_to()).unwrap_or(u64::MAX);
                let fault = InputFault { offset, expected: "UTF-8" };
                return (Err(self.input_fault(bytes, &fault)), trace);
            }
        };
        if let Err(fault) =
            scanner::scan(input, &self.plan.trie, &mut scratch.doc, &mut scratch.keys)
        {
            return (Err(self.input_fault(bytes, &fault)), trace);
        }
        if let Some(fault) = self.no_object(input) {
            return (Err(self.input_fault(bytes, &fault)), trace);
        }
        let source = Source { text: input, verbatim: true, origin: 0 };
        run(&self.plan, &self.label, source, ctx, (scratch, trace))
    }

    /// A record of which fields are read, and that has none.
    #[inline]
    fn no_object(&self, input: &str) -> Option<InputFault> {
        if input.starts_with('{') {
            return None;
        }
        let start = input.find(|c: char| !c.is_ascii_whitespace())?;
        let record = self.plan.trie.node(0)?;
        let fields = !record.children.is_empty() && record.elements.is_none();
        let wrong = fields && input.as_bytes().get(start) != Some(&b'{');
        wrong.then(|| InputFault {
            offset: u64::try_from(start).unwrap_or(u64::MAX),
            expected: "an object: the map reads its fields",
        })
    }

    pub(crate) fn trace_row<T: Trace>(
        &self,
        rows: &Rows,
        row: &Row,
        ctx: &RunContext<'_>,
        (scratch, trace): (&mut Scratch, T),
    ) -> (Result<Mapped, Faulted>, T) {
        let Some(plan) = &self.rows else {
            let fault =
                InputFault { offset: row.offset, expected: "JSON: the map's source is no layout" };
            return (Err(self.input_fault(&[], &fault)), trace);
        };
        plan.fill(&mut scratch.doc, &self.plan.trie, row);
        let source =
            Source { text: &rows.text, verbatim: false, origin: crate::input::rows::origin(row) };
        run(&self.plan, &self.label, source, ctx, (scratch, trace))
    }

    /// A record that is not read at all.
    #[cold]
    fn input_fault(&self, bytes: &[u8], fault: &InputFault) -> Faulted {
        let at = usize::try_from(fault.offset).unwrap_or(usize::MAX);
        Faulted {
            faults: vec![RecordFault {
                field: String::new(),
                offset: Some(fault.offset),
                found: byte_of(bytes.get(at).copied()),
                expected: fault.expected.to_owned(),
                needed_by: Some(self.label.clone()),
                shows: None,
            }],
            policy: self.plan.on_fault,
        }
    }
}

/// What stands where a record cannot be read. Whose data that is nobody knows
/// yet, so no more is told than which sign it is.
fn byte_of(byte: Option<u8>) -> String {
    match byte {
        None => "the end of the record".to_owned(),
        Some(byte) if byte.is_ascii_alphabetic() => "a letter".to_owned(),
        Some(byte) if byte.is_ascii_digit() => "a digit".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
        Some(byte) => format!("byte {byte:02X}"),
    }
}

/// The bytes as text; where they are not UTF-8, the offset.
fn text_of(bytes: &[u8]) -> Result<&str, Utf8Error> {
    // The fast one does not say where.
    simdutf8::basic::from_utf8(bytes).or_else(|_| str::from_utf8(bytes))
}
