//! Maps read backwards: which fields can be, by which pipe, and a draft of the
//! out map that does it.

use codec::{
    diagnostic::Diagnostic,
    yaml::{self, Faults},
};
use serde::Serialize;

use crate::{
    language::{
        expr::{Call, Expr, ExprKind, Origin, Path, Step, push_key},
        map_file::{self, MapFile},
        rule::{Field, Rule, RuleKind},
    },
    library::{Library, beside},
    schema::{Kinds, SchemaId, Schemas, read_json_schema},
};

/// What of a map can be read backwards.
#[derive(Clone, Debug, Serialize)]
pub struct Reversed {
    /// Each target field of the in map.
    pub fields: Vec<ReverseField>,
    /// A draft of the out map, as YAML.
    pub map: String,
}

/// One field read backwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReverseField {
    /// Canonical path, `[]` for list elements.
    pub target: String,
    pub level: Level,
    /// Path at the source that it goes back to.
    pub source: Option<String>,
    /// The pipe that writes it, from the canonical record.
    pub pipe: Option<String>,
}

/// How well a field comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "level", content = "why")]
pub enum Level {
    /// Byte for byte.
    Exact,
    /// In its canonical form; a value that already says the same is kept.
    NormalForm,
    /// Not at all.
    ReadOnly(String),
}

/// Reads the in map at `path` backwards.
///
/// # Errors
/// The faults of the map file, when it cannot be read.
pub fn reverse(path: &str, library: &dyn Library) -> Result<Reversed, Vec<Diagnostic>> {
    let faults = Faults::new(path);
    let start = (codec::diagnostic::Place::START, 1);
    let missing = || vec![Diagnostic::error("M00", path, start, "there is no such map")];
    let text = library.read(path).ok_or_else(missing)?;
    let node = yaml::parse(path, &text)?;
    let Some(file) = map_file::read(&faults, &node).filter(|_| faults.is_empty()) else {
        return Err(faults.into_vec());
    };
    let schemas = read_json_schema(library, &beside(path, &file.source.0))
        .map_err(|message| vec![Diagnostic::error("M00", path, file.source.1, message)])?;
    let mut inverter =
        Inverter { file: &file, schemas: &schemas, fields: Vec::new(), tables: Vec::new() };
    let mut body = Body::default();
    inverter.object(&file.fields, "", "", Some(0), &mut body);
    Ok(Reversed { map: inverter.draft(&body), fields: inverter.fields })
}

/// Lines of the draft, one object deep.
#[derive(Default)]
struct Body {
    fields: Vec<(String, String)>,
    lists: Vec<(String, String, Option<String>, Body)>,
}

struct Inverter<'a> {
    file: &'a MapFile,
    schemas: &'a Schemas,
    fields: Vec<ReverseField>,
    /// Tables needed backwards, by name.
    tables: Vec<String>,
}

impl Inverter<'_> {
    /// The fields of one object; `prefix` is its canonical path for the report,
    /// `local` within the element at hand.
    fn object(
        &mut self,
        fields: &[Field],
        prefix: &str,
        local: &str,
        scope: Option<SchemaId>,
        body: &mut Body,
    ) {
        for field in fields {
            let mut path = local.to_owned();
            for name in &field.path {
                if !path.is_empty() {
                    path.push('.');
                }
                push_key(&mut path, name);
            }
            let shown = if prefix.is_empty() { path.clone() } else { format!("{prefix}.{path}") };
            self.rule(&field.rule, (prefix, &shown, &path), scope, body);
        }
    }

    fn rule(
        &mut self,
        rule: &Rule,
        (prefix, shown, local): (&str, &str, &str),
        scope: Option<SchemaId>,
        body: &mut Body,
    ) {
        let derived = |why: &str| Level::ReadOnly(why.to_owned());
        let level = match &rule.kind {
            RuleKind::Object { fields, .. } => {
                return self.object(fields, prefix, local, scope, body);
            }
            RuleKind::Each(each) => {
                let head = match &each.list.expr.kind {
                    ExprKind::Path(path) if each.condition.is_none() => plain_path(path),
                    _ => None,
                };
                let (Some(head), RuleKind::Object { fields, .. }) = (head, &each.body.kind) else {
                    return self
                        .note(shown, derived("only a whole list of objects is read backwards"));
                };
                let items = self.schema_at(scope, &head).and_then(|id| self.schemas.get(id)?.items);
                let mut inner = Body::default();
                self.object(fields, &format!("{shown}[]"), "", items, &mut inner);
                body.lists.push((join_path(&head), local.to_owned(), each.key.clone(), inner));
                return;
            }
            RuleKind::Value(text) => match self.invert(&text.expr, local, scope) {
                Ok((source, pipe, exact)) => {
                    let level = if exact { Level::Exact } else { Level::NormalForm };
                    let taken = body.fields.iter().any(|(known, _)| *known == source);
                    if taken {
                        derived("another field goes back to the same place")
                    } else {
                        body.fields.push((source.clone(), pipe.clone()));
                        self.fields.push(ReverseField {
                            target: shown.into(),
                            level,
                            source: Some(source),
                            pipe: Some(pipe),
                        });
                        return;
                    }
                }
                Err(why) => Level::ReadOnly(why),
            },
            RuleKind::Const(_) => derived("a constant says nothing about the source"),
            RuleKind::Choose(_) => derived("a choice by condition has no one source"),
            RuleKind::List(_) => derived("a fixed list has no one source"),
            RuleKind::Join { .. } => derived("a joined text does not say where its parts begin"),
        };
        self.note(shown, level);
    }

    fn note(&mut self, target: &str, level: Level) {
        self.fields.push(ReverseField { target: target.into(), level, source: None, pipe: None });
    }

    /// Where a value came from, the pipe back, and whether it is exact.
    fn invert(
        &mut self,
        expr: &Expr,
        local: &str,
        scope: Option<SchemaId>,
    ) -> Result<(String, String, bool), String> {
        let (head, calls): (&Expr, &[Call]) = match &expr.kind {
            ExprKind::Pipe { head, calls } => (head, calls),
            _ => (expr, &[]),
        };
        let ExprKind::Path(path) = &head.kind else {
            return Err("a calculation has no one source".into());
        };
        let names =
            plain_path(path).ok_or("only plain paths of the element itself are read backwards")?;
        let schema = self.schema_at(scope, &names).and_then(|id| self.schemas.get(id));
        let numeric = schema.is_some_and(|it| it.kinds.only(Kinds::NUMBER.with(Kinds::INTEGER)));
        let whole = schema.is_some_and(|it| it.kinds.only(Kinds::INTEGER));
        let mut pipe = vec![local.to_owned()];
        let mut exact = calls.is_empty();
        for call in calls.iter().rev() {
            let (steps, lossless) = self.inverse(call)?;
            exact |= lossless && calls.len() == 1;
            pipe.extend(steps);
        }
        let ends_as_number = pipe
            .last()
            .is_some_and(|it| it.starts_with("to_epoch") || it == "amount" || it == "minor_units");
        if numeric && !ends_as_number {
            pipe.push(if whole { "int".into() } else { "decimal".into() });
        } else if numeric && whole && pipe.last().is_some_and(|it| it == "amount") {
            pipe.push("int".into());
        } else if !numeric && ends_as_number {
            pipe.push("text".into());
        }
        Ok((join_path(&names), pipe.join(" | "), exact))
    }

    /// The steps back through one function.
    fn inverse(&mut self, call: &Call) -> Result<(Vec<String>, bool), String> {
        let text = |index: usize| match call.args.get(index).map(|arg| &arg.value.kind) {
            Some(ExprKind::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let named = |name: &str| {
            call.args
                .iter()
                .find(|arg| arg.name.as_deref() == Some(name))
                .map(|arg| &arg.value.kind)
        };
        let zone = text(1).or(match named("zone") {
            Some(ExprKind::Text(zone)) => Some(zone.clone()),
            _ => None,
        });
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let same = Ok((Vec::new(), false));
        match call.name.as_str() {
            "text" => Ok((Vec::new(), true)),
            "trim" | "collapse_space" | "upper" | "lower" | "nfc" | "width" | "kana_full"
            | "kana_half" | "decimal" | "int" | "default" | "absent_if" | "matches" | "gtin"
            | "postal_jp" | "e164" | "invoice_no_jp" | "number_text"
                if call.name != "decimal" || call.args.is_empty() =>
            {
                same
            }
            "prefix" => match text(0) {
                Some(prefix) => {
                    Ok((vec![format!("without_prefix({}, strict=true)", quoted(&prefix))], true))
                }
                None => Err("`prefix` with a path cannot be taken off again".into()),
            },
            "without_prefix" => match text(0) {
                Some(prefix) => Ok((vec![format!("prefix({})", quoted(&prefix))], true)),
                None => same,
            },
            "negate" => Ok((vec!["negate".into()], true)),
            "money" => Ok((vec!["amount".into()], false)),
            "timestamp" => Ok((
                match (text(0), zone) {
                    (Some(format), Some(zone)) => vec![
                        "timestamp".into(),
                        format!("in_zone({})", quoted(&zone)),
                        format!("format_time({})", quoted(&format)),
                    ],
                    (Some(format), None) => {
                        vec!["timestamp".into(), format!("format_time({})", quoted(&format))]
                    }
                    (None, _) => Vec::new(),
                },
                false,
            )),
            "date" => Ok((
                text(0).map_or_else(Vec::new, |format| {
                    vec!["date".into(), format!("format_time({})", quoted(&format))]
                }),
                false,
            )),
            "epoch_s" => Ok((vec!["timestamp".into(), "to_epoch_s".into()], false)),
            "epoch_ms" => Ok((vec!["timestamp".into(), "to_epoch_ms".into()], false)),
            "prefecture" => Ok((vec!["prefecture(name)".into()], false)),
            "table" => self.inverse_table(call),
            name => Err(format!("`{name}` is not read backwards")),
        }
    }

    /// A table back: one to one, or by its representatives.
    fn inverse_table(&mut self, call: &Call) -> Result<(Vec<String>, bool), String> {
        let name = match call.args.first().map(|arg| &arg.value.kind) {
            Some(ExprKind::Text(name)) => name.clone(),
            Some(ExprKind::Path(Path { steps, .. })) => match steps.first() {
                Some(Step::Key(name, _)) => name.clone(),
                _ => return Err("a table without a name".into()),
            },
            _ => return Err("a table without a name".into()),
        };
        if self.back(&name).is_none() {
            return Err(format!(
                "table `{name}` is many to one: name its representatives under `reverse_tables:`"
            ));
        }
        if !self.tables.contains(&name) {
            self.tables.push(name.clone());
        }
        Ok((vec![format!("table({name}_back)")], false))
    }

    /// The entries of a table turned round, if each result has one key.
    fn back(&self, name: &str) -> Option<Vec<(String, String)>> {
        let table = self.file.tables.iter().find(|it| it.name == name)?;
        let [edition] = table.editions.as_slice() else { return None };
        let mut back: Vec<(String, String)> = table.reverse.clone();
        for entry in &edition.entries {
            let named = table.reverse.iter().any(|(result, _)| *result == entry.value);
            if named {
                continue;
            }
            if back.iter().any(|(result, _)| *result == entry.value) {
                return None;
            }
            back.push((entry.value.clone(), entry.key.clone()));
        }
        Some(back)
    }

    fn schema_at(&self, scope: Option<SchemaId>, names: &[String]) -> Option<SchemaId> {
        names.iter().try_fold(scope?, |id, name| self.schemas.member(id, name))
    }

    /// The out map as text.
    fn draft(&self, body: &Body) -> String {
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let mut out = format!(
            "# Drafted from {}@{}: the fields of it that can be read backwards.\nmap: {}-out\nversion: 1\nsource: {}\ntarget: {}\npolicy: {{ missing: omit, null: omit }}\n",
            self.file.id, self.file.version, self.file.id, self.file.target.0, self.file.source.0
        );
        if !self.tables.is_empty() {
            out.push_str("\ntables:\n");
        }
        for name in &self.tables {
            out.push_str(&format!("  {name}_back:\n"));
            for (from, to) in self.back(name).unwrap_or_default() {
                out.push_str(&format!("    {}: {}\n", quoted(&from), quoted(&to)));
            }
            out.push_str("    \"*\": fault\n");
        }
        out.push_str("\nfields:\n");
        write_body(body, 1, &mut out);
        out
    }
}

fn write_body(body: &Body, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    for (path, pipe) in &body.fields {
        out.push_str(&format!("{pad}{path}: {pipe}\n"));
    }
    for (path, list, key, inner) in &body.lists {
        out.push_str(&format!("{pad}{path}:\n{pad}  each: {list}\n"));
        if let Some(key) = key {
            out.push_str(&format!("{pad}  key: {key}\n"));
        }
        out.push_str(&format!("{pad}  fields:\n"));
        write_body(inner, depth + 2, out);
    }
}

/// The names of a path that is nothing but names of the element at hand.
fn plain_path(path: &Path) -> Option<Vec<String>> {
    if path.from != Origin::Up(0) || path.steps.is_empty() {
        return None;
    }
    path.steps
        .iter()
        .map(|step| match step {
            Step::Key(name, _) => Some(name.clone()),
            Step::Index(..) | Step::Find { .. } => None,
        })
        .collect()
}

fn join_path(names: &[String]) -> String {
    let mut text = String::new();
    for name in names {
        if !text.is_empty() {
            text.push('.');
        }
        push_key(&mut text, name);
    }
    text
}
