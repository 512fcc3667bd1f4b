//! A draft of a map: rules for target fields whose names and types fit, and the
//! decisions for the rest.

use std::fmt::Write as _;

use codec::diagnostic::nearest;

use crate::{
    run::header::HEADER_MEMBERS,
    schema::{Kinds, Schema, SchemaId, Schemas},
};

/// What is known of a single value.
#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) kinds: Kinds,
    pub(super) time: bool,
    /// It was there in every sample.
    pub(super) always: bool,
}

pub(super) struct Draft<'a> {
    pub(super) paths: Vec<(String, Facts)>,
    pub(super) target: &'a Schemas,
    pub(super) lines: String,
    pub(super) decisions: Vec<String>,
}

/// Objects within each other that a draft goes into.
const DEPTH_MAX: u32 = 2;

impl Draft<'_> {
    pub(super) fn object(&mut self, id: SchemaId, prefix: &str, mandatory: bool, depth: u32) {
        let Some(node) = self.target.get(id) else { return };
        for (name, child) in &node.properties {
            if prefix.is_empty() && HEADER_MEMBERS.contains(&name.as_str()) {
                continue;
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let required = mandatory && node.requires(name);
            let Some(inner) = self.target.get(*child) else { continue };
            let object = inner.kinds.only(Kinds::OBJECT) && !self.target.is_money(*child);
            if object && depth < DEPTH_MAX && required {
                let before = (self.lines.len(), self.decisions.len());
                self.object(*child, &path, true, depth + 1);
                // All its parts may be left out, it itself may not.
                if before == (self.lines.len(), self.decisions.len()) {
                    self.decisions.push(format!("{path}: no field looks like a part of it"));
                }
            } else if let Some(rule) = self.rule(name, *child, inner, required) {
                // YAML keeps brackets at the head of a text for itself.
                let quote = if rule.starts_with('[') { "'" } else { "" };
                let rule = rule.replace('\'', if quote.is_empty() { "'" } else { "''" });
                let _infallible = writeln!(self.lines, "  {path}: {quote}{rule}{quote}");
            } else if required {
                let wanted = inner
                    .one_of
                    .as_ref()
                    .map_or_else(|| inner.kinds.words(), |it| format!("one of {}", it.join(", ")));
                self.decisions.push(format!("{path}: no field looks like it; it wants {wanted}"));
            }
        }
    }

    /// A rule for a target field from the source field of nearly its name.
    fn rule(&self, name: &str, id: SchemaId, target: &Schema, required: bool) -> Option<String> {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        let names: Vec<String> = self.paths.iter().map(|(path, _)| last(path)).collect();
        let found = names
            .iter()
            .find(|it| *it == name)
            .map(String::as_str)
            .or_else(|| nearest(name, names.iter().map(String::as_str)))?;
        let (path, facts) = self.paths.iter().find(|(path, _)| last(path) == found)?;
        if required && !facts.always {
            return None;
        }
        let text = facts.kinds.only(Kinds::TEXT);
        let number = facts.kinds.only(Kinds::NUMBER.with(Kinds::INTEGER));
        let time = target.format.as_deref() == Some("date-time");
        Some(match () {
            () if target.one_of.is_some() => return None,
            () if self.target.is_money(id) => return None,
            () if time && facts.time => format!("{path} | timestamp"),
            () if target.format.is_some() => return None,
            () if target.kinds.only(Kinds::TEXT) && text => path.clone(),
            () if target.kinds.only(Kinds::TEXT) && number => format!("{path} | text"),
            () if target.kinds.only(Kinds::BOOL) && facts.kinds.only(Kinds::BOOL) => path.clone(),
            () if target.kinds.only(Kinds::INTEGER) && (text || number) => format!("{path} | int"),
            () if target.kinds.only(Kinds::NUMBER.with(Kinds::INTEGER)) && (text || number) => {
                format!("{path} | decimal")
            }
            () => return None,
        })
    }
}
