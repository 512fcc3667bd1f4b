//! Compiles a map: reads it, its schemas and tables, proves what can be proved.

use std::{collections::HashMap, sync::Arc};

use canon::{
    entity::{Classification, Entity},
    event::VersionKind,
};
use codec::{
    diagnostic::{Diagnostic, Severity, nearest},
    layout::Layout,
    yaml::{self, Faults},
};

use super::{
    backwards::{self, Backwards},
    cost::{self, Cost},
    lower::{Lower, ScopeInfo},
    target::expr_at,
};
use crate::{
    input::rows::RowPlan,
    language::{
        map_file::{self, MapFile},
        policy::Absent,
        rule::{At, Rule},
    },
    library::{Library, beside},
    map::{Direction, Map},
    plan::{Plan, op::Op},
    run::machine::SCOPES_MAX,
    schema::{Schemas, from_shape, read_json_schema},
    types::{Kind, Type},
};

/// What an installation says about its maps.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Tables of the installation, by name; they go before the map's own.
    pub tables: HashMap<String, Vec<(String, String)>>,
    /// The strictest class that the destination of an out map may receive;
    /// `None`: anything.
    pub destination: Option<Classification>,
}

/// What came of compiling a map.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The map, when it has no errors.
    pub map: Option<Arc<Map>>,
    /// Errors and warnings, in order of the file.
    pub diagnostics: Vec<Diagnostic>,
    /// What was proved of the target schema.
    pub report: Obligations,
    /// Of an out map with `reverse:`: what became of the in map's fields.
    pub backwards: Option<Backwards>,
    /// Path of the source's schema or layout.
    pub source: Option<String>,
    /// What one record costs at most.
    pub cost: Cost,
}

/// The assertions of the target schema with their verdicts.
#[derive(Clone, Debug, Default)]
pub struct Obligations {
    /// Known to hold before anything runs.
    pub proved: usize,
    /// Looked at while a record is written.
    pub checked: usize,
    /// Cannot hold.
    pub errors: usize,
    /// Each of them: target path, assertion, verdict.
    pub list: Vec<(String, &'static str, Verdict)>,
}

/// What is known of one assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Proved,
    Checked,
    Error,
}

impl Obligations {
    pub(crate) fn add(&mut self, path: &str, what: &'static str, verdict: Verdict) {
        match verdict {
            Verdict::Proved => self.proved += 1,
            Verdict::Checked => self.checked += 1,
            Verdict::Error => self.errors += 1,
        }
        self.list.push((path.to_owned(), what, verdict));
    }
}

/// Compiles the map at `path`.
pub fn compile(path: &str, library: &dyn Library, options: &Options) -> Compiled {
    let faults = Faults::new(path);
    let mut found = Compiled::default();
    let map = build(path, library, options, &faults, &mut found);
    let diagnostics = faults.into_vec();
    let broken = diagnostics.iter().any(|it| it.severity == Severity::Error);
    Compiled { map: map.filter(|_| !broken).map(Arc::new), diagnostics, ..found }
}

fn build(
    path: &str,
    library: &dyn Library,
    options: &Options,
    faults: &Faults,
    found: &mut Compiled,
) -> Option<Map> {
    let start = (codec::diagnostic::Place::START, 1);
    let Some(text) = library.read(path) else {
        faults.push(Diagnostic::error("M00", path, start, "there is no such map"));
        return None;
    };
    let node = yaml::parse(path, &text)
        .map_err(|list| list.into_iter().for_each(|fault| faults.push(fault)))
        .ok()?;
    let mut file = map_file::read(faults, &node)?;
    found.source = Some(beside(path, &file.source.0));
    let ends = Ends::of(path, &file, library, faults)?;
    let taken = backwards::take(path, &mut file, &ends.target, (library, faults));
    let mut lower = Lower {
        unread: !faults.is_empty(),
        faults,
        library,
        plan: Plan::default(),
        source: &ends.source,
        target: &ends.target,
        scopes: vec![ScopeInfo { node: Some(0), schema: Some(0), element: None }],
        policy: file.policy.field.clone(),
        map_policy: file.policy.field.clone(),
        tables: file.tables.clone(),
        table_ids: HashMap::new(),
        tables_used: Vec::new(),
        tables_given: &options.tables,
        obligations: Obligations::default(),
        text: None,
        needs_used: vec![false; file.needs.len()],
        known: Vec::new(),
        interned: HashMap::new(),
        outbound: ends.direction == Direction::Out,
        may_receive_personal: ends.may_receive_personal(&file, options),
    };
    lower.plan.needs = file.needs.iter().map(|it| (it.name.clone(), it.optional)).collect();
    lower.plan.on_fault = file.policy.fault;
    lower.root(&file.fields, file.fields_at);
    header(&mut lower, &file, &ends);
    unused(&lower, &file);
    found.cost = cost::count(&lower, &file);
    found.backwards = taken.map(|it| it.judge(&lower, &file));
    let mut plan = std::mem::take(&mut lower.plan);
    plan.seal();
    found.report = std::mem::take(&mut lower.obligations);
    let rows = ends.layout.as_ref().map(|layout| RowPlan::new(&plan.trie, layout.shape()));
    Some(Map::new(file, plan, rows, ends.direction, ends.entity))
}

/// Both sides of a map.
struct Ends {
    source: Schemas,
    target: Schemas,
    layout: Option<Layout>,
    direction: Direction,
    entity: Option<Entity>,
    schema_version: String,
}

impl Ends {
    fn of(path: &str, file: &MapFile, library: &dyn Library, faults: &Faults) -> Option<Self> {
        let target_entity = entity_of(&file.target.0);
        let source_entity = entity_of(&file.source.0);
        let both = [(&file.target, &target_entity), (&file.source, &source_entity)];
        for ((name, at), entity) in both {
            if let Some((entity, major)) = entity
                && (entity.is_none() || major != "1")
            {
                let names: Vec<&str> = Entity::ALL.iter().map(|it| it.name()).collect();
                let plain = name.split('@').next().unwrap_or_default();
                let mut fault = Diagnostic::error(
                    "M02",
                    faults.file(),
                    *at,
                    format!("there is no canonical entity `{name}`"),
                )
                .expected("`entity@1`");
                fault.help = nearest(plain, names).map(|near| format!("did you mean `{near}@1`?"));
                faults.push(fault);
                return None;
            }
        }
        let (direction, entity) = match (&target_entity, &source_entity) {
            (Some((entity, _)), _) => (Direction::In, *entity),
            (None, Some((entity, _))) => (Direction::Out, *entity),
            (None, None) => {
                faults.push(
                    Diagnostic::error("M02", faults.file(), file.target.1, "neither side is a canonical entity")
                        .expected("`target: order@1` for a map that comes in, `source: order@1` for one that goes out"),
                );
                return None;
            }
        };
        let mut layout = None;
        let source = side(
            path,
            &file.source,
            entity,
            direction == Direction::Out,
            (library, faults),
            Some(&mut layout),
        )?;
        let target =
            side(path, &file.target, entity, direction == Direction::In, (library, faults), None)?;
        Some(Self { source, target, layout, direction, entity, schema_version: "1.0".into() })
    }

    fn may_receive_personal(&self, file: &MapFile, options: &Options) -> bool {
        let class = match self.direction {
            Direction::In => file.classification.or(self.entity.map(Entity::classification)),
            Direction::Out => file.classification.or(options.destination),
        };
        class.is_none_or(|it| it == Classification::Restricted)
    }
}

/// `order@1`: the entity, if there is one of that name, and the major version.
fn entity_of(name: &str) -> Option<(Option<Entity>, String)> {
    let (entity, major) = name.split_once('@')?;
    if name.contains(['/', '.']) {
        return None;
    }
    Some((Entity::from_name(entity), major.to_owned()))
}

/// Reads the schema or layout of one side.
fn side(
    path: &str,
    (name, at): &(String, At),
    entity: Option<Entity>,
    canonical: bool,
    (library, faults): (&dyn Library, &Faults),
    keep: Option<&mut Option<Layout>>,
) -> Option<Schemas> {
    let file = match entity {
        Some(entity) if canonical => format!("canon/v1/{}.schema.json", entity.name()),
        _ => beside(path, name),
    };
    if !file.ends_with(".json") {
        let Some(text) = library.read(&file) else {
            faults.push(Diagnostic::error(
                "M00",
                faults.file(),
                *at,
                format!("there is no file `{file}`"),
            ));
            return None;
        };
        let files = |name: &str| library.read(&beside(&file, name)).map(|it| it.to_string());
        return match Layout::parse_among(&file, &text, &files) {
            Ok(layout) => {
                let schemas = from_shape(&file, layout.shape());
                if let Some(keep) = keep {
                    *keep = Some(layout);
                }
                Some(schemas)
            }
            Err(list) => {
                list.into_iter().for_each(|fault| faults.push(fault));
                None
            }
        };
    }
    match read_json_schema(library, &file) {
        Ok(schemas) => Some(schemas),
        Err(message) => {
            faults.push(Diagnostic::error("M00", faults.file(), *at, message));
            None
        }
    }
}

/// Lowers the envelope.
fn header(lower: &mut Lower<'_>, file: &MapFile, ends: &Ends) {
    let rules = &file.header;
    lower.plan.header.schema_version.clone_from(&ends.schema_version);
    lower.plan.header.classification = file.classification;
    let actions: Vec<_> = rules
        .action
        .iter()
        .map(|branch| (branch.cond.as_ref().map(|it| lower.condition_text(it)), branch.action))
        .collect();
    lower.plan.header.actions = actions
        .into_iter()
        .filter_map(|(cond, action)| match cond {
            None => Some((None, action)),
            Some(cond) => cond.map(|it| (Some(it), action)),
        })
        .collect();
    if ends.direction == Direction::Out {
        out_header(lower);
        return;
    }
    lower.plan.header.entity = ends.entity;
    match &rules.source_id {
        None => {
            lower
                .error_at("M04", file.at, "the map does not say how the source calls the thing")
                .help("add `source_id: …`");
        }
        Some(rule) => {
            lower.plan.header.source_id = source_id(lower, file, rule);
        }
    }
    if let Some(rule) = &rules.source_version
        && let Some(lowered) = shown_rule(lower, file, rule, "source_version")
    {
        lower.plan.header.source_version = Some(lowered.expr);
        lower.plan.header.version_kind = rules.version_kind.unwrap_or(match lowered.ty.kind {
            Kind::Instant => VersionKind::Timestamp,
            Kind::Number | Kind::Decimal => VersionKind::Integer,
            _ => VersionKind::Etag,
        });
    }
    if let Some(rule) = &rules.occurred_at
        && let Some(lowered) = envelope_rule(lower, rule)
    {
        if !matches!(lowered.ty.kind, Kind::Instant | Kind::Any) {
            lower
                .error_at(
                    "M05",
                    rule.at,
                    format!("`occurred_at` wants a time, and this is {}", lowered.ty.kind.words()),
                )
                .help("`| timestamp`, with the zone if the text has no offset");
        }
        lower.plan.header.occurred_at = Some(lowered.expr);
    }
    lower.plan.header.partition_key = match &rules.partition_key {
        Some(rule) => shown_rule(lower, file, rule, "partition_key").map(|it| it.expr),
        None => stock_key(lower, ends.entity),
    };
}

/// A rule of the envelope whose value logs, traces and the ledger show.
fn shown_rule(
    lower: &mut Lower<'_>,
    file: &MapFile,
    rule: &Rule,
    name: &str,
) -> Option<super::lower::Lowered> {
    let lowered = envelope_rule(lower, rule)?;
    let said = file.header.personal_id.as_ref().is_some_and(|it| !it.trim().is_empty());
    if lowered.ty.personal && !said {
        let from = lowered.ty.path.as_deref().unwrap_or("this");
        let message =
            format!("`{from}` is personal data, and logs, traces and the ledger show `{name}`");
        lower.warning_at("M22", rule.at, message).help(
            "another id of the thing, or `| sha256`, or `personal_id: why it must be this one`",
        );
    }
    Some(lowered)
}

fn envelope_rule(lower: &mut Lower<'_>, rule: &Rule) -> Option<super::lower::Lowered> {
    let held = lower.policy.clone();
    lower.policy = rule.policy.within(&held);
    let lowered = lower.rule_expr(rule);
    lower.policy = held;
    let lowered = lowered?;
    if matches!(lowered.ty.kind, Kind::Object | Kind::List | Kind::Texts) {
        lower.error_at(
            "M07",
            rule.at,
            format!("one value is expected here, not {}", lowered.ty.kind.words()),
        );
        return None;
    }
    Some(lowered)
}

fn source_id(lower: &mut Lower<'_>, file: &MapFile, rule: &Rule) -> Option<u32> {
    let lowered = shown_rule(lower, file, rule, "source_id")?;
    let errors = rule.policy.missing == Some(Absent::Error)
        || lower.map_policy.missing == Some(Absent::Error);
    if lowered.ty.may_be_absent() && !errors {
        let what = lowered.ty.path.as_deref().unwrap_or("its value");
        lower
            .error_at(
                "M06",
                rule.at,
                format!("`source_id` must always be there, and `{what}` may be absent"),
            )
            .help("`{ from: …, missing: error }` sets records without it aside");
    }
    Some(lowered.expr)
}

/// Out maps know the record by its hub id.
fn out_header(lower: &mut Lower<'_>) {
    let node = lower.plan.trie.child(0, "hub_id");
    let slot = lower.plan.trie.slot(node);
    let place = crate::plan::op::Place {
        depth: 0,
        slot,
        hops: Vec::new(),
        node,
        kinds: crate::schema::Kinds::TEXT,
    };
    let ty = Type::made(Kind::Text);
    lower.plan.header.source_id =
        Some(lower.push_expr(vec![(Op::Load(place), "load")], &ty, "hub_id"));
}

/// Stock stays in order by variant and location.
fn stock_key(lower: &mut Lower<'_>, entity: Option<Entity>) -> Option<u32> {
    let stock = matches!(
        entity,
        Some(Entity::InventoryLevel | Entity::InventoryMovement | Entity::Reservation)
    );
    if !stock {
        return None;
    }
    let part = |lower: &Lower<'_>, name: &str| {
        expr_at(lower, &format!("{name}.value"))
            .or_else(|| expr_at(lower, &format!("{name}.hub_id")))
    };
    let (variant, location) = (part(lower, "variant")?, part(lower, "location")?);
    let with = lower.intern("@");
    let op = Op::Joined { parts: vec![variant, location], with };
    Some(lower.push_expr(vec![(op, "join")], &Type::made(Kind::Text), "variant@location"))
}

/// Tables and needs that nothing uses.
fn unused(lower: &Lower<'_>, file: &MapFile) {
    for table in &file.tables {
        if table.own && !lower.tables_used.contains(&table.name) {
            lower.warning_at("M25", table.at, format!("no rule uses the table `{}`", table.name));
        }
    }
    for (need, used) in file.needs.iter().zip(&lower.needs_used) {
        if !used {
            lower.warning_at("M25", file.at, format!("no rule uses the need `{}`", need.name));
        }
    }
    super::backwards::representatives(lower, &file.reverse_tables);
    if lower.scopes.len() > SCOPES_MAX {
        lower.error_at("M26", file.at, "lists nest too deep");
    }
}
