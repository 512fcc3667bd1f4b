//! What several parts of a manifest are read with.

use codec::{
    diagnostic::nearest,
    yaml::{Node, Table},
};

use super::Template;

/// A name of lower-case letters, digits, `-` and `_`.
pub(super) fn name(table: &Table<'_>, key: &'static str) -> Option<String> {
    let node = table.required(key)?;
    let text = node.text().unwrap_or_default();
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if text.is_empty() || !text.chars().all(good) {
        let fault = table.faults().new_error("K01", node, format!("`{key}` is `{text}`"));
        table.faults().push(fault.expected("lower-case letters, digits, `-` and `_`"));
        return None;
    }
    Some(text.to_owned())
}

/// The texts under `key`, one alone or a list.
pub(super) fn text_or_texts(table: &Table<'_>, key: &'static str) -> Vec<String> {
    match table.node(key) {
        Some(node) if node.seq().is_none() => {
            table.text(key).map(str::to_owned).into_iter().collect()
        }
        Some(_) => table.texts(key).into_iter().map(str::to_owned).collect(),
        None => Vec::new(),
    }
}

/// Texts under free names, in the order of the file.
pub(super) fn texts_by_name(table: &Table<'_>, key: &'static str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in table.entries(key) {
        match (name.text(), value.text()) {
            (Some(name), Some(value)) => found.push((name.to_owned(), value.to_owned())),
            _ => {
                let fault =
                    table.faults().new_error("Y13", value, format!("it is {}", value.kind()));
                table.faults().push(fault.expected("a text"));
            }
        }
    }
    found
}

/// A JSON pointer: empty, or with a leading `/`.
pub(super) fn pointer(table: &Table<'_>, key: &'static str) -> Option<String> {
    let node = table.node(key)?;
    let text = node.text()?;
    if !text.is_empty() && !text.starts_with('/') {
        let fault = table.faults().new_error("K04", node, format!("`{key}` is `{text}`"));
        let help = format!("write `/{}`", text.replace('.', "/"));
        table.faults().push(fault.expected("a JSON pointer (RFC 6901)").help(help));
        return None;
    }
    Some(text.to_owned())
}

/// A template.
pub(super) fn template(table: &Table<'_>, key: &'static str) -> Option<Template> {
    let node = table.required(key)?;
    template_of(table, node, node.text()?)
}

/// A template at that node.
pub(super) fn template_of(table: &Table<'_>, node: &Node, text: &str) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(why) => {
            let fault = table.faults().new_error("K05", node, why.to_string());
            let holes = super::Piece::KNOWN.map(|it| format!("{{{it}}}")).join(", ");
            table.faults().push(fault.expected(format!("text with holes such as {holes}")));
            None
        }
    }
}

/// A path inside the package's folder.
pub(super) fn file(table: &Table<'_>, key: &'static str) -> Option<String> {
    let node = table.node(key)?;
    file_of(table, node)
}

/// A path inside the package's folder, at that node.
pub(super) fn file_of(table: &Table<'_>, node: &Node) -> Option<String> {
    let text = node.text().unwrap_or_default();
    if !crate::files::is_plain(text) {
        let fault = table.faults().new_error("K06", node, format!("`{text}` is not a file here"));
        table.faults().push(fault.expected("a path inside the package's folder, without `..`"));
        return None;
    }
    Some(text.to_owned())
}

/// Faults a name that is not one of these, naming the nearest.
pub(super) fn unknown<'n>(
    table: &Table<'_>,
    node: &Node,
    what: &str,
    names: impl Iterator<Item = &'n str> + Clone,
) {
    let text = node.text().unwrap_or_default();
    let mut fault = table.faults().new_error("K07", node, format!("there is no {what} `{text}`"));
    fault.help = nearest(text, names.clone()).map(|it| format!("did you mean `{it}`?"));
    if fault.help.is_none() {
        fault = fault.expected(format!("one of {}", names.collect::<Vec<_>>().join(", ")));
    }
    table.faults().push(fault);
}
