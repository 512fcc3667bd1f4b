//! The forms a rule can take, and how they are read from YAML.

use codec::{
    diagnostic::{Diagnostic, Place, nearest},
    yaml::{Faults, Node, Value},
};

use super::{
    expr::{Expr, Span},
    lexer::SyntaxFault,
    parse::expression,
    policy::{FieldPolicy, POLICY_KEYS},
};

/// How deep rules may nest; bounds the stack.
const DEPTH_MAX: u32 = 24;

/// A place in the map file with its width in characters.
pub(crate) type At = (Place, u32);

/// What makes one target value.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) at: At,
    pub(crate) policy: FieldPolicy,
    pub(crate) kind: RuleKind,
}

/// The forms of a rule.
#[derive(Clone, Debug)]
pub(crate) enum RuleKind {
    Value(Text),
    Const(Node),
    Choose(Vec<Branch>),
    Each(Box<Each>),
    List(Vec<Rule>),
    Object { when: Option<Text>, fields: Vec<Field> },
    Join { parts: Vec<Rule>, with: String },
}

/// An expression with the place of its scalar.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) at: At,
    /// Characters before the expression's first on the line: 1 inside quotes.
    pub(crate) indent: u32,
    pub(crate) source: String,
    pub(crate) expr: Expr,
    /// It does not stand in this file: faults point at `at` as a whole.
    pub(crate) elsewhere: bool,
}

/// One branch of a list of conditions; without a condition it is the `else`.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) at: At,
    pub(crate) cond: Option<Text>,
    pub(crate) rule: Rule,
}

/// One target element for each source element.
#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) list: Text,
    pub(crate) condition: Option<Text>,
    /// Target field by which elements are matched when read backwards.
    pub(crate) key: Option<String>,
    pub(crate) body: Rule,
}

/// One target field and its rule.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) at: At,
    pub(crate) path: Vec<String>,
    pub(crate) rule: Rule,
}

impl Text {
    /// Where a part of the expression stands in the file.
    pub(crate) fn place(&self, span: Span) -> At {
        let (place, width) = self.at;
        if self.elsewhere {
            return self.at;
        }
        let marked = if width == 0 { 1 } else { span.width.max(1) };
        (Place { line: place.line, column: place.column + self.indent + span.start }, marked)
    }

    /// Another place of the file answers for it.
    pub(crate) fn stands_at(&mut self, at: At) {
        (self.at, self.elsewhere) = (at, true);
    }
}

/// Reads an expression from a scalar.
pub(crate) fn read_text(faults: &Faults, node: &Node) -> Option<Text> {
    let Value::Scalar { text, quoted } = &node.value else {
        let found = node.kind();
        faults.push(faults.new_error(
            "M00",
            node,
            format!("{found} stands where an expression is expected"),
        ));
        return None;
    };
    let indent = u32::from(*quoted);
    match expression(text) {
        Ok(expr) => {
            Some(Text { at: node.span(), indent, source: text.clone(), expr, elsewhere: false })
        }
        Err(fault) => {
            faults.push(syntax(faults, node, indent, fault));
            None
        }
    }
}

fn syntax(faults: &Faults, node: &Node, indent: u32, fault: SyntaxFault) -> Diagnostic {
    let place =
        Place { line: node.place.line, column: node.place.column + indent + fault.span.start };
    Diagnostic {
        expected: fault.expected,
        help: fault.help,
        ..Diagnostic::error("M00", faults.file(), (place, fault.span.width), fault.message)
    }
}

/// Reads a rule in any form.
pub(crate) fn read_rule(faults: &Faults, node: &Node, depth: u32) -> Option<Rule> {
    if depth > DEPTH_MAX {
        faults.error("M26", node, "rules nest too deep");
        return None;
    }
    let plain = |kind| Some(Rule { at: node.span(), policy: FieldPolicy::default(), kind });
    match &node.value {
        Value::Scalar { .. } if node.is_null() => {
            faults.push(
                faults
                    .new_error("M00", node, "this field has no rule")
                    .help("give a path, or `{ const: … }`"),
            );
            None
        }
        Value::Scalar { .. } => plain(RuleKind::Value(read_text(faults, node)?)),
        Value::Seq(items) => plain(RuleKind::Choose(read_branches(faults, items, depth)?)),
        Value::Map(entries) => read_form(faults, node, entries, depth),
    }
}

fn read_branches(faults: &Faults, items: &[Node], depth: u32) -> Option<Vec<Branch>> {
    let mut branches = Vec::new();
    for item in items {
        let get = |key: &str| item.get(key);
        let known = item.map().is_some_and(|entries| {
            entries.iter().all(|(key, _)| matches!(key.text(), Some("if" | "then" | "else")))
        });
        let branch = match (known, get("if"), get("then"), get("else")) {
            (true, Some(cond), Some(then), None) => {
                let cond = read_text(faults, cond);
                read_rule(faults, then, depth + 1)
                    .map(|rule| (cond, rule))
                    .filter(|it| it.0.is_some())
            }
            (true, None, None, Some(rule)) => {
                read_rule(faults, rule, depth + 1).map(|rule| (None, rule))
            }
            _ => {
                faults.push(
                    faults
                        .new_error("M00", item, "this branch cannot be read")
                        .expected("`- if: condition` with `then: rule`, or `- else: rule`")
                        .help("a fixed list of elements is written `{ list: [ … ] }`"),
                );
                None
            }
        };
        if let Some((cond, rule)) = branch {
            branches.push(Branch { at: item.span(), cond, rule });
        }
    }
    (branches.len() == items.len()).then_some(branches)
}

/// The forms by their first key, with the other keys each may have.
const FORMS: [(&str, &[&str]); 6] = [
    ("const", &[]),
    ("from", &[]),
    ("each", &["where", "key", "fields", "value"]),
    ("join", &["with"]),
    ("list", &[]),
    ("fields", &["when"]),
];

/// The form that a map is: one whose key is there and that has all other keys.
/// A map that is no form is an object of target fields.
fn form_of(entries: &[(Node, Node)]) -> Option<&'static str> {
    let has = |name: &str| entries.iter().any(|(key, _)| key.text() == Some(name));
    FORMS
        .iter()
        .find(|(form, keys)| {
            has(form)
                && entries.iter().all(|(key, _)| {
                    let key = key.text().unwrap_or_default();
                    key == *form || keys.contains(&key) || POLICY_KEYS.contains(&key)
                })
        })
        .map(|(form, _)| *form)
}

fn read_form(faults: &Faults, node: &Node, entries: &[(Node, Node)], depth: u32) -> Option<Rule> {
    let Some(form) = form_of(entries) else {
        let fields = read_fields(faults, node, depth)?;
        let kind = RuleKind::Object { when: None, fields };
        return Some(Rule { at: node.span(), policy: FieldPolicy::default(), kind });
    };
    let policy = FieldPolicy::read(faults, node);
    let body = node.get(form)?;
    let kind = match form {
        "const" => RuleKind::Const(body.clone()),
        "from" => {
            let inner = read_rule(faults, body, depth + 1)?;
            return Some(Rule { at: inner.at, policy, kind: inner.kind });
        }
        "each" => RuleKind::Each(Box::new(read_each(faults, node, body, depth)?)),
        "join" => {
            let parts = read_rules(faults, body, depth)?;
            let with = node.get("with").and_then(Node::text).unwrap_or_default().to_owned();
            RuleKind::Join { parts, with }
        }
        "list" => RuleKind::List(read_rules(faults, body, depth)?),
        _ => {
            let when = match node.get("when") {
                Some(when) => Some(read_text(faults, when)?),
                None => None,
            };
            RuleKind::Object { when, fields: read_fields(faults, body, depth)? }
        }
    };
    Some(Rule { at: node.span(), policy, kind })
}

fn read_rules(faults: &Faults, node: &Node, depth: u32) -> Option<Vec<Rule>> {
    let Some(items) = node.seq() else {
        faults.push(
            faults.new_error("M00", node, "a list of rules is expected here").expected("`[ … ]`"),
        );
        return None;
    };
    let rules: Vec<Rule> =
        items.iter().filter_map(|item| read_rule(faults, item, depth + 1)).collect();
    (rules.len() == items.len()).then_some(rules)
}

fn read_each(faults: &Faults, node: &Node, list: &Node, depth: u32) -> Option<Each> {
    let list = read_text(faults, list)?;
    let condition = match node.get("where") {
        Some(condition) => Some(read_text(faults, condition)?),
        None => None,
    };
    let body = match (node.get("fields"), node.get("value")) {
        (Some(fields), None) => {
            let kind = RuleKind::Object { when: None, fields: read_fields(faults, fields, depth)? };
            Rule { at: fields.span(), policy: FieldPolicy::default(), kind }
        }
        (None, Some(value)) => read_rule(faults, value, depth + 1)?,
        _ => {
            faults.push(
                faults
                    .new_error("M00", node, "`each` does not say what an element becomes")
                    .expected("`fields: { … }` or `value: rule`"),
            );
            return None;
        }
    };
    let key = node.get("key").and_then(Node::text).map(str::to_owned);
    Some(Each { list, condition, key, body })
}

/// Reads target fields; the keys are target paths.
pub(crate) fn read_fields(faults: &Faults, node: &Node, depth: u32) -> Option<Vec<Field>> {
    let Some(entries) = node.map() else {
        faults.push(
            faults
                .new_error("M00", node, "target fields are expected here")
                .expected("`field: rule`"),
        );
        return None;
    };
    let mut fields = Vec::new();
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        let Some(path) = target_path(name) else {
            faults.push(
                faults
                    .new_error("M02", key, format!("`{name}` is not a target path"))
                    .expected("`field`, `field.part` or `field[\"odd name\"]`"),
            );
            continue;
        };
        if let Some(rule) = read_rule(faults, value, depth + 1) {
            fields.push(Field { at: key.span(), path, rule });
        }
    }
    Some(fields)
}

/// Cuts `totals.grand` or `ext["jp.example"].code` into its names.
pub(crate) fn target_path(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[\"") {
            let (name, after) = after.split_once("\"]")?;
            names.push(name.to_owned());
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end)?;
            if name.is_empty() || name.contains([']', '"', '|', ' ']) {
                return None;
            }
            names.push(name.to_owned());
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return None;
            }
            rest = after;
        }
    }
    (!names.is_empty()).then_some(names)
}

/// A word of a closed list, or a fault with the nearest one.
pub(crate) fn word<T: Copy>(faults: &Faults, node: &Node, words: &[(&str, T)]) -> Option<T> {
    let text = node.text().unwrap_or_default();
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let names = words.iter().map(|(word, _)| *word);
        let mut fault = faults
            .new_error("M00", node, format!("`{text}` is not one of the words known here"))
            .expected(names.clone().collect::<Vec<_>>().join(", "));
        fault.help = nearest(text, names).map(|near| format!("did you mean `{near}`?"));
        faults.push(fault);
    }
    found
}
