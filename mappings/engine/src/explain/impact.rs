//! What a new source schema breaks in a map: the gate before a package takes it.

use std::sync::Arc;

use codec::{
    diagnostic::{Diagnostic, Severity},
    yaml::{self, Faults},
};

use crate::{
    check::{Options, compile},
    language::map_file,
    library::{Library, beside},
};

/// Tells, as M27, what the source schema `new` breaks in the map at `path`: each
/// fault that it has not against its own. An empty list: the change breaks nothing.
///
/// # Errors
/// The faults of the map file, when it cannot be read.
pub fn impact_of(
    path: &str,
    library: &dyn Library,
    new: &str,
    options: &Options,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let faults = Faults::new(path);
    let start = (codec::diagnostic::Place::START, 1);
    let text = library
        .read(path)
        .ok_or_else(|| vec![Diagnostic::error("M00", path, start, "there is no such map")])?;
    let file = map_file::read(&faults, &yaml::parse(path, &text)?);
    let Some(file) = file.filter(|_| faults.is_empty()) else { return Err(faults.into_vec()) };
    let source = beside(path, &file.source.0);
    let changed = Changed { library, source: &source, new: new.into() };
    Ok(impact(path, library, &changed, options))
}

/// A library in which one file says something else.
struct Changed<'a> {
    library: &'a dyn Library,
    source: &'a str,
    new: Arc<str>,
}

impl Library for Changed<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if path == self.source { Some(self.new.clone()) } else { self.library.read(path) }
    }
}

/// Compiles the map at `path` against the source schema as it was and as it
/// becomes (`old` and `new` differ in that file) and tells, as M27, each fault
/// that is new. An empty list: the change breaks nothing.
pub fn impact(
    path: &str,
    old: &dyn Library,
    new: &dyn Library,
    options: &Options,
) -> Vec<Diagnostic> {
    let before = compile(path, old, options).diagnostics;
    let known = |fault: &Diagnostic| {
        before.iter().any(|it| {
            it.code == fault.code && it.place == fault.place && it.message == fault.message
        })
    };
    compile(path, new, options)
        .diagnostics
        .into_iter()
        .filter(|it| it.severity == Severity::Error && !known(it))
        .map(|it| Diagnostic {
            message: format!("the new source schema breaks this ({}): {}", it.code, it.message),
            code: "M27",
            ..it
        })
        .collect()
}
