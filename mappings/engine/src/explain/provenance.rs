//! Where a value came from: the bytes of the source, the rule, each step. The
//! same plan runs again over the sealed raw bytes, watched.

use codec::rows::{Row, Rows};
use serde::Serialize;

use crate::{
    input::{Slot, SlotKind},
    map::Map,
    plan::{ExprId, NodeId, op::Place},
    run::{Faulted, Mapped, RunContext, Scratch, trace::Trace},
    value::Value,
};

/// What came of explaining one record.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What the map made of the record.
    pub result: Result<Mapped, Faulted>,
    /// Every field that was written or left out, in order.
    pub fields: Vec<FieldTrace>,
    /// Fields beyond those that were asked for.
    pub left_off: u64,
}

/// Which fields are told: a record of many elements has many.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// Only the field at this target path, with element numbers.
    pub field: Option<&'a str>,
    /// At most so many.
    pub fields_max: usize,
}

/// How one target field came about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldTrace {
    /// Target path with element numbers: `lines[0].net`.
    pub target: String,
    /// JSON as written; `None`: left out.
    pub written: Option<String>,
    /// Values of the source that were read, in order.
    pub reads: Vec<ReadTrace>,
    /// Each step with the value it gave.
    pub steps: Vec<StepTrace>,
    /// Tables asked, with what was looked up: `(payment_state, paid)`.
    pub tables: Vec<(String, String)>,
    /// Values, steps and look-ups beyond the thousand of each that are kept.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_off: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// One value of the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadTrace {
    /// Source path with element numbers.
    pub path: String,
    /// Byte offset in the arrival; `None`: it is not there.
    pub offset: Option<u64>,
    /// Bytes it takes there.
    pub length: u64,
}

/// One step of a pipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepTrace {
    /// The pipe, as it stands in the map.
    pub pipe: String,
    /// The function.
    pub step: String,
    /// The value it gave.
    pub value: String,
}

/// Values read, steps and look-ups that are kept of one field, each.
const KEPT_MAX: usize = 1000;

/// Runs a map over a JSON record and tells how each field came about.
pub fn explain_json(map: &Map, bytes: &[u8], ctx: &RunContext<'_>) -> Explained {
    Watch::default().json(map, bytes, ctx)
}

/// Runs a map over a record of a layout and tells how each field came about.
pub fn explain_row(map: &Map, rows: &Rows, row: &Row, ctx: &RunContext<'_>) -> Explained {
    Watch::default().row(map, (rows, row), ctx)
}

impl Default for Watch<'_> {
    fn default() -> Self {
        Self { field: None, fields_max: usize::MAX }
    }
}

impl Watch<'_> {
    /// Runs a map over a JSON record.
    pub fn json(&self, map: &Map, bytes: &[u8], ctx: &RunContext<'_>) -> Explained {
        let recorder = Recorder::new(map, self, 0);
        let (result, mut recorder) = map.trace_json(bytes, ctx, &mut Scratch::default(), recorder);
        for read in recorder.done.iter_mut().flat_map(|it| &mut it.reads) {
            if let Some(offset) = read.offset {
                let rest = bytes.get(usize::try_from(offset).unwrap_or(usize::MAX)..);
                read.length = token_length(rest.unwrap_or_default());
            }
        }
        Explained { result, fields: recorder.done, left_off: recorder.left_off }
    }

    /// Runs a map over a record of a layout.
    pub fn row(&self, map: &Map, (rows, row): (&Rows, &Row), ctx: &RunContext<'_>) -> Explained {
        let recorder = Recorder::new(map, self, crate::input::rows::origin(row));
        let scratch = &mut Scratch::default();
        let (result, mut recorder) = map.trace_row(rows, row, ctx, (scratch, recorder));
        for read in recorder.done.iter_mut().flat_map(|it| &mut it.reads) {
            read.length = read.offset.and_then(|offset| cell_length(row, offset)).unwrap_or(0);
        }
        Explained { result, fields: recorder.done, left_off: recorder.left_off }
    }
}

impl Explained {
    /// The trace of one field, by its path with element numbers.
    pub fn field(&self, path: &str) -> Option<&FieldTrace> {
        self.fields.iter().find(|it| it.target == path)
    }
}

impl FieldTrace {
    /// As text for a terminal.
    pub fn text(&self) -> String {
        let written = self.written.as_deref().unwrap_or("(left out)");
        let mut text = format!("{} = {written}\n", self.target);
        for read in &self.reads {
            match read.offset {
                Some(offset) => text.push_str(&format!(
                    "  from {} at byte {offset}, {} bytes\n",
                    read.path, read.length
                )),
                None => text.push_str(&format!("  from {}, which is not there\n", read.path)),
            }
        }
        let mut pipe = "";
        for step in &self.steps {
            if step.pipe != pipe {
                pipe = &step.pipe;
                text.push_str(&format!("  {pipe}\n"));
            }
            text.push_str(&format!("    {} -> {}\n", step.step, step.value));
        }
        for (table, key) in &self.tables {
            text.push_str(&format!("  table {table} was asked for {key:?}\n"));
        }
        if self.left_off > 0 {
            text.push_str(&format!("  and {} values and steps more\n", self.left_off));
        }
        text
    }
}

/// Watches a run and keeps what it sees by field.
struct Recorder<'m> {
    map: &'m Map,
    watch: &'m Watch<'m>,
    origin: u64,
    open: Vec<FieldTrace>,
    /// Element numbers of the written lists that are open.
    elements: Vec<usize>,
    done: Vec<FieldTrace>,
    left_off: u64,
}

impl<'m> Recorder<'m> {
    fn new(map: &'m Map, watch: &'m Watch<'m>, origin: u64) -> Self {
        let (open, elements, done) = (Vec::new(), Vec::new(), Vec::new());
        Self { map, watch, origin, open, elements, done, left_off: 0 }
    }

    /// The field that is being written, when it will be told.
    fn told(&mut self) -> Option<&mut FieldTrace> {
        let full = self.done.len() >= self.watch.fields_max;
        let wanted = self.watch.field;
        let open = self.open.last_mut().filter(|_| !full)?;
        wanted.is_none_or(|it| it == open.target).then_some(open)
    }

    /// `lines[].net` with the numbers of the open elements.
    fn numbered(&self, path: &str) -> String {
        let mut parts = path.split("[]");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (index, part) in parts.enumerate() {
            match self.elements.get(index) {
                Some(number) => text.push_str(&format!("[{number}]")),
                None => text.push_str("[]"),
            }
            text.push_str(part);
        }
        text
    }
}

/// Keeps what came first and what came last; how many were left off.
fn keep<I>(list: &mut Vec<I>, item: I) -> u64 {
    let full = list.len() >= KEPT_MAX;
    if full {
        list.pop();
    }
    list.push(item);
    u64::from(full)
}

impl Trace for Recorder<'_> {
    fn step(&mut self, expr: ExprId, step: usize, _value: Value, shown: impl FnOnce() -> String) {
        let expr = self.map.plan.expr(expr);
        let (Some(field), Some(expr)) = (self.told(), expr) else { return };
        let step = StepTrace {
            pipe: expr.text.to_string(),
            step: expr.names.get(step).copied().unwrap_or_default().to_owned(),
            value: shown(),
        };
        field.left_off += keep(&mut field.steps, step);
    }

    fn read(&mut self, _place: &Place, path: impl FnOnce() -> String, slot: Slot) {
        let there = slot.kind != SlotKind::Missing;
        let offset = there.then(|| self.origin.saturating_add(u64::from(slot.at)));
        let Some(field) = self.told() else { return };
        field.left_off += keep(&mut field.reads, ReadTrace { path: path(), offset, length: 0 });
    }

    fn table(&mut self, table: u32, key: &str) {
        let plan = &self.map.plan;
        let name = plan.tables.get(table as usize).map_or("", |it| it.name.as_str());
        if let Some(field) = self.told() {
            field.left_off += keep(&mut field.tables, (name.to_owned(), key.to_owned()));
        }
    }

    fn enter(&mut self, path: impl FnOnce() -> String) {
        let target = self.numbered(&path());
        self.open.push(FieldTrace { target, ..FieldTrace::default() });
    }

    fn leave(&mut self, written: Option<&[u8]>) {
        let wanted = self.told().is_some();
        let Some(mut field) = self.open.pop() else { return };
        if wanted {
            field.written = written.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            self.done.push(field);
        } else {
            self.left_off += 1;
        }
    }

    fn node(&mut self, _node: NodeId) {}

    fn list_begin(&mut self) {
        self.elements.push(0);
    }

    fn element(&mut self, index: usize) {
        if let Some(last) = self.elements.last_mut() {
            *last = index;
        }
    }

    fn list_end(&mut self) {
        self.elements.pop();
    }
}

/// Bytes of the JSON value at the start of `rest`; of an object or a list only
/// its bracket.
fn token_length(rest: &[u8]) -> u64 {
    let length = match rest.first() {
        Some(b'"') => {
            let mut escaped = false;
            let end = rest.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |at| at + 2)
        }
        Some(b'{' | b'[') => 1,
        _ => rest.iter().position(|b| b",]} \n\r\t".contains(b)).unwrap_or(rest.len()),
    };
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Bytes of the cell at that offset of the input.
fn cell_length(row: &Row, offset: u64) -> Option<u64> {
    let own = row.cells.iter().find(|cell| cell.offset == offset && cell.end > cell.start);
    own.map(|cell| u64::from(cell.length))
        .or_else(|| row.groups.iter().flatten().find_map(|row| cell_length(row, offset)))
}
