//! How data goes out: which map renders which event, where it goes, and how the
//! far system's answer is to be read.

use canon::entity::{Action, Entity};
use codec::{
    charset::Named,
    yaml::{Node, Table},
};

use super::{Predicate, Template, read};

/// How data goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// First match wins; an event that matches none is not for this system.
    pub operations: Vec<Operation>,
}

/// One call that carries one event.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// For people and reports; unique in the package.
    pub name: String,
    /// What it carries.
    pub entity: Entity,
    /// Which actions; empty: all but `deleted`.
    pub actions: Vec<Action>,
    /// Only when all these hold for the event's data.
    pub when: Vec<Predicate>,
    /// Only for things that the far side has already (`true`), by an id that the
    /// hub knows, or only for others (`false`); `None`: for both.
    pub known: Option<bool>,
    /// The map that renders it, relative to the package.
    pub map: String,
    /// Values the map's `needs` and the path get.
    pub needs: Vec<Need>,
    /// HTTP method, upper case.
    pub method: String,
    /// Path at the channel's base URL.
    pub path: Template,
    /// How the rendered JSON is sent.
    pub body: Body,
    /// The layout that it is written by, relative to the package.
    pub layout: Option<String>,
    /// Media type of the body, in place of the layout's own.
    pub media_type: Option<String>,
    /// Headers of this call, beside those of every call of the package.
    pub headers: Vec<(String, String)>,
    /// The character set of a form; UTF-8 where it is not said.
    pub charset: Option<Named>,
    /// Header for the key that is the same on every attempt.
    pub idempotency_header: Option<String>,
    /// Statuses that mean the far side has it. Never empty.
    pub success: Vec<u16>,
    /// Answers that mean "slow down", besides the statuses 429 and 503.
    pub throttle: Vec<Reply>,
    /// Answers with a good status that mean "refused".
    pub refused: Vec<Reply>,
    /// Where the far side's own id of it is in the answer (JSON pointer).
    pub far_id: Option<String>,
}

/// How the rendered JSON is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// As it is, `application/json`.
    #[default]
    Json,
    /// As `application/x-www-form-urlencoded`: the top-level members by name,
    /// nested ones as `name[member]`.
    Form,
    /// As a file of the operation's layout with one record.
    Layout,
    /// Nothing: the path says it all.
    None,
}

/// One value a map or a path needs from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// Its name in the map.
    pub name: String,
    /// Where it comes from.
    pub from: NeedFrom,
}

/// Where a needed value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedFrom {
    /// A setting of the channel.
    Setting(String),
    /// What the destination's own records call, by this scheme, an article or a
    /// place.
    Called {
        /// `shopify_inventory_item_id` …
        scheme: String,
        /// `variant` or `location`.
        entity: Entity,
        /// JSON pointer to the reference in the event's data.
        pointer: String,
    },
    /// A number of at most nine digits that belongs to this delivery alone, the
    /// same on every try and replay: for control numbers. It comes again after
    /// 899,999,999 other deliveries to the destination.
    Number,
    /// The id the destination gave to a thing when it was delivered before.
    FarId {
        /// Of what kind.
        entity: Entity,
        /// JSON pointer to a reference to it, or to its hub id, in the event's
        /// data; `None`: the event's own.
        pointer: Option<String>,
    },
}

/// An answer that means something else than its status says. All parts hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// A text of the body: pointer and the values that count; no values: it is
    /// there and not null, a text or an object with members. An XML body is seen
    /// as JSON ([`answered`]).
    pub body: Option<(String, Vec<String>)>,
    /// A header that is there.
    pub header: Option<String>,
}

const METHODS: &[(&str, &str)] =
    &[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];
const BODIES: &[(&str, Body)] =
    &[("json", Body::Json), ("form", Body::Form), ("layout", Body::Layout), ("none", Body::None)];
const SUCCESS_DEFAULT: [u16; 4] = [200, 201, 202, 204];

// === impl Output ===

impl Output {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let operations = table.tables("operations", "an operation");
        let operations: Vec<Operation> =
            operations.into_iter().filter_map(Operation::read).collect();
        if table.required("operations").is_some() && operations.is_empty() {
            table.error("K03", "`out` does nothing: `operations` is empty");
        }
        for (index, operation) in operations.iter().enumerate() {
            if operations.iter().take(index).any(|it| it.name == operation.name) {
                let message = format!("two operations are called `{}`", operation.name);
                table.error("K10", message);
            }
        }
        table.finish();
        Some(Self { operations })
    }
}

// === impl Operation ===

impl Operation {
    fn read(table: Table<'_>) -> Option<Self> {
        let name = read::name(&table, "name");
        let entity = table.required("entity").and_then(|it| entity(&table, it));
        let actions = table.list("actions").iter().filter_map(|node| {
            let found = node.text().and_then(Action::from_name);
            if found.is_none() {
                read::unknown(&table, node, "action", Action::ALL.iter().map(|it| it.name()));
            }
            found
        });
        let actions = actions.collect();
        let when = Predicate::read_all(&table);
        let known = table.bool("known");
        let map = table.required("map").and_then(|it| read::file_of(&table, it));
        let needs = table.entries("needs").iter();
        let needs = needs.filter_map(|(name, it)| Need::read(&table, name, it)).collect();
        let method = table.required_one_of("method", METHODS);
        let path = read::template(&table, "path");
        let body = table.one_of("body", BODIES).unwrap_or_default();
        let layout = read::file(&table, "layout");
        if layout.is_some() != (body == Body::Layout) {
            table.error("K03", "`body: layout` needs `layout`: its file, the map's target");
        }
        let media_type = table.text("media_type").map(str::to_owned);
        if media_type.is_some() && layout.is_none() {
            table.error("K03", "`media_type` is for `body: layout`");
        }
        let headers = read::texts_by_name(&table, "headers");
        let charset = Named::optional(&table);
        if charset.is_some() && body != Body::Form {
            table.error("K03", "`charset` is for `body: form`; a layout has its own");
        }
        let idempotency_header = table.text("idempotency_header").map(str::to_owned);
        let success = table.list("success").iter().filter_map(|it| status(&table, it));
        let mut success: Vec<u16> = success.collect();
        if success.is_empty() {
            success.extend(SUCCESS_DEFAULT);
        }
        let (throttle, refused) = (replies(&table, "throttle"), replies(&table, "refused"));
        let far_id = read::pointer(&table, "far_id");
        table.finish();
        Some(Self {
            name: name?,
            entity: entity?,
            actions,
            when,
            known,
            map: map?,
            needs,
            method: method?.to_owned(),
            path: path?,
            body,
            layout,
            media_type,
            headers,
            charset,
            idempotency_header,
            success,
            throttle,
            refused,
            far_id,
        })
    }

    /// Whether it is for a thing that the far side has (`is_known`) or has not.
    #[must_use]
    pub fn suits(&self, is_known: bool) -> bool {
        self.known.is_none_or(|it| it == is_known)
    }

    /// Whether it carries events of that kind; its predicates are asked apart.
    #[must_use]
    pub fn carries(&self, entity: Entity, action: Action) -> bool {
        let action_fits = if self.actions.is_empty() {
            action != Action::Deleted
        } else {
            self.actions.contains(&action)
        };
        self.entity == entity && action_fits
    }
}

// === impl Need ===

impl Need {
    fn read(table: &Table<'_>, name: &Node, node: &Node) -> Option<Self> {
        let name = name.text()?.to_owned();
        let table = Table::open(table.faults(), node, "a need")?;
        let setting = table.text("setting").map(|it| NeedFrom::Setting(it.to_owned()));
        let pointer = read::pointer(&table, "at");
        let far_id = table.node("far_id_of").and_then(|it| entity(&table, it));
        let far_id = far_id.map(|entity| NeedFrom::FarId { entity, pointer: pointer.clone() });
        let called = table.text("called").and_then(|scheme| {
            let of = table.required("of").and_then(|it| entity(&table, it));
            let named = of.filter(|it| matches!(it, Entity::Variant | Entity::Location));
            if named.is_none() || pointer.is_none() {
                let message = "`called` is `of` a variant or a location, `at` a place in the data";
                table.error("K03", message);
            }
            Some(NeedFrom::Called { scheme: scheme.to_owned(), entity: named?, pointer: pointer? })
        });
        let number = table.bool("number").filter(|it| *it).map(|_| NeedFrom::Number);
        let mut given = [setting, far_id, called, number].into_iter().flatten();
        let from = given.next();
        if from.is_none() || given.next().is_some() {
            let message = "a need is a `setting`, the `far_id_of` an entity, what it is `called`, or a `number`";
            table.error("K03", message);
        }
        table.finish();
        Some(Self { name, from: from? })
    }
}

// === impl Reply ===

impl Reply {
    fn read(table: Table<'_>) -> Option<Self> {
        let status = table.required("status").and_then(|it| status(&table, it));
        let pointer = read::pointer(&table, "pointer");
        let values = read::text_or_texts(&table, "one_of");
        let header = table.text("header").map(str::to_owned);
        if pointer.is_none() && !values.is_empty() {
            table.error("K03", "`one_of` needs `pointer`: where its values are looked for");
        }
        table.finish();
        Some(Self { status: status?, body: pointer.map(|it| (it, values)), header })
    }

    /// The two that mean a fault in an envelope of SOAP (1.1 section 6.2, 1.2
    /// part 2 section 7.5.2), with the statuses that mean success too.
    pub(crate) fn of_soap(success: &[u16]) -> impl Iterator<Item = Self> {
        success.iter().copied().chain([500]).map(|status| Self {
            status,
            body: Some(("/Envelope/Body/Fault".to_owned(), Vec::new())),
            header: None,
        })
    }

    /// Whether an answer is of this kind. `header` says whether a header is
    /// there, `body` is what [`answered`] saw, if it was that.
    #[must_use]
    pub fn matches(
        &self,
        status: u16,
        header: impl Fn(&str) -> bool,
        body: Option<&serde_json::Value>,
    ) -> bool {
        let body_fits = self.body.as_ref().is_none_or(|(pointer, values)| {
            let found = body.and_then(|it| it.pointer(pointer));
            let filled = found.and_then(|it| it.as_object()).is_some_and(|it| !it.is_empty());
            let text = found.and_then(crate::select::scalar);
            let text_fits = text.is_some_and(|it| values.is_empty() || values.contains(&it));
            text_fits || values.is_empty() && filled
        });
        self.status == status && self.header.as_deref().is_none_or(header) && body_fits
    }
}

/// What a far side answered, as one document that pointers look into: JSON, or XML
/// with its elements by their local names ([`codec::layout::xml_to_json`]).
#[must_use]
pub fn answered(body: &[u8]) -> Option<serde_json::Value> {
    let json = serde_json::from_slice(body).ok();
    json.or_else(|| codec::layout::xml_to_json(body))
}

/// The answers under `key`.
pub(super) fn replies(table: &Table<'_>, key: &'static str) -> Vec<Reply> {
    table.tables(key, "an answer").into_iter().filter_map(Reply::read).collect()
}

fn entity(table: &Table<'_>, node: &Node) -> Option<Entity> {
    let found = node.text().and_then(Entity::from_name);
    if found.is_none() {
        read::unknown(table, node, "entity", Entity::ALL.iter().map(|it| it.name()));
    }
    found
}

fn status(table: &Table<'_>, node: &Node) -> Option<u16> {
    let found = node.text().and_then(|it| it.parse().ok()).filter(|it| (200..600).contains(it));
    if found.is_none() {
        let fault = table.faults().new_error("Y13", node, "this is not an HTTP status");
        table.faults().push(fault.expected("a number from 200 to 599"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_of_soap_are_seen_under_any_prefix() {
        let replies: Vec<Reply> = Reply::of_soap(&[200]).collect();
        let is = |status, body: &str| {
            let body = answered(body.as_bytes());
            replies.iter().any(|it| it.matches(status, |_| false, body.as_ref()))
        };
        let envelope = |body: &str| {
            format!(
                "<?xml version='1.0'?><e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'>\
                 <e:Body>{body}</e:Body></e:Envelope>"
            )
        };
        let fault = envelope("<e:Fault><faultcode>e:Client</faultcode></e:Fault>");
        assert!(is(200, &fault) && is(500, &fault) && !is(503, &fault));
        assert!(!is(200, &envelope("<ok xmlns=''><id n='1'>A</id><id>B</id></ok>")));
        assert!(!is(500, "<html><body>Fault</body></html>") && !is(500, "Fault") && !is(500, ""));
        let told = answered(envelope("<ok><id n='1'>A</id><id>B</id><c/></ok>").as_bytes());
        let told = told.expect("XML");
        assert_eq!(told.pointer("/Envelope/Body/ok/id/0/#text"), Some(&json!("A")));
        assert_eq!(told.pointer("/Envelope/Body/ok/id/0/@n"), Some(&json!("1")));
        assert_eq!(told.pointer("/Envelope/Body/ok/id/1"), Some(&json!("B")));
        assert_eq!(
            answered(b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
            None
        );
    }

    #[test]
    fn throttles_hide_behind_many_statuses() {
        let by_body = Reply {
            status: 200,
            body: Some(("/errors/0/code".into(), vec!["606".into(), "607".into()])),
            header: None,
        };
        let answer = json!({"success": false, "errors": [{"code": "606"}]});
        assert!(by_body.matches(200, |_| false, Some(&answer)));
        assert!(by_body.matches(200, |_| false, Some(&json!({"errors": [{"code": 607}]}))));
        assert!(!by_body.matches(200, |_| false, Some(&json!({"success": true}))));
        assert!(!by_body.matches(200, |_| false, None));
        let by_header = Reply { status: 403, body: None, header: Some("Retry-After".into()) };
        assert!(by_header.matches(403, |it| it == "Retry-After", None));
        assert!(!by_header.matches(403, |_| false, None));
    }
}
