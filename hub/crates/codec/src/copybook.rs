//! COBOL copybooks as layouts: the record that a program writes, read from the
//! program's own description. What a layout cannot say is a fault, and what is
//! left out is a warning; nothing is guessed.

mod item;
mod picture;
mod words;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use crate::{
    charset::Charset,
    diagnostic::{Diagnostic, Place},
};
use item::{Item, Sign, Usage};
use picture::Picture;

/// Columns of a record; an `OCCURS` makes many.
const COLUMNS_MAX: usize = 5_000;

/// Digits without a sign from which on they are taken as a code.
const CODE_DIGITS_MIN: usize = 8;
const CODE: &str =
    "  # a code: leading zeros stay. A number would be type: integer, negative: refused";
const NUMBER: &str =
    "  # a number: maps see no leading zeros. A code would have neither type nor negative";

/// What a copybook does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    /// The layout's own name.
    pub layout: &'a str,
    pub charset: Charset,
    /// `none`, `crlf`, `lf`.
    pub line_end: &'a str,
    /// `rdw`, `rdw_blocked`, `record_length`: each record says its length, and there are no line ends.
    pub framing: Option<&'a str>,
}

/// A layout made from a copybook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The layout file.
    pub layout: String,
    /// What was left out or taken as text.
    pub warnings: Vec<Diagnostic>,
}

/// Makes a layout of a copybook with one record. `file` is only for the faults.
///
/// # Errors
/// Everything in it that a layout cannot say (L17).
pub fn to_layout(
    file: &str,
    text: &str,
    options: Options<'_>,
) -> Result<Imported, Vec<Diagnostic>> {
    let mut import = Import {
        file,
        options,
        columns: String::new(),
        count: 0,
        bytes: 0,
        names: HashSet::new(),
        starts: HashMap::new(),
        overlay: None,
        conditions: Vec::new(),
        tail: None,
        warnings: Vec::new(),
        faults: Vec::new(),
    };
    let items = item::parse(text)
        .map_err(|(place, message)| vec![Diagnostic::error("L17", file, (place, 1), message)])?;
    if items.is_empty() {
        import.fault(Place::START, "there is no data item in it");
    }
    if let Some(second) = items.iter().filter(|it| it.level == 1).nth(1) {
        import.fault(second.place, "a second record; import one `01` at a time");
    }
    for item in &items {
        import.item(item, None, "");
    }
    if !import.faults.is_empty() {
        return Err(import.faults);
    }
    let Options { layout, charset, line_end, framing } = options;
    let records = match (framing, &import.tail) {
        (Some(framing), Some((counter, _))) => {
            format!("framing: {framing}\nends_with: {counter}\n")
        }
        (Some(framing), None) => format!("framing: {framing}\n"),
        (None, _) => format!("record_bytes: {}\nline_end: {line_end}\n", import.bytes),
    };
    let head = format!(
        "# Made from the copybook {file}.\nlayout: {layout}\nversion: 1\nformat: fixed\n\
         charset: {charset}\n{records}columns:\n"
    );
    Ok(Imported { layout: head + &import.columns, warnings: import.warnings })
}

struct Import<'a> {
    file: &'a str,
    options: Options<'a>,
    columns: String,
    count: usize,
    bytes: usize,
    names: HashSet<String>,
    /// Where items begin, by name.
    starts: HashMap<String, usize>,
    /// Where the next column begins, while they lie over others.
    overlay: Option<usize>,
    /// What must hold for the columns: a column, and its least number.
    conditions: Vec<(String, usize)>,
    /// What the record ends with: the column that counts it, and the item's name.
    tail: Option<(String, String)>,
    warnings: Vec<Diagnostic>,
    faults: Vec<Diagnostic>,
}

impl Import<'_> {
    fn fault(&mut self, place: Place, message: impl Into<String>) {
        self.faults.push(Diagnostic::error("L17", self.file, (place, 1), message));
    }

    fn warn(&mut self, place: Place, message: String, help: &str) {
        let fault = Diagnostic::error("L17", self.file, (place, 1), message);
        self.warnings.push(fault.warning().help(help));
    }

    /// Adds the columns of an item; `suffix` numbers repetitions.
    fn item(&mut self, item: &Item, within: Option<&Item>, suffix: &str) {
        let Some(other) = &item.redefines else {
            let at = self.overlay.unwrap_or(self.bytes);
            self.starts.insert(item.name.clone(), at);
            return self.repeated(item, within, suffix);
        };
        let Some(start) = self.starts.get(other).copied() else {
            return self.fault(item.place, format!("`{other}` is not there to be redefined"));
        };
        let message = format!("`{}` redefines `{other}`: both are read", item.name);
        let help = "add a `when` to both where only one is true, or take one out";
        self.warn(item.place, message, help);
        let end = self.overlay.unwrap_or(self.bytes);
        let before = self.overlay.replace(start);
        self.starts.insert(item.name.clone(), start);
        self.repeated(item, within, suffix);
        if self.overlay.is_some_and(|it| it > end) {
            let message = format!("`{}` is longer than `{other}`, which it redefines", item.name);
            self.fault(item.place, message);
        }
        self.overlay = before;
    }

    fn repeated(&mut self, item: &Item, within: Option<&Item>, suffix: &str) {
        let faults = self.faults.len();
        let counter = match item.depending.as_deref() {
            Some(name) => match self.counter(item, name, suffix) {
                Some(name) => Some(name),
                None => return,
            },
            None => None,
        };
        for number in 1..=item.occurs {
            // The repetitions have the same faults as the first.
            if self.faults.len() > faults {
                return;
            }
            let suffix = match item.occurs {
                1 => suffix.to_owned(),
                _ => format!("{suffix}_{number}"),
            };
            if self.count >= COLUMNS_MAX {
                return self.fault(item.place, format!("more than {COLUMNS_MAX} columns"));
            }
            let conditions = self.conditions.len();
            self.conditions.extend(counter.clone().map(|it| (it, number)));
            match item.children.first() {
                None => self.column(item, within, &suffix),
                Some(child) if item.picture.is_some() => {
                    let message = format!("`{}` has a PIC, and `{}` in it", item.name, child.name);
                    self.fault(child.place, message);
                }
                Some(_) => {}
            }
            for child in &item.children {
                self.item(child, Some(item), &suffix);
            }
            self.conditions.truncate(conditions);
        }
    }

    /// The column that counts the repetitions of an item.
    fn counter(&mut self, item: &Item, name: &str, suffix: &str) -> Option<String> {
        let plain = plain(name);
        let mut choices = [format!("{plain}{suffix}"), plain].into_iter();
        let Some(found) = choices.find(|it| self.names.contains(it)) else {
            let message = format!("`{name}`, which counts `{}`, is not before it", item.name);
            self.fault(item.place, message);
            return None;
        };
        if self.options.framing.is_some() {
            if self.tail.is_some() || self.overlay.is_some() || !suffix.is_empty() {
                let message =
                    format!("`{}` lies in or behind a table of changing length", item.name);
                self.fault(item.place, message);
                return None;
            }
            self.tail = Some((found.clone(), item.name.clone()));
            return Some(found);
        }
        let message = format!("`{}` has room for all {} in every record", item.name, item.occurs);
        self.warn(item.place, message, "a `framing` lets records end behind the last one");
        Some(found)
    }

    fn column(&mut self, item: &Item, within: Option<&Item>, suffix: &str) {
        let Some(picture) = &item.picture else {
            return self.fault(item.place, format!("`{}` has no PIC", item.name));
        };
        let picture = match Picture::parse(picture) {
            Ok(picture) => picture,
            Err(why) => return self.fault(item.place, format!("`{}`: {why}", item.name)),
        };
        let note = note(item, picture);
        let described = match picture {
            Picture::Text { bytes } if item.usage == Usage::Display => Ok((String::new(), bytes)),
            Picture::Edited { bytes } if item.usage == Usage::Display => {
                let message = format!("`{}` is edited for printing and taken as text", item.name);
                self.warn(item.place, message, "let the map read it");
                Ok((String::new(), bytes))
            }
            Picture::Wide { bytes, graphic } => self.wide(item, graphic).map(|it| (it, bytes)),
            Picture::Text { .. } | Picture::Edited { .. } => {
                Err("a text that is stored as a number".to_owned())
            }
            Picture::Number { digits, .. } if note == Some(CODE) => Ok((String::new(), digits)),
            Picture::Number { digits, scale, signed } => self.number(item, (digits, scale), signed),
        };
        let (keys, bytes) = match described {
            Ok(described) => described,
            Err(why) => return self.fault(item.place, format!("`{}`: {why}", item.name)),
        };
        if let Some((counter, table)) = &self.tail
            && self.overlay.is_none()
            && !self.conditions.iter().any(|it| it.0 == *counter)
        {
            let message = format!("`{}` stands behind `{table}`, whose length changes", item.name);
            return self.fault(item.place, message);
        }
        let name = self.name(item, within, suffix);
        let place = self.overlay.map(|at| format!("overlay: true, start: {}, ", at + 1));
        let keys = format!("{keys}{}{}", place.unwrap_or_default(), self.when());
        let result = match name {
            Some(name) => {
                let note = note.unwrap_or_default();
                writeln!(self.columns, "  - {{ name: {name}, {keys}bytes: {bytes} }}{note}")
            }
            None if self.overlay.is_some() => Ok(()),
            None => writeln!(self.columns, "  - {{ filler: true, {}bytes: {bytes} }}", self.when()),
        };
        if result.is_ok() {
            self.count += 1;
            match &mut self.overlay {
                Some(at) => *at += bytes,
                None => self.bytes += bytes,
            }
        }
    }

    /// The keys of a column of wide characters. On mainframes `N` is UTF-16 unless its
    /// usage says otherwise, and `G` double bytes without shift codes; elsewhere both
    /// are in the file's own character set.
    fn wide(&self, item: &Item, graphic: bool) -> Result<String, String> {
        let charset = self.options.charset;
        let national = match item.usage {
            Usage::National => !graphic,
            Usage::Graphic => false,
            Usage::Display => !graphic && charset.is_host(),
            Usage::Packed | Usage::Binary | Usage::Native => {
                return Err("a text that is stored as a number".to_owned());
            }
        };
        Ok(if national {
            "charset: utf-16be, ".to_owned()
        } else if charset.is_host() {
            format!("charset: {charset}, unshifted: true, ")
        } else {
            String::new()
        })
    }

    /// The conditions in force.
    fn when(&self) -> String {
        let one = |(column, least): &(String, usize)| {
            format!("{{ column: {column}, at_least: {least} }}")
        };
        let all: Vec<String> = self.conditions.iter().map(one).collect();
        match all.as_slice() {
            [] => String::new(),
            [one] => format!("when: {one}, "),
            all => format!("when: [{}], ", all.join(", ")),
        }
    }

    /// The keys of a number's column, and its bytes.
    fn number(
        &self,
        item: &Item,
        (digits, scale): (usize, usize),
        signed: bool,
    ) -> Result<(String, usize), String> {
        if digits > 18 || scale > 9 {
            return Err("more than 18 digits, or more than 9 after the point".to_owned());
        }
        let mut keys = match scale {
            0 => "type: integer, ".to_owned(),
            _ => format!("type: decimal, scale: {scale}, implied: true, "),
        };
        let host = self.options.charset.is_host();
        let binary = match digits {
            0..=4 => 2,
            5..=9 => 4,
            _ => 8,
        };
        let (storage, bytes) = match item.usage {
            Usage::Display => (None, digits),
            Usage::National | Usage::Graphic => {
                return Err("a number in wide characters".to_owned());
            }
            Usage::Packed => (Some("packed"), digits / 2 + 1),
            Usage::Binary => (Some("binary"), binary),
            // The machine's own order: mainframes have the highest byte first.
            Usage::Native => (Some(if host { "binary" } else { "binary_little" }), binary),
        };
        if let Some(storage) = storage {
            keys.push_str(&format!("storage: {storage}, "));
        }
        let (negative, more) = match (signed, item.usage, item.sign) {
            (false, _, _) => (Some("refused"), 0),
            (true, Usage::Display, Sign::Over) => {
                (Some(if host { "overpunch" } else { "zone" }), 0)
            }
            (true, Usage::Display, Sign::Behind) => (Some("trailing_sign"), 1),
            (true, Usage::Display, Sign::Before) => (Some("sign"), 1),
            (true, Usage::Display, Sign::OverFirst) => {
                return Err("a sign over the first digit".to_owned());
            }
            (true, _, _) => (None, 0),
        };
        if let Some(negative) = negative {
            keys.push_str(&format!("negative: {negative}, "));
        }
        Ok((keys, bytes + more))
    }

    /// A name that no other column has; none for a filler.
    fn name(&mut self, item: &Item, within: Option<&Item>, suffix: &str) -> Option<String> {
        if item.name == "FILLER" {
            return None;
        }
        let short = format!("{}{suffix}", plain(&item.name));
        let long = within.map(|it| format!("{}_{short}", plain(&it.name)));
        let mut choices = [Some(short.clone()), long].into_iter().flatten();
        let name = choices.find(|it| !self.names.contains(it)).unwrap_or_else(|| {
            self.fault(item.place, format!("`{}` stands twice in one group", item.name));
            short
        });
        self.names.insert(name.clone());
        Some(name)
    }
}

/// What is said beside digits without a sign: they may be a number or a code. As a
/// number 0012345678905 would be 12345678905 for maps; long ones are rather codes, such
/// as JANs, telephone numbers and days.
fn note(item: &Item, picture: Picture) -> Option<&'static str> {
    match picture {
        Picture::Number { digits, scale: 0, signed: false } if item.usage == Usage::Display => {
            Some(if digits >= CODE_DIGITS_MIN { CODE } else { NUMBER })
        }
        _ => None,
    }
}

/// A name as layouts write it.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests;
