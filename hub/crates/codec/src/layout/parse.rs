//! From a layout file's tree to the model, collecting every fault.

mod column;

use ::edi::Dialect;

use crate::{
    charset::{Charset, Files, Named},
    diagnostic::Diagnostic,
    layout::{
        Layout,
        around::Around,
        arrives::Arrives,
        edi, form, lossless,
        model::{Csv, Ends, Fixed, Format, Framing, Header, Kind, Mark, Quoting},
        plan, xlsx, xml,
    },
    rows::Shape,
    yaml::{Faults, Node, Table},
};

pub(super) use column::{ColumnText, Position, date};

/// Reads a layout from its tree.
pub(super) fn layout(file: &str, node: &Node, files: Files<'_>) -> Result<Layout, Vec<Diagnostic>> {
    let faults = Faults::new(file);
    let layout = Table::open(&faults, node, "this layout").and_then(|table| read(table, files));
    match layout {
        Some(layout) if faults.is_empty() => Ok(layout),
        _ => Err(faults.into_vec()),
    }
}

/// Whether columns are told apart by delimiters, by bytes or by paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Csv,
    Fixed,
    Xml,
    Xlsx,
    Form,
}

/// What every layout says of itself.
struct Head {
    id: String,
    version: u32,
    arrives: Option<Arrives>,
}

fn read(table: Table<'_>, files: Files<'_>) -> Option<Layout> {
    let id = table.required_text("layout").unwrap_or_default().to_owned();
    let version = table.required_number("version", "a whole number from 1").unwrap_or(1);
    let words = [
        ("csv", Ok(Word::Csv)),
        ("fixed", Ok(Word::Fixed)),
        ("xml", Ok(Word::Xml)),
        ("xlsx", Ok(Word::Xlsx)),
        ("form", Ok(Word::Form)),
        ("x12", Err(Dialect::X12)),
        ("edifact", Err(Dialect::Edifact)),
    ];
    let head = Head { id, version, arrives: Arrives::read(&table, "arrives") };
    let word = match table.required_one_of("format", &words)? {
        Ok(word) => word,
        Err(dialect) => {
            let (edi, shape) = edi::edi(&table, dialect)?;
            table.finish();
            // The envelope tells the character set.
            let named = Named::new(Charset::Utf8);
            return Some(head.layout(named, Format::Edi(Box::new(edi)), (Vec::new(), shape)));
        }
    };
    // A workbook says itself what its texts are written in.
    let named = match word {
        Word::Xlsx => Named::new(Charset::Utf8),
        Word::Csv | Word::Fixed | Word::Xml | Word::Form => Named::read(&table, files),
    };
    let lossless = table.bool("lossless").unwrap_or(false);
    if lossless && word == Word::Xlsx {
        table.error("L12", "an XLSX layout cannot be lossless: it is only read");
    }
    if lossless && word == Word::Form {
        table.error("L12", "a form cannot be lossless: its fields may come in any order");
    }
    let format = match word {
        Word::Csv => Format::Csv(csv(&table)),
        Word::Fixed => Format::Fixed(fixed(&table)),
        Word::Xlsx => Format::Xlsx(Box::new(xlsx::xlsx(&table))),
        Word::Form => Format::Form(form::form(&table)),
        Word::Xml => {
            let (xml, shape) = xml::xml(&table, &named.profile)?;
            table.finish();
            let layout = head.layout(named, Format::Xml(Box::new(xml)), (Vec::new(), shape));
            return Some(Layout { lossless, ..layout });
        }
    };
    if let Format::Fixed(fixed) = &format
        && fixed.ends.is_some()
        && !named.profile.charset.is_ascii_safe()
    {
        let message = format!("records in {} have no line ends", named.profile.charset);
        table.error("L15", format!("{message}: `line_end` must be `none`"));
    }
    let kinds = plan::kinds(&table, &format, word)?;
    if word == Word::Form {
        form::check(&table, &kinds.0);
    }
    let mistaken = [("refuse", false), ("take", true)];
    let takes_mistaken = match word {
        Word::Csv | Word::Fixed => table.one_of("mistaken_charset", &mistaken).unwrap_or(false),
        Word::Xml | Word::Xlsx | Word::Form => false,
    };
    let layout = head.layout(named, format, kinds);
    let mut layout = Layout { lossless, takes_mistaken, ..layout };
    lossless::settle(&table, &mut layout);
    table.finish();
    Some(layout)
}

impl Head {
    fn layout(self, named: Named, format: Format, (kinds, shape): (Vec<Kind>, Shape)) -> Layout {
        let Self { id, version, arrives } = self;
        let Named { profile, writing } = named;
        let (lossless, takes_mistaken) = (false, false);
        Layout {
            id,
            version,
            profile,
            writing,
            format,
            kinds,
            shape,
            lossless,
            takes_mistaken,
            arrives,
        }
    }
}

const MARKS: [(&str, Mark); 3] =
    [("refused", Mark::Refused), ("optional", Mark::Optional), ("required", Mark::Required)];
const ENDS: [(&str, Ends); 4] =
    [("crlf", Ends::Crlf), ("lf", Ends::Lf), ("cr", Ends::Cr), ("any", Ends::Any)];
pub(super) const QUOTING: [(&str, Quoting); 3] =
    [("needed", Quoting::Needed), ("always", Quoting::Always), ("never", Quoting::Never)];

fn csv(table: &Table<'_>) -> Csv {
    let delimiter = ascii(table, "delimiter").unwrap_or(Some(b',')).unwrap_or(b',');
    let quote = ascii(table, "quote").unwrap_or(Some(b'"'));
    if quote == Some(delimiter) {
        table.error("L07", "`quote` and `delimiter` are the same character");
    }
    let headers = [
        ("none", Header::None),
        ("names", Header::Names),
        ("any_order", Header::AnyOrder),
        ("ignored", Header::Ignored),
    ];
    let type_column = table.number::<usize>("type_column", "a column's number, from 1");
    if type_column == Some(0) {
        table.error("L07", "`type_column` is 0; the first column is 1");
    }
    let flag = |key| table.bool(key).unwrap_or(false);
    let header = table.required_one_of("header", &headers).unwrap_or(Header::None);
    Csv {
        delimiter,
        quote,
        quoting: table.one_of("quoting", &QUOTING).unwrap_or(Quoting::Needed),
        bare_quotes: flag("bare_quotes"),
        multiline: flag("multiline"),
        excel_text: flag("excel_text"),
        trailing_delimiter: flag("trailing_delimiter"),
        skip_blank: flag("skip_blank_lines"),
        controls: flag("control_characters"),
        ends: table.required_one_of("line_end", &ENDS).unwrap_or(Ends::Any),
        header,
        header_begins: header_begins(table, header),
        header_repeats: flag("header_repeats"),
        titles: Around::titles(table),
        footers: Around::footers(table),
        eof_mark: table.one_of("eof_mark", &MARKS).unwrap_or(Mark::Refused),
        type_column: type_column.unwrap_or(1).saturating_sub(1),
    }
}

/// How a header begins whose names are not looked at.
pub(super) fn header_begins(table: &Table<'_>, header: Header) -> Option<String> {
    let begins = table.text("header_begins")?;
    if header != Header::Ignored || begins.is_empty() {
        table.error("L07", "`header_begins` is for `header: ignored`, and not empty");
    }
    Some(begins.to_owned())
}

/// A delimiter or quote: `None` inside for the word `none`.
fn ascii(table: &Table<'_>, key: &'static str) -> Option<Option<u8>> {
    let node = table.node(key)?;
    let byte = match node.text().unwrap_or_default() {
        "none" => return Some(None),
        "tab" | "\t" => Some(b'\t'),
        text => u8::try_from(text.chars().next().map_or(0, u32::from))
            .ok()
            .filter(|it| text.len() == 1 && it.is_ascii_graphic() && !it.is_ascii_alphanumeric()),
    };
    if byte.is_none() {
        let message = format!("`{key}` is `{}`", node.text().unwrap_or_default());
        let fault = table.faults().new_error("L07", node, message);
        table
            .faults()
            .push(fault.expected("one ASCII character that is no letter or digit, or `tab`"));
    }
    byte.map(Some)
}

fn fixed(table: &Table<'_>) -> Fixed {
    let ends = [
        ("none", None),
        ("crlf", Some(Ends::Crlf)),
        ("lf", Some(Ends::Lf)),
        ("cr", Some(Ends::Cr)),
        ("any", Some(Ends::Any)),
    ];
    let bytes = "a count of bytes, from 1";
    let type_at = table.table("type", "the record's type").map(|it| {
        let start = it.required_number::<usize>("start", "a byte's number, from 1").unwrap_or(1);
        let length = it.required_number::<usize>("bytes", bytes).unwrap_or(1);
        it.finish();
        (start.saturating_sub(1), length)
    });
    if let Some(framing) = framing(table) {
        let ends = table.one_of("line_end", &ends).unwrap_or(None);
        let mark = table.one_of("eof_mark", &MARKS).unwrap_or(Mark::Refused);
        if ends.is_some() || mark != Mark::Refused || table.node("record_bytes").is_some() {
            let message = "records that say their length have no `record_bytes`, `line_end` or";
            table.error("L06", format!("{message} `eof_mark`"));
        }
        return Fixed {
            record_bytes: 0,
            framing: Some(framing),
            ends: None,
            type_at,
            eof_mark: mark,
        };
    }
    let record_bytes = table.required_number("record_bytes", bytes).unwrap_or(1);
    if record_bytes == 0 {
        table.error("L06", "`record_bytes` is 0");
    }
    if let Some((start, length)) = type_at
        && start.saturating_add(length) > record_bytes
    {
        table.error("L06", "`type` lies outside the record");
    }
    Fixed {
        record_bytes,
        framing: None,
        ends: table.required_one_of("line_end", &ends).unwrap_or(None),
        type_at,
        eof_mark: table.one_of("eof_mark", &MARKS).unwrap_or(Mark::Refused),
    }
}

/// `framing` and `block_bytes`.
fn framing(table: &Table<'_>) -> Option<Framing> {
    const BLOCK_BYTES_MAX: usize = 32_760;
    let words = [
        ("none", None),
        ("rdw", Some(Framing::Rdw)),
        ("rdw_blocked", Some(Framing::Blocked { block_bytes: BLOCK_BYTES_MAX })),
        ("record_length", Some(Framing::Length)),
    ];
    let framing = table.one_of("framing", &words).unwrap_or(None);
    let block_bytes = table.number("block_bytes", "a count of bytes");
    if block_bytes.is_some_and(|it| it > BLOCK_BYTES_MAX) {
        table.error("L06", format!("`block_bytes` is more than {BLOCK_BYTES_MAX}"));
    }
    match (framing, block_bytes) {
        (Some(Framing::Blocked { .. }), Some(block_bytes)) => {
            return Some(Framing::Blocked { block_bytes });
        }
        (_, Some(_)) => table.error("L06", "`block_bytes` is for `framing: rdw_blocked`"),
        (_, None) => {}
    }
    framing
}
