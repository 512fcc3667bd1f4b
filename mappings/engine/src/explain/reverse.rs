//! Maps read backwards: which fields can be, by which pipe, and a draft of the
//! out map that does it.

use codec::{
    diagnostic::Diagnostic,
    layout::Layout,
    yaml::{self, Faults},
};
use serde::Serialize;

use crate::{
    language::{
        expr::{Call, Expr, ExprKind, Origin, Path, Step, push_key},
        map_file::{self, MapFile},
        rule::{Each, Field, Rule, RuleKind},
        table::{Becomes, Table, read_shared},
    },
    library::{Library, beside},
    schema::{Kinds, SchemaId, Schemas, from_shape, read_json_schema},
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
    /// Path at the source that it goes back to, `[]` for list elements.
    pub source: Option<String>,
    /// The pipe that writes it, from the canonical record.
    pub pipe: Option<String>,
    /// Of what is read-only: M18 its pipe loses something, M19 its table is many
    /// to one, M20 it is derived.
    pub code: Option<&'static str>,
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
    let schemas = source_of(path, &file, library)?;
    let mut inverter = Inverter {
        file: &file,
        library,
        schemas: &schemas,
        fields: Vec::new(),
        tables: Vec::new(),
    };
    let mut body = Body::default();
    inverter.object(
        &file.fields,
        &Scope { target: "", local: "", source: "", schema: Some(0) },
        &mut body,
    );
    Ok(Reversed { map: inverter.draft(&body), fields: inverter.fields })
}

/// What comes in: a schema, or a layout.
fn source_of(
    path: &str,
    file: &MapFile,
    library: &dyn Library,
) -> Result<Schemas, Vec<Diagnostic>> {
    let source = beside(path, &file.source.0);
    let broken = |message| vec![Diagnostic::error("M00", path, file.source.1, message)];
    if source.ends_with(".json") {
        return read_json_schema(library, &source).map_err(broken);
    }
    let text =
        library.read(&source).ok_or_else(|| broken(format!("there is no file `{source}`")))?;
    let files = |name: &str| library.read(&beside(&source, name)).map(|it| it.to_string());
    Ok(from_shape(&source, Layout::parse_among(&source, &text, &files)?.shape()))
}

/// Lines of the draft, one object deep.
#[derive(Default)]
struct Body {
    fields: Vec<(String, String)>,
    lists: Vec<(String, String, Option<String>, Body)>,
}

struct Inverter<'a> {
    file: &'a MapFile,
    library: &'a dyn Library,
    schemas: &'a Schemas,
    fields: Vec<ReverseField>,
    /// Tables needed backwards, by name.
    tables: Vec<String>,
}

/// Where the inverter stands.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// Canonical path of the element at hand, for the report.
    target: &'a str,
    /// Canonical path within the element at hand.
    local: &'a str,
    /// Path of the element at the source, for the report.
    source: &'a str,
    schema: Option<SchemaId>,
}

/// Why a field is not read backwards.
struct Why {
    code: &'static str,
    text: String,
}

impl Why {
    fn derived(text: impl Into<String>) -> Self {
        Self { code: "M20", text: text.into() }
    }
}

impl Inverter<'_> {
    /// The fields of one object.
    fn object(&mut self, fields: &[Field], scope: &Scope<'_>, body: &mut Body) {
        for field in fields {
            let mut local = scope.local.to_owned();
            for name in &field.path {
                if !local.is_empty() {
                    local.push('.');
                }
                push_key(&mut local, name);
            }
            self.rule(&field.rule, &Scope { local: &local, ..*scope }, body);
        }
    }

    fn rule(&mut self, rule: &Rule, scope: &Scope<'_>, body: &mut Body) {
        let why = match &rule.kind {
            RuleKind::Object { fields, .. } => return self.object(fields, scope, body),
            RuleKind::Each(each) => match self.each(each, scope, body) {
                Ok(()) => return,
                Err(why) => why,
            },
            RuleKind::Value(text) => match self.invert(&text.expr, scope.local, scope.schema) {
                Ok(back) if body.fields.iter().any(|(known, _)| *known == back.source) => {
                    Why::derived("another field goes back to the same place")
                }
                Ok(back) => {
                    body.fields.push((back.source.clone(), back.pipe.clone()));
                    self.fields.push(ReverseField {
                        target: joined(scope.target, scope.local),
                        level: if back.exact { Level::Exact } else { Level::NormalForm },
                        source: Some(joined(scope.source, &back.source)),
                        pipe: Some(back.pipe),
                        code: None,
                    });
                    return;
                }
                Err(why) => why,
            },
            RuleKind::Const(_) => Why::derived("a constant says nothing about the source"),
            RuleKind::Choose(_) => Why::derived("a choice by condition has no one source"),
            RuleKind::List(_) => Why::derived("a fixed list has no one source"),
            RuleKind::Join { .. } => {
                Why::derived("a joined text does not say where its parts begin")
            }
        };
        self.fields.push(ReverseField {
            target: joined(scope.target, scope.local),
            level: Level::ReadOnly(why.text),
            source: None,
            pipe: None,
            code: Some(why.code),
        });
    }

    /// A list whose elements go back one by one.
    fn each(&mut self, each: &Each, scope: &Scope<'_>, body: &mut Body) -> Result<(), Why> {
        let head = match &each.list.expr.kind {
            ExprKind::Path(path) if each.condition.is_none() => plain_path(path),
            _ => None,
        };
        let (Some(head), RuleKind::Object { fields, .. }) = (head, &each.body.kind) else {
            return Err(Why::derived("only a whole list of objects is read backwards"));
        };
        let schema = self.schema_at(scope.schema, &head).and_then(|id| self.schemas.get(id)?.items);
        let source = join_path(&head);
        let inner = Scope {
            target: &format!("{}[]", joined(scope.target, scope.local)),
            local: "",
            source: &format!("{}[]", joined(scope.source, &source)),
            schema,
        };
        let mut lines = Body::default();
        self.object(fields, &inner, &mut lines);
        // The out map's key is what the source calls the same field.
        let key = each.key.as_ref().and_then(|key| {
            let head = |pipe: &str| pipe.split(" | ").next() == Some(key.as_str());
            lines.fields.iter().find(|(_, pipe)| head(pipe)).map(|(source, _)| source.clone())
        });
        if !(lines.fields.is_empty() && lines.lists.is_empty()) {
            body.lists.push((source, scope.local.to_owned(), key, lines));
        }
        Ok(())
    }

    /// Where a value came from and the pipe back.
    fn invert(&mut self, expr: &Expr, local: &str, scope: Option<SchemaId>) -> Result<Back, Why> {
        let (head, calls): (&Expr, &[Call]) = match &expr.kind {
            ExprKind::Pipe { head, calls } => (head, calls),
            _ => (expr, &[]),
        };
        let ExprKind::Path(path) = &head.kind else {
            return Err(Why::derived("a calculation has no one source"));
        };
        let names = plain_path(path).ok_or_else(|| {
            Why::derived("only plain paths of the element itself are read backwards")
        })?;
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
        } else if !numeric && (ends_as_number || calls.iter().any(makes_number)) {
            pipe.push("text".into());
        }
        Ok(Back { source: join_path(&names), pipe: pipe.join(" | "), exact })
    }

    /// The steps back through one function.
    fn inverse(&mut self, call: &Call) -> Result<(Vec<String>, bool), Why> {
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
                None => Err(Why::derived("`prefix` with a path cannot be taken off again")),
            },
            "without_prefix" => match text(0) {
                Some(prefix) => Ok((vec![format!("prefix({})", quoted(&prefix))], true)),
                None => same,
            },
            "negate" => Ok((vec!["decimal".into(), "negate".into()], false)),
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
            name => {
                let loses = crate::functions::find(name).map_or("", |it| it.loses);
                Err(match loses {
                    "" => Why::derived(format!("`{name}` is not read backwards")),
                    loses => Why { code: "M18", text: format!("`{name}` loses {loses}") },
                })
            }
        }
    }

    /// A table back: one to one, or by its representatives.
    fn inverse_table(&mut self, call: &Call) -> Result<(Vec<String>, bool), Why> {
        let name = match call.args.first().map(|arg| &arg.value.kind) {
            Some(ExprKind::Text(name)) => name.clone(),
            Some(ExprKind::Path(Path { steps, .. })) => match steps.first() {
                Some(Step::Key(name, _)) => name.clone(),
                _ => return Err(Why::derived("a table without a name")),
            },
            _ => return Err(Why::derived("a table without a name")),
        };
        if call.args.len() > 1 {
            return Err(Why::derived(format!("table `{name}` is asked by date")));
        }
        if self.back(&name).is_none() {
            let text = format!(
                "table `{name}` is many to one: name its representatives under `reverse_tables:`"
            );
            return Err(Why { code: "M19", text });
        }
        if !self.tables.contains(&name) {
            self.tables.push(name.clone());
        }
        let back = serde_json::to_string(&format!("{name}_back")).unwrap_or_default();
        Ok((vec![format!("table({back})")], false))
    }

    /// The entries of a table turned round, if each result has one key.
    fn back(&self, name: &str) -> Option<Vec<(String, String)>> {
        let own = self.file.tables.iter().find(|it| it.name == name).cloned();
        let table = own.or_else(|| shared(name, self.library))?;
        let [edition] = table.editions.as_slice() else { return None };
        let chosen = self.file.reverse_tables.iter().find(|it| it.name == name);
        let mut back = chosen.map(|it| it.entries.clone()).unwrap_or_default();
        let fixed = back.len();
        for entry in &edition.entries {
            let Becomes::Text(value) = &entry.value else { continue };
            match back.iter().position(|(result, _)| result == value) {
                Some(index) if index < fixed => {}
                Some(_) => return None,
                None => back.push((value.clone(), entry.key.clone())),
            }
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
            out.push_str(&format!("  {}:\n", quoted(&format!("{name}_back"))));
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

/// Whether a step makes a number of a text, so that back it is one again.
fn makes_number(call: &Call) -> bool {
    matches!(call.name.as_str(), "int" | "decimal" | "negate")
}

/// A rule read backwards.
struct Back {
    /// Path within its element at the source.
    source: String,
    pipe: String,
    exact: bool,
}

/// A table under `mappings/tables/`.
pub(crate) fn shared(name: &str, library: &dyn Library) -> Option<Table> {
    let path = format!("tables/{name}.yaml");
    let node = yaml::parse(&path, &library.read(&path)?).ok()?;
    read_shared(&Faults::new(&path), name, &node)
}

/// `a.b`; either may be empty.
fn joined(around: &str, path: &str) -> String {
    if around.is_empty() { path.to_owned() } else { format!("{around}.{path}") }
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
