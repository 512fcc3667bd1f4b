//! Writes rows as a layout says: the inverse of reading. Trailers' counts and
//! totals are computed, never taken over.

use std::borrow::Cow;

use canon::entry::{Loss, RecordFault};

mod around;

use around::Edges;

use super::{
    Layout,
    assemble::totals,
    cell, edi, form,
    heading::headed,
    model::{Column, Csv, Ends, Fixed, Format, Framing, Kind, Mark, Quoting, Role, Rule, Slot},
    read_fixed::frame,
    text, xml,
};
use crate::{
    charset::{Policy, Substitution, Unwritable},
    rows::{Row, RowFault, Rows},
};

/// A written file, and what had to be changed in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub bytes: Vec<u8>,
    /// Record number, field, and the character that was replaced.
    pub changes: Vec<(u64, String, Substitution)>,
    /// Records that are not in it, since they cannot be written.
    pub set_aside: Vec<RowFault>,
}

impl Layout {
    /// What was changed in a written file, as it is kept.
    pub fn losses(&self, written: &Written) -> Vec<Loss> {
        let step = self.profile.charset.name();
        let loss = |(record, field, it): &(u64, String, Substitution)| Loss {
            record: *record,
            field: field.clone(),
            step: step.to_owned(),
            before: it.before.clone(),
            after: it.after.clone(),
        };
        written.changes.iter().map(loss).collect()
    }

    /// Writes with every character replaced that the set does not have.
    ///
    /// # Errors
    /// As [`Layout::write`].
    pub fn write_replacing(&self, rows: &Rows) -> Result<Written, Vec<RowFault>> {
        self.write(rows, &self.writing.replacing(&self.profile))
    }

    /// Writes a whole file as the layout's own `write` says: what cannot be
    /// written is refused, replaced, or set aside with its record. Counts and
    /// totals are those of the records that are written.
    ///
    /// # Errors
    /// As [`Layout::write`]; where records are set aside, only what is of no record.
    pub fn write_as_said(&self, rows: &Rows) -> Result<Written, Vec<RowFault>> {
        let policy = &self.writing.policy;
        let faults = match self.write(rows, policy) {
            Err(faults) if self.writing.quarantine => faults,
            result => return result,
        };
        let (mut others, mut set_aside) = (rows.clone(), faults);
        let mut count = usize::MAX;
        while others.rows.len() < count {
            count = others.rows.len();
            let is_bad = |row: &Row| set_aside.iter().any(|it| it.number == row.number);
            others.rows.retain(|row| !is_bad(row));
            // Another record may be the last one now, and look like a footer.
            match self.write(&others, policy) {
                Ok(written) => return Ok(Written { set_aside, ..written }),
                Err(more) => set_aside.extend(more),
            }
            set_aside.sort_by_key(|it| it.number);
        }
        Err(set_aside)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// Every record that cannot be written, with all its faults; offsets are
    /// those of `rows`.
    pub fn write(&self, rows: &Rows, policy: &Policy) -> Result<Written, Vec<RowFault>> {
        if let Format::Xml(xml) = &self.format {
            return xml::write(self, xml, rows, policy);
        }
        if let Format::Xlsx(_) = self.format {
            let faults = vec![RecordFault {
                field: String::new(),
                offset: None,
                found: "an XLSX layout".to_owned(),
                expected: "a layout that is written: workbooks are only read".to_owned(),
                needed_by: None,
                shows: None,
            }];
            return Err(vec![RowFault { number: 0, offset: 0, length: 0, faults }]);
        }
        if let Format::Edi(edi) = &self.format {
            return edi::write(self, edi, rows);
        }
        if let Format::Form(form) = self.format {
            return form::write(self, form, rows, policy);
        }
        let (out, faults) = (Written::default(), Vec::new());
        let mut writer =
            Writer { layout: self, rows, policy, out, faults, edges: Edges::default() };
        writer.file();
        if writer.faults.is_empty() { Ok(writer.out) } else { Err(writer.faults) }
    }
}

struct Writer<'a> {
    layout: &'a Layout,
    rows: &'a Rows,
    policy: &'a Policy,
    out: Written,
    faults: Vec<RowFault>,
    edges: Edges,
}

/// Where the texts of a line come from.
#[derive(Clone, Copy)]
struct From<'a> {
    head: Option<&'a Row>,
    line: Option<&'a Row>,
}

impl Writer<'_> {
    fn file(&mut self) {
        let (layout, rows) = (self.layout, self.rows);
        self.out.bytes.extend_from_slice(layout.profile.bom_to_write());
        if let Format::Csv(csv) = &layout.format {
            self.header(csv);
        }
        let first = From { head: rows.rows.first(), line: None };
        self.by_role(|role| *role == Role::File, first);
        for row in &rows.rows {
            let head = From { head: Some(row), line: None };
            self.by_role(|role| matches!(role, Role::Record | Role::Header), head);
            for (group, lines) in row.groups.iter().enumerate() {
                for line in lines {
                    let from = From { head: Some(row), line: Some(line) };
                    let of_group = |role: &Role| match role {
                        Role::Keyed { group: it, .. } | Role::Detail { group: it } => *it == group,
                        _ => false,
                    };
                    self.by_role(of_group, from);
                }
            }
            self.by_role(|role| *role == Role::Footer, head);
        }
        self.by_role(|role| *role == Role::Trailer, From { head: None, line: None });
        if let Format::Csv(csv) = &layout.format {
            self.look_around(csv);
        }
        let mark = match &layout.format {
            Format::Csv(csv) => csv.eof_mark,
            Format::Fixed(fixed) => fixed.eof_mark,
            Format::Xml(_) | Format::Xlsx(_) | Format::Edi(_) | Format::Form(_) => Mark::Refused,
        };
        if mark == Mark::Required {
            self.out.bytes.push(0x1A);
        }
        if let Format::Fixed(Fixed { framing: Some(Framing::Blocked { block_bytes }), .. }) =
            &layout.format
        {
            self.out.bytes = frame::blocked(&self.out.bytes, *block_bytes);
        }
    }

    /// Writes a line of each kind with such a role.
    fn by_role(&mut self, wanted: impl Fn(&Role) -> bool, from: From<'_>) {
        let layout = self.layout;
        for kind in &layout.kinds {
            if wanted(&kind.role) {
                self.line(kind, from);
            }
        }
    }

    fn header(&mut self, csv: &Csv) {
        let (encoding, mut changes) = ((&self.layout.profile, self.policy), Vec::new());
        let line = text::header(csv, headed(self.layout), |name| {
            text::replaced(encoding, name.to_owned(), &mut changes).map_err(|it| it.to_string())
        });
        self.out.changes.extend(changes.into_iter().map(|it| (0, String::new(), it)));
        let line = line.map_err(|expected| RecordFault {
            field: String::new(),
            offset: None,
            found: "the name of a column in the header".to_owned(),
            expected,
            needed_by: None,
            shows: None,
        });
        let line = line.and_then(|it| self.encode(&it, "").map(|()| it));
        match line {
            Ok(line) => self.look_at_header(csv, line),
            Err(fault) => self.of_no_record(fault),
        }
    }

    fn line(&mut self, kind: &Kind, from: From<'_>) {
        let layout = self.layout;
        let start = self.out.bytes.len();
        let faults = match &layout.format {
            Format::Csv(csv) => self.csv_line(csv, kind, from),
            Format::Fixed(fixed) => self.fixed_line(fixed, kind, from),
            Format::Xml(_) | Format::Xlsx(_) | Format::Edi(_) | Format::Form(_) => Vec::new(),
        };
        if faults.is_empty() {
            return;
        }
        self.out.bytes.truncate(start);
        let row = from.head.cloned().unwrap_or_default();
        let Row { number, offset, length, .. } = row;
        match self.faults.last_mut().filter(|it| it.number == number) {
            Some(last) => last.faults.extend(faults),
            None => self.faults.push(RowFault { number, offset, length, faults }),
        }
    }

    fn csv_line(&mut self, csv: &Csv, kind: &Kind, from: From<'_>) -> Vec<RecordFault> {
        let number = from.head.map_or(0, |it| it.number);
        let delimiter = char::from(csv.delimiter).to_string();
        let (mut faults, mut line) = (Vec::new(), String::new());
        for (index, column) in kind.columns.iter().enumerate() {
            let value = self.value(kind, index, from);
            let separator = if index > 0 { delimiter.as_str() } else { "" };
            let result = self.csv_cell((csv, kind), column, &value, number).and_then(|text| {
                let from = line.len();
                line.push_str(separator);
                line.push_str(&text);
                self.encode(line.get(from..).unwrap_or_default(), &column.field.name)
            });
            faults.extend(result.err());
        }
        if faults.is_empty() {
            self.edges.pass(kind, from.head, line);
        }
        faults.extend(self.encode(&text::csv_end(csv), "").err());
        faults
    }

    /// A cell with its quotes, of characters that the set has.
    fn csv_cell(
        &mut self,
        (csv, kind): (&Csv, &Kind),
        column: &Column,
        value: &str,
        number: u64,
    ) -> Result<String, RecordFault> {
        let fault = |expected: String| cell::fault(column, (0, 0), value, expected);
        let encoding = (&self.layout.profile, self.policy);
        let plain = text::plain(column, value).map_err(fault)?;
        let mut changes = Vec::new();
        let plain = text::replaced(encoding, plain, &mut changes)
            .map_err(|it| unwritable(&column.field.name, &it))?;
        text::fits(column, &plain).map_err(fault)?;
        // An empty line would be passed over, and the record with it.
        let vanishes = plain.is_empty() && csv.skip_blank && kind.columns.len() == 1;
        let quoting = column.quoting.unwrap_or(csv.quoting);
        let quoting = if vanishes { Quoting::Always } else { quoting };
        let text = text::quoted(csv, quoting, plain).map_err(fault)?;
        if vanishes && text.is_empty() {
            return Err(fault("a text: an empty line is no record".to_owned()));
        }
        let changes = changes.into_iter().map(|it| (number, column.field.name.clone(), it));
        self.out.changes.extend(changes);
        Ok(text)
    }

    fn fixed_line(&mut self, fixed: &Fixed, kind: &Kind, from: From<'_>) -> Vec<RecordFault> {
        let number = from.head.map_or(0, |it| it.number);
        let values: Vec<String> =
            (0..kind.columns.len()).map(|it| self.value(kind, it, from)).collect();
        let value = |it: usize| Cow::Borrowed(values.get(it).map_or("", String::as_str));
        let (encoding, mut changes) = ((&self.layout.profile, self.policy), Vec::new());
        let bytes = &mut self.out.bytes;
        let start = bytes.len();
        if fixed.framing.is_some() {
            frame::open(bytes);
        }
        let failed = text::record(encoding, kind, value, bytes, &mut changes);
        if let Some(framing) = fixed.framing {
            frame::close(framing, bytes, start);
        }
        let faults = failed.into_iter().filter_map(|(index, expected)| {
            Some(cell::fault(kind.columns.get(index)?, (0, 0), &value(index), expected))
        });
        let faults = faults.collect();
        self.out.changes.extend(changes.into_iter().filter_map(|(index, it)| {
            Some((number, kind.columns.get(index)?.field.name.clone(), it))
        }));
        let end = fixed.ends.map_or("", Ends::written);
        self.out.bytes.extend_from_slice(end.as_bytes());
        faults
    }

    /// Writes what has only characters of the set.
    fn encode(&mut self, text: &str, field: &str) -> Result<(), RecordFault> {
        let (profile, exact) = (&self.layout.profile, Policy::exact());
        let bytes = &mut self.out.bytes;
        profile.encode(text, &exact, bytes, &mut Vec::new()).map_err(|it| unwritable(field, &it))
    }

    /// The text of a column: from the record, or what the layout itself knows.
    fn value(&self, kind: &Kind, index: usize, from: From<'_>) -> String {
        let Some(column) = kind.columns.get(index) else { return String::new() };
        let text = |row: Option<&Row>, slot| {
            row.map(|it| self.rows.cell(it, slot)).unwrap_or_default().to_owned()
        };
        let check = kind.checks.iter().find(|it| it.column == index);
        if let Some(check) = check.filter(|_| matches!(kind.role, Role::File | Role::Trailer)) {
            return totals::decimal(self.counted(check.rule));
        }
        match column.slot {
            Slot::Head(slot) => return text(from.head, slot),
            Slot::Line(slot) => return text(from.line, slot),
            Slot::None => {}
        }
        column.constant.clone().unwrap_or_default()
    }

    /// How many lines of a kind are written, even if they are still to come.
    fn lines(&self, kind: usize) -> i128 {
        let rows = &self.rows.rows;
        let count = match self.layout.kinds.get(kind).map(|it| &it.role) {
            Some(Role::Record | Role::Header | Role::Footer) => rows.len(),
            Some(Role::Keyed { group, .. } | Role::Detail { group }) => {
                rows.iter().filter_map(|it| it.groups.get(*group)).map(Vec::len).sum()
            }
            Some(Role::File | Role::Trailer) => 1,
            Some(Role::Ignored) | None => 0,
        };
        i128::try_from(count).unwrap_or(0)
    }

    /// What a header, footer or trailer states, in billionths.
    fn counted(&self, rule: Rule) -> i128 {
        const ONE: i128 = 1_000_000_000;
        let (kind, column) = match rule {
            Rule::CountRecords => {
                return i128::try_from(self.rows.rows.len()).unwrap_or(0) * ONE;
            }
            Rule::Count { kind } => return self.lines(kind) * ONE,
            Rule::Sum { kind, column } => (self.layout.kinds.get(kind), column),
        };
        let Some((kind, slot)) = kind.and_then(|it| Some((it, it.columns.get(column)?.slot)))
        else {
            return 0;
        };
        let amount = |row: &Row, slot| cell::number::nano(self.rows.cell(row, slot)).unwrap_or(0);
        self.rows
            .rows
            .iter()
            .map(|row| {
                let lines = kind.group().and_then(|it| row.groups.get(it));
                let lines = lines.map(Vec::as_slice).unwrap_or_default();
                match slot {
                    Slot::Line(slot) => lines.iter().map(|it| amount(it, slot)).sum(),
                    // A keyed record's own amount stands in each of its lines.
                    Slot::Head(slot) if kind.group().is_some() => {
                        amount(row, slot) * i128::try_from(lines.len()).unwrap_or(0)
                    }
                    Slot::Head(slot) => amount(row, slot),
                    Slot::None => 0,
                }
            })
            .sum()
    }
}

fn unwritable(field: &str, fault: &Unwritable) -> RecordFault {
    RecordFault {
        field: field.to_owned(),
        offset: None,
        found: format!("U+{:04X}", u32::from(fault.found)),
        expected: format!("characters of {}", fault.charset),
        needed_by: None,
        shows: None,
    }
}
