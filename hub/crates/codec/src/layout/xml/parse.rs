//! The keys of an XML layout.

mod kinds;

use super::{Kind, Writing, Xml, encoding, soap::Soap};
use crate::{
    charset::{Charset, Profile},
    rows::Shape,
    yaml::Table,
};

/// Spaces for each level, at most.
const INDENT_MAX: usize = 8;

/// Reads all keys but those that every layout has.
pub(in crate::layout) fn xml(table: &Table<'_>, profile: &Profile) -> Option<(Xml, Shape)> {
    let mut namespaces: Vec<(String, String)> = table
        .entries("namespaces")
        .iter()
        .filter_map(|(prefix, name)| Some((prefix.text()?.to_owned(), name.text()?.to_owned())))
        .collect();
    let soap = table.one_of("soap", &Soap::NAMES);
    if let Some(soap) = soap {
        namespaces.insert(0, ("soap".to_owned(), soap.namespace().to_owned()));
    }
    let (kinds, shape) = kinds::read(table, &namespaces)?;
    let rooted = |it: &Kind| {
        let names = it.record.steps.iter().take(2).map(|it| it.name.local.as_str());
        names.eq(["Envelope", "Body"])
    };
    if soap.is_some() && !kinds.iter().all(rooted) {
        table.error("L16", "with `soap`, `record` begins with /soap:Envelope/soap:Body/");
    }
    let xml = Xml {
        kinds,
        encodings: encodings(table),
        keep_mixed: table.one_of("mixed", &[("refuse", false), ("keep", true)]).unwrap_or(false),
        soap,
        writing: Writing {
            declared: declared(table, profile),
            namespaces,
            indent: indent(table),
            line_end: table.one_of("line_end", &[("lf", "\n"), ("crlf", "\r\n")]).unwrap_or("\n"),
            references: table.bool("character_references").unwrap_or(false),
        },
    };
    Some((xml, shape))
}

/// `encodings: [cp932, euc-jp, utf-16]`.
fn encodings(table: &Table<'_>) -> Vec<Charset> {
    let mut found = Vec::new();
    for node in table.list("encodings") {
        let name = node.text().unwrap_or_default();
        match Charset::from_name(name) {
            Some(_) if name.eq_ignore_ascii_case("utf-16") => {
                found.extend([Charset::Utf16Le, Charset::Utf16Be]);
            }
            Some(charset) => found.push(charset),
            None => {
                let fault =
                    table.faults().new_error("L01", node, format!("no character set `{name}`"));
                let names = Charset::ALL.map(Charset::name).join(", ");
                table.faults().push(fault.expected(format!("one of {names}, utf-16")));
            }
        }
    }
    found
}

/// `declaration: none`, or the name that it gives to the character set.
fn declared(table: &Table<'_>, profile: &Profile) -> Option<String> {
    match table.text("declaration") {
        None => Some(encoding::name_of(profile.charset).to_owned()),
        Some("none") => None,
        Some(name) => {
            if !encoding::is_called(profile.charset, name) {
                let message = format!("`{name}` is not what {} is called", profile.charset);
                table.error("L01", message);
            }
            Some(name.to_owned())
        }
    }
}

/// `indent: none` or a count of spaces.
fn indent(table: &Table<'_>) -> Option<usize> {
    if table.text("indent").is_none_or(|it| it == "none") {
        return None;
    }
    let spaces = table.number("indent", "a count of spaces, or none").unwrap_or(0);
    if spaces > INDENT_MAX {
        table.error("L07", format!("`indent` is {spaces}; it can be 0 to {INDENT_MAX}"));
    }
    Some(spaces)
}
