//! What a new source schema breaks in a map: the gate before a package takes it.

use codec::diagnostic::{Diagnostic, Severity};

use crate::{
    check::{Options, compile},
    library::Library,
};

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
