//! The parts of a workbook: which sheets it has, its texts and number formats,
//! and the day from which it counts.

use std::collections::HashMap;

use super::{
    CAPS, Which,
    part::{self, Part, Piece},
    sheet::Sheet,
    strings,
    styles::{self, Format},
};
use crate::{
    compressed::{self, Archive},
    diagnostic::nearest,
    layout::LayoutFault,
};

/// Sheets of a workbook.
const SHEETS_MAX: usize = 1000;

/// What all sheets of a workbook share, and its archive.
pub(super) struct Book<'a> {
    archive: Archive<'a>,
    sheets: Vec<Listed>,
    pub(super) from_1904: bool,
    pub(super) formats: Vec<Format>,
    pub(super) strings: Vec<String>,
}

/// A sheet as the workbook lists it.
#[derive(Clone, Debug)]
struct Listed {
    name: String,
    hidden: bool,
    /// Its part; `None`: no cells, but a chart or the like.
    part: Option<String>,
}

/// A relationship between parts.
struct Link {
    id: String,
    kind: String,
    target: String,
}

// === impl Book ===

impl<'a> Book<'a> {
    /// Opens a workbook. No sheet is read.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, LayoutFault> {
        if bytes.starts_with(b"\xD0\xCF\x11\xE0") {
            let message = "an old workbook (.xls), or one with a password";
            return Err(LayoutFault::new("xlsx", 0, message).expected("a workbook saved as .xlsx"));
        }
        if compressed::kind(bytes) != Some(compressed::Kind::Zip) {
            return Err(LayoutFault::new("xlsx", 0, "this is no workbook").expected("an .xlsx"));
        }
        let mut archive = Archive::open(bytes, &CAPS).map_err(packed)?;
        let root = links(&mut archive, "")?;
        let main = root.iter().find(|it| it.kind.ends_with("/officeDocument"));
        let main = main.map(|it| it.target.clone()).filter(|it| !it.ends_with(".bin"));
        let main = main.ok_or_else(|| {
            let message = "the archive has no workbook that is XML";
            LayoutFault::new("xlsx", 0, message).expected("a workbook saved as .xlsx")
        })?;
        let links = links(&mut archive, &main)?;
        let mut book = Self {
            archive,
            sheets: Vec::new(),
            from_1904: false,
            formats: Vec::new(),
            strings: Vec::new(),
        };
        book.workbook(&main, &links)?;
        let part = |kind: &str| links.iter().find(|it| it.kind.ends_with(kind));
        if let Some(Link { target, .. }) = part("/styles") {
            let bytes = book.bytes(target)?;
            book.formats = styles::formats(Part::new(target, part::text(target, &bytes)?))?;
        }
        if let Some(Link { target, .. }) = part("/sharedStrings") {
            let bytes = book.bytes(target)?;
            book.strings = strings::shared(Part::new(target, part::text(target, &bytes)?))?;
        }
        Ok(book)
    }

    /// The sheet that a layout means, with its name.
    pub(super) fn sheet(
        &mut self,
        which: &Which,
        rows_max: usize,
    ) -> Result<(String, Sheet), LayoutFault> {
        let Listed { name, part, .. } = self.listed(which)?.clone();
        let Some(part) = part else {
            let message = format!("`{name}` has no cells");
            return Err(LayoutFault::new("sheet-unknown", 0, message).expected("a sheet"));
        };
        let bytes = self.bytes(&part)?;
        let sheet = Sheet::read(Part::new(&part, part::text(&part, &bytes)?), rows_max)?;
        Ok((name, sheet))
    }

    /// What its sheets are called, which people do not see, and which have cells.
    pub(super) fn listed_sheets(&self) -> impl Iterator<Item = (&str, bool, bool)> {
        self.sheets.iter().map(|it| (it.name.as_str(), it.hidden, it.part.is_some()))
    }

    fn listed(&self, which: &Which) -> Result<&Listed, LayoutFault> {
        let names = || self.sheets.iter().map(|it| it.name.as_str());
        let unknown = |message: String, expected: String| {
            let found = names().collect::<Vec<_>>().join(", ");
            LayoutFault::new("sheet-unknown", 0, message).found(found).expected(expected)
        };
        match which {
            Which::Name(name) => self.sheets.iter().find(|it| it.name == *name).ok_or_else(|| {
                let near = nearest(name, names());
                let near = near.map_or(String::new(), |it| format!("; `{it}` is near"));
                unknown(format!("there is no sheet `{name}`{near}"), name.clone())
            }),
            Which::Number(number) => self.sheets.get(number.wrapping_sub(1)).ok_or_else(|| {
                unknown(format!("there is no sheet {number}"), format!("{number} sheets or more"))
            }),
            Which::Only => {
                let mut shown = self.sheets.iter().filter(|it| !it.hidden);
                match (shown.next(), shown.next()) {
                    (Some(only), None) => Ok(only),
                    _ => Err(unknown(
                        "the layout does not say which sheet, and the workbook does not have one"
                            .to_owned(),
                        "one sheet, or `sheet` in the layout".to_owned(),
                    )),
                }
            }
        }
    }

    fn workbook(&mut self, main: &str, links: &[Link]) -> Result<(), LayoutFault> {
        let bytes = self.bytes(main)?;
        let mut part = Part::new(main, part::text(main, &bytes)?);
        let mut linked = HashMap::new();
        for link in links {
            linked.entry(link.id.as_str()).or_insert(link);
        }
        loop {
            match part.next()? {
                Piece::Open(tag) if tag.is("workbookPr") => {
                    self.from_1904 = tag.flag("date1904")?
                }
                Piece::Open(tag) if tag.is("sheet") => {
                    if self.sheets.len() >= SHEETS_MAX {
                        let expected = format!("at most {SHEETS_MAX} sheets");
                        return Err(part.fault("too-large", "too many sheets").expected(expected));
                    }
                    let id = tag.attribute("id")?.unwrap_or_default();
                    let link = linked.get(&*id);
                    let cells = link.filter(|it| it.kind.ends_with("/worksheet"));
                    self.sheets.push(Listed {
                        name: tag.attribute("name")?.unwrap_or_default().into_owned(),
                        hidden: tag.attribute("state")?.is_some_and(|it| it != "visible"),
                        part: cells.map(|it| it.target.clone()),
                    });
                }
                Piece::Open(_) | Piece::Close | Piece::Text(_) => {}
                Piece::End => return Ok(()),
            }
        }
    }

    fn bytes(&mut self, part: &str) -> Result<Vec<u8>, LayoutFault> {
        unpack(&mut self.archive, part)?.ok_or_else(|| {
            LayoutFault::new("xlsx", 0, format!("`{part}` is missing in the workbook"))
        })
    }
}

fn unpack(archive: &mut Archive<'_>, part: &str) -> Result<Option<Vec<u8>>, LayoutFault> {
    archive.file(part).map_err(packed)
}

/// What was wrong with the archive itself.
fn packed(fault: compressed::Fault) -> LayoutFault {
    let message = format!("the workbook's archive: {}", fault.message);
    LayoutFault { code: fault.code, ..LayoutFault::new("xlsx", fault.offset, message) }
}

/// The relationships of a part; the empty name is the archive's own (ECMA-376
/// part 2, 6.5).
fn links(archive: &mut Archive<'_>, of: &str) -> Result<Vec<Link>, LayoutFault> {
    let (folder, file) = of.rsplit_once('/').unwrap_or(("", of));
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let name = format!("{folder}_rels/{file}.rels");
    let Some(bytes) = unpack(archive, &name)? else { return Ok(Vec::new()) };
    let mut part = Part::new(&name, part::text(&name, &bytes)?);
    let mut links = Vec::new();
    loop {
        match part.next()? {
            Piece::Open(tag) if tag.is("Relationship") => {
                let text = |name| tag.attribute(name).map(|it| it.unwrap_or_default().into_owned());
                if text("TargetMode")? != "External" {
                    let target = resolve(&folder, &text("Target")?);
                    links.push(Link { id: text("Id")?, kind: text("Type")?, target });
                }
            }
            Piece::Open(_) | Piece::Close | Piece::Text(_) => {}
            Piece::End => return Ok(links),
        }
    }
}

/// The name of a part in the archive.
fn resolve(folder: &str, target: &str) -> String {
    let path = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}{target}"),
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}
