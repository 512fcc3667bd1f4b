//! Rules become target nodes.

use super::{
    assign::Assignment,
    compile::Verdict,
    lower::{Lower, Lowered},
};
use crate::{
    language::{
        policy::Absent,
        rule::{At, Branch, Field, Rule, RuleKind, Text},
    },
    plan::{
        NodeId,
        node::{Bounds, Chunk, Member, Node, OnAbsent, ValueNode},
    },
    run::header::HEADER_MEMBERS,
    schema::{Kinds, SchemaId},
    types::{Kind, Type},
};

/// Where a rule writes to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) schema: Option<SchemaId>,
    /// Path with `[]` for lists.
    pub(crate) path: String,
    /// It must be there whenever its record is.
    pub(crate) mandatory: bool,
}

/// Fields by the first name of their path.
struct Branching<'f> {
    name: String,
    at: At,
    rule: Option<&'f Field>,
    inner: Vec<(&'f Field, usize)>,
}

impl Lower<'_> {
    /// Lowers the fields of one object.
    pub(crate) fn fields(
        &mut self,
        fields: &[(&Field, usize)],
        at: At,
        target: &Target,
    ) -> Vec<Member> {
        let mut members = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for group in self.grouped(fields) {
            let Some(inner) = self.member_target(&group, target) else { continue };
            names.push(group.name.clone());
            let required = target
                .schema
                .and_then(|id| self.target.get(id))
                .is_some_and(|it| it.requires(&group.name));
            let node = match group.rule {
                Some(field) => self.rule(&field.rule, &inner),
                None => {
                    let members = self.fields(&group.inner, group.at, &inner);
                    Some(self.push_node(Node::Object { when: None, members }))
                }
            };
            let Some(node) = node else { continue };
            let key = format!("{}:", serde_json::to_string(&group.name).unwrap_or_default());
            let key = Chunk::new(key.into_bytes());
            let target = inner.path.as_str().into();
            members.push(Member { key, whole: None, node, required, target });
        }
        self.missing_members(&names, at, target);
        members
    }

    fn grouped<'f>(&self, fields: &[(&'f Field, usize)]) -> Vec<Branching<'f>> {
        let mut groups: Vec<Branching<'f>> = Vec::new();
        for (field, depth) in fields {
            let Some(name) = field.path.get(*depth) else { continue };
            let last = field.path.len() == depth + 1;
            let known = groups.iter_mut().find(|it| it.name == *name);
            match known {
                None => groups.push(Branching {
                    name: name.clone(),
                    at: field.at,
                    rule: last.then_some(*field),
                    inner: if last { Vec::new() } else { vec![(*field, depth + 1)] },
                }),
                Some(group) if last || group.rule.is_some() => {
                    self.error_at(
                        "M03",
                        field.at,
                        format!("`{}` is written twice", field.path.join(".")),
                    )
                    .help("keep one of the rules; a choice is a list of `- if:`");
                }
                Some(group) => group.inner.push((*field, depth + 1)),
            }
        }
        groups
    }

    /// What the target schema has under that name.
    fn member_target(&mut self, group: &Branching<'_>, target: &Target) -> Option<Target> {
        let path = if target.path.is_empty() {
            group.name.clone()
        } else {
            format!("{}.{}", target.path, group.name)
        };
        if target.path.is_empty() && !self.outbound && HEADER_MEMBERS.contains(&group.name.as_str())
        {
            self.error_at("M03", group.at, format!("the hub writes `{}` itself", group.name))
                .help("leave it out");
            return None;
        }
        let Some(id) = target.schema else {
            return Some(Target { schema: None, path, mandatory: false });
        };
        let node = self.target.get(id)?;
        if !node.kinds.has(Kinds::OBJECT) {
            self.error_at(
                "M07",
                group.at,
                format!("`{}` is {} and has no fields", target.path, node.kinds.words()),
            );
            return None;
        }
        let known = node.property(&group.name);
        let free = node.open && (node.properties.is_empty() || node.additional.is_some());
        if known.is_none() && !free {
            let names = self.target.names(id);
            let fault = self.error_at("M02", group.at, format!("the target has no field `{path}`"));
            let fault = fault.expected(format!("a field of {}", self.target.file));
            drop(match codec::diagnostic::nearest(&group.name, names.iter().copied()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault,
            });
            return None;
        }
        let mandatory = target.mandatory && node.requires(&group.name);
        Some(Target { schema: known.or(node.additional), path, mandatory })
    }

    /// Required members without a rule.
    fn missing_members(&mut self, names: &[String], at: At, target: &Target) {
        let Some(node) = target.schema.and_then(|id| self.target.get(id)) else { return };
        let header = target.path.is_empty() && !self.outbound;
        let missing: Vec<String> = node
            .required
            .iter()
            .filter(|it| !(names.contains(it) || header && HEADER_MEMBERS.contains(&it.as_str())))
            .cloned()
            .collect();
        if self.unread {
            // The rule may be one of those that cannot be read.
            return;
        }
        for name in missing {
            let path = if target.path.is_empty() {
                name.clone()
            } else {
                format!("{}.{name}", target.path)
            };
            self.obligations.add(&path, "required", Verdict::Error);
            self.error_at("M04", at, format!("`{path}` is required by the target and has no rule"))
                .expected(format!("a rule for `{name}`"))
                .help(format!("add `{}: …`", path.rsplit("[].").next().unwrap_or(&path)));
        }
    }

    /// Lowers one rule.
    pub(crate) fn rule(&mut self, rule: &Rule, target: &Target) -> Option<NodeId> {
        let held = self.policy.clone();
        self.policy = rule.policy.within(&held);
        let node = self.rule_kind(rule, target);
        self.policy = held;
        node
    }

    fn rule_kind(&mut self, rule: &Rule, target: &Target) -> Option<NodeId> {
        match &rule.kind {
            RuleKind::Value(text) => {
                let lowered = self.text(text)?;
                let at = text.place(text.expr.span);
                self.value(lowered, at, target)
            }
            RuleKind::Join { .. } => {
                let lowered = self.rule_expr(rule)?;
                self.value(lowered, rule.at, target)
            }
            RuleKind::Const(constant) => {
                let json = self.constant(constant, target)?;
                let span = self.intern(&json);
                self.obligations.add(&target.path, "required", Verdict::Proved);
                Some(self.push_node(Node::Const(span)))
            }
            RuleKind::Object { when, fields } => self.object(rule, when.as_ref(), fields, target),
            RuleKind::Choose(branches) => self.choose(rule, branches, target),
            RuleKind::Each(each) => self.each(rule, each, target),
            RuleKind::List(items) => self.list(rule, items, target),
        }
    }

    fn object(
        &mut self,
        rule: &Rule,
        when: Option<&Text>,
        fields: &[Field],
        target: &Target,
    ) -> Option<NodeId> {
        if let Some(node) = target.schema.and_then(|id| self.target.get(id))
            && !node.kinds.has(Kinds::OBJECT)
        {
            let words = node.kinds.words();
            self.error_at(
                "M07",
                rule.at,
                format!("`{}` wants {words}, and this is an object", target.path),
            )
            .expected(words);
            return None;
        }
        let facts = when.map_or_else(Vec::new, |when| self.facts(when, true));
        let when = match when {
            Some(when) => Some(self.condition_text(when)?),
            None => None,
        };
        if when.is_some() && target.mandatory {
            self.error_at(
                "M06",
                rule.at,
                format!("`{}` is required and may be left out here", target.path),
            )
            .help("a list of `- if:` with an `- else:` always gives something");
        }
        let inner = Target { mandatory: target.mandatory || when.is_some(), ..target.clone() };
        let fields: Vec<(&Field, usize)> = fields.iter().map(|it| (it, 0)).collect();
        let members = self.knowing(facts, |lower| lower.fields(&fields, rule.at, &inner));
        Some(self.push_node(Node::Object { when, members }))
    }

    fn choose(&mut self, rule: &Rule, branches: &[Branch], target: &Target) -> Option<NodeId> {
        let mut lowered = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        let mut closed = false;
        let held = self.known.len();
        for branch in branches {
            if closed {
                self.warning_at("M23", branch.at, "this branch is never reached")
                    .help("a branch before it always holds");
            }
            if let Some(cond) = &branch.cond {
                if seen.contains(&cond.source.as_str()) {
                    self.warning_at("M23", branch.at, "this branch is never reached")
                        .help("an earlier branch has the same condition");
                }
                seen.push(&cond.source);
            }
            let cond = match &branch.cond {
                Some(cond) => match self.condition_text(cond) {
                    Some(cond) => Some(cond),
                    None => {
                        self.known.truncate(held);
                        return None;
                    }
                },
                None => None,
            };
            closed |= branch.is_else();
            closed |= cond.is_some_and(|id| {
                matches!(self.plan.cond(id), Some(crate::plan::op::Cond::Const(true)))
            });
            let facts = branch.cond.as_ref().map_or_else(Vec::new, |cond| self.facts(cond, true));
            let node = self.knowing(facts, |lower| lower.rule(&branch.rule, target));
            let Some(node) = node else {
                self.known.truncate(held);
                return None;
            };
            lowered.push((cond, node));
            // What follows knows that this condition did not hold.
            let facts = branch.cond.as_ref().map_or_else(Vec::new, |cond| self.facts(cond, false));
            self.known.extend(facts);
        }
        self.known.truncate(held);
        if !closed && target.mandatory {
            self.obligations.add(&target.path, "required", Verdict::Error);
            self.error_at(
                "M06",
                rule.at,
                format!("`{}` is required, and no branch may hold", target.path),
            )
            .expected("a last `- else: …`");
        }
        Some(self.push_node(Node::Choose { branches: lowered }))
    }

    /// A value at its target.
    fn value(&mut self, lowered: Lowered, at: At, target: &Target) -> Option<NodeId> {
        let (missing, null) = self.absence(&lowered.ty, at, target);
        let assignment =
            Assignment { at, ty: &lowered.ty, target: target.schema, path: &target.path };
        let (how, checks) = self.assign(&assignment)?;
        let bounds = match target.schema.and_then(|id| self.target.get(id)) {
            Some(node) => {
                Bounds { min: node.items_min.unwrap_or(0), max: node.items_max, keep_empty: false }
            }
            None => Bounds::default(),
        };
        let node = ValueNode {
            expr: lowered.expr,
            how,
            missing,
            null,
            loss: self.policy.loss.unwrap_or_default(),
            checks,
            bounds,
        };
        Some(self.push_node(Node::Value(node)))
    }

    /// What becomes of an absent value, and whether the target lets it.
    fn absence(&mut self, ty: &Type, at: At, target: &Target) -> (OnAbsent, OnAbsent) {
        let nullable =
            target.schema.and_then(|id| self.target.get(id)).is_none_or(|it| it.nullable());
        let policy = self.policy.clone();
        let missing = self.on_absent(policy.missing.as_ref(), target);
        let null = self.on_absent(policy.null.as_ref(), target);
        // A step such as `trim` may leave an empty text, which the policy may make
        // missing: that is looked at while the record runs.
        let turns_empty = ty.kind == Kind::Text
            && self.empty() == crate::language::policy::Empty::Missing
            && ty.made
            && ty.chars_min == 0;
        let states = [(ty.missing, missing, "missing"), (ty.null, null, "null")];
        let mut verdict = if turns_empty { Verdict::Checked } else { Verdict::Proved };
        for (possible, becomes, state) in states {
            if !possible {
                continue;
            }
            if becomes == OnAbsent::Null && !nullable {
                self.error_at(
                    "M06",
                    at,
                    format!(
                        "`{}` may not be null, and the policy makes it so when it is {state}",
                        target.path
                    ),
                )
                .help("`omit`, `error` or `{ default: … }`");
                verdict = Verdict::Error;
            } else if target.mandatory && becomes == OnAbsent::Omit {
                let what = ty
                    .path
                    .as_deref()
                    .map_or_else(|| "its value".to_owned(), |it| format!("`{it}`"));
                self.error_at(
                    "M06",
                    at,
                    format!("`{}` is required, and {what} may be {state}", target.path),
                )
                .help(format!(
                    "`| default(…)`, or `{{ from: …, {state}: error }}` to set such a record aside"
                ));
                verdict = Verdict::Error;
            } else if target.mandatory && becomes == OnAbsent::Error && verdict != Verdict::Error {
                verdict = Verdict::Checked;
            }
        }
        if target.mandatory {
            self.obligations.add(&target.path, "required", verdict);
        }
        (missing, null)
    }

    fn on_absent(&mut self, policy: Option<&Absent>, target: &Target) -> OnAbsent {
        match policy {
            None | Some(Absent::Omit) => OnAbsent::Omit,
            Some(Absent::Error) => OnAbsent::Error,
            Some(Absent::Null) => OnAbsent::Null,
            Some(Absent::Default(node)) => match self.constant(node, target) {
                Some(json) => OnAbsent::Write(self.intern(&json)),
                None => OnAbsent::Omit,
            },
        }
    }

    /// The rules of the record.
    pub(crate) fn root(&mut self, fields: &[Field], at: At) {
        let target =
            Target { schema: Some(self.target.root()), path: String::new(), mandatory: true };
        let fields: Vec<(&Field, usize)> = fields.iter().map(|it| (it, 0)).collect();
        self.plan.root = self.fields(&fields, at, &target);
    }
}

/// The expression behind a written target path, for keys made of target fields.
pub(crate) fn expr_at(lower: &Lower<'_>, path: &str) -> Option<u32> {
    fn find(lower: &Lower<'_>, members: &[Member], path: &str) -> Option<u32> {
        for member in members {
            let node = lower.plan.node(member.node);
            match node {
                Some(Node::Value(value)) if *member.target == *path => return Some(value.expr),
                Some(Node::Object { members, .. }) => {
                    if let Some(found) = find(lower, members, path) {
                        return Some(found);
                    }
                }
                _ => {}
            }
        }
        None
    }
    find(lower, &lower.plan.root, path)
}
