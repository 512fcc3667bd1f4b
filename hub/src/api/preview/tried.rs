//! What a map makes of a sample. What is told is bounded: a small sample can
//! become very much.

use canon::entry::{Loss, RecordFault};
use codec::{
    layout::Layout,
    rows::{Row, RowFault, Rows},
};
use mapping::{Faulted, FieldTrace, Map, Mapped, RunContext, Scratch, Watch};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// Records of the sample that are run.
const RECORDS_MAX: usize = 20;
/// Bytes of output after which no more records are run.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Fields that are explained, of all records together.
const FIELDS_MAX: usize = 1000;
/// Losses of one record that are told.
const LOSSES_MAX: usize = 100;
/// Characters of a field as it was written.
const WRITTEN_CHARS_MAX: usize = 2000;

/// The bytes that a map is tried on.
pub(super) struct Sample<'a> {
    pub(super) bytes: &'a [u8],
    /// Also say where each field comes from.
    pub(super) explain: bool,
    pub(super) ctx: RunContext<'a>,
}

/// What came of a sample.
#[derive(Debug, Default)]
pub(super) struct AllTried {
    pub(super) records: Vec<Tried>,
    pub(super) records_left_off: u64,
    pub(super) fields_left_off: u64,
    /// Bytes of output so far.
    bytes: usize,
    /// Fields explained so far.
    fields: usize,
}

/// What the map makes of one record.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Tried {
    /// Its number, from 1.
    record: u64,
    /// The output; none when there are faults, or when it is too long to show.
    #[schemars(with = "Option<Value>")]
    data: Option<Box<RawValue>>,
    /// Bytes of an output that is too long to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_long: Option<usize>,
    /// What lossy steps lost.
    losses: Vec<Loss>,
    /// Losses beyond the first hundred.
    #[serde(skip_serializing_if = "Option::is_none")]
    losses_left_off: Option<usize>,
    /// All that is wrong with it, also when it could not be read.
    faults: Vec<RecordFault>,
    /// Where each field comes from, when asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Value>,
}

/// A record of rows, or why it is none.
enum Line<'a> {
    Read(&'a Row),
    Unreadable(&'a RowFault),
}

// === impl Sample ===

impl Sample<'_> {
    /// The first records of the sample, through the map; `layout` is the path of
    /// the layout that it reads rows by.
    ///
    /// # Errors
    /// Why the sample is no file of that layout.
    pub(super) fn tried(
        &self,
        map: &Map,
        layout: Option<&str>,
        files: &dyn mapping::Library,
    ) -> Result<AllTried, String> {
        let mut all = AllTried::default();
        let Some(layout) = layout else {
            let record = self.json(map, &mut all);
            all.records.push(record);
            return Ok(all);
        };
        let text = files.read(layout).ok_or("the layout is gone")?;
        let beside =
            |name: &str| files.read(&mapping::beside(layout, name)).map(|it| it.to_string());
        let layout =
            Layout::parse_among(layout, &text, &beside).map_err(|_| "the layout cannot be read")?;
        let rows = layout.read(self.bytes).map_err(|fault| fault.to_string())?;
        let mut lines: Vec<(u64, Line<'_>)> =
            rows.rows.iter().map(|it| (it.number, Line::Read(it))).collect();
        lines.extend(rows.faults.iter().map(|it| (it.number, Line::Unreadable(it))));
        lines.sort_by_key(|it| it.0);
        for (number, line) in lines.iter().take(RECORDS_MAX) {
            if all.bytes >= ANSWER_BYTES_MAX {
                break;
            }
            let record = match line {
                Line::Read(row) => self.row(map, (&rows, row), &mut all),
                Line::Unreadable(it) => {
                    Tried { record: *number, faults: it.faults.clone(), ..Tried::default() }
                }
            };
            all.records.push(record);
        }
        all.records_left_off = (lines.len() - all.records.len()) as u64;
        Ok(all)
    }

    fn json(&self, map: &Map, all: &mut AllTried) -> Tried {
        if self.explain {
            let explained = all.watch().json(map, self.bytes, &self.ctx);
            return all.told(1, explained.result, (explained.fields, explained.left_off));
        }
        let result = Scratch::of_thread(|scratch| map.run_json(self.bytes, &self.ctx, scratch));
        all.told(1, result, (Vec::new(), 0))
    }

    fn row(&self, map: &Map, (rows, row): (&Rows, &Row), all: &mut AllTried) -> Tried {
        let ctx = RunContext { record: row.number, ..self.ctx };
        if self.explain {
            let explained = all.watch().row(map, (rows, row), &ctx);
            return all.told(row.number, explained.result, (explained.fields, explained.left_off));
        }
        let result = Scratch::of_thread(|scratch| map.run_row(rows, row, &ctx, scratch));
        all.told(row.number, result, (Vec::new(), 0))
    }
}

// === impl AllTried ===

impl AllTried {
    /// What of the next record is explained.
    fn watch(&self) -> Watch<'static> {
        Watch { fields_max: FIELDS_MAX.saturating_sub(self.fields), ..Watch::default() }
    }

    fn told(
        &mut self,
        record: u64,
        result: Result<Mapped, Faulted>,
        (fields, left_off): (Vec<FieldTrace>, u64),
    ) -> Tried {
        self.fields += fields.len();
        self.fields_left_off += left_off;
        let fields = fields.into_iter().filter_map(|it| serde_json::to_value(short(it)).ok());
        let mut tried = Tried { record, fields: fields.collect(), ..Tried::default() };
        match result {
            Ok(mapped) => {
                self.bytes += mapped.data.len();
                tried.losses = mapped.losses;
                let more = tried.losses.len().saturating_sub(LOSSES_MAX);
                tried.losses_left_off = Some(more).filter(|it| *it > 0);
                tried.losses.truncate(LOSSES_MAX);
                if mapped.data.len() > ANSWER_BYTES_MAX {
                    tried.too_long = Some(mapped.data.len());
                } else {
                    let json = String::from_utf8(mapped.data).ok();
                    tried.data = json.and_then(|it| RawValue::from_string(it).ok());
                }
            }
            Err(faulted) => tried.faults = faulted.faults,
        }
        tried
    }
}

/// A field whose value can be a whole list, shortened.
fn short(mut field: FieldTrace) -> FieldTrace {
    if let Some(written) = &mut field.written
        && let Some((cut, _)) = written.char_indices().nth(WRITTEN_CHARS_MAX)
    {
        written.truncate(cut);
        written.push('…');
    }
    field
}
