//! `routes.yaml`: which events go where.

use super::fault_at;
use canon::{
    entity::{Action, Entity},
    entry::{AfterRefusal, Condition, Route},
};
use codec::{
    diagnostic::nearest,
    yaml::{Node, Table},
};

pub(super) fn read(table: &Table<'_>, channels: &[&str]) -> Vec<Route> {
    let mut routes = Vec::new();
    for route in table.tables("routes", "a route") {
        let entity = route.required("entity").and_then(|it| entity(&route, it));
        let actions = words(&route, "actions", |it| Action::from_name(it).is_some(), &actions());
        let from = words(&route, "from", |it| channels.contains(&it), channels);
        let to = route.required("to").and_then(|node| {
            known(&route, node, &|it| channels.contains(&it), channels).then(|| node.text())?
        });
        let only = only(&route);
        let latest_only = latest_only(&route, entity);
        let after_refusal = after_refusal(&route, latest_only);
        route.finish();
        if let (Some(entity), Some(to)) = (entity, to) {
            let entity = entity.name().to_owned();
            let to = to.to_owned();
            routes.push(Route { entity, actions, from, only, to, latest_only, after_refusal });
        }
    }
    routes
}

fn entity(table: &Table<'_>, node: &Node) -> Option<Entity> {
    let names: Vec<&str> = Entity::ALL.iter().map(|it| it.name()).collect();
    known(table, node, &|it| names.contains(&it), &names);
    node.text().and_then(Entity::from_name)
}

fn actions() -> Vec<&'static str> {
    Action::ALL.iter().map(|it| it.name()).collect()
}

fn words(
    table: &Table<'_>,
    key: &'static str,
    is_known: impl Fn(&str) -> bool,
    names: &[&str],
) -> Vec<String> {
    table
        .list(key)
        .iter()
        .filter(|node| known(table, node, &is_known, names))
        .filter_map(|node| node.text().map(str::to_owned))
        .collect()
}

fn known(table: &Table<'_>, node: &Node, is_known: &dyn Fn(&str) -> bool, names: &[&str]) -> bool {
    let text = node.text().unwrap_or_default();
    if is_known(text) {
        return true;
    }
    let mut fault = table
        .faults()
        .new_error("C20", node, format!("`{text}` is not known here"))
        .expected(format!("one of {}", names.join(", ")));
    if let Some(near) = nearest(text, names.iter().copied()) {
        fault = fault.help(format!("did you mean `{near}`?"));
    }
    table.faults().push(fault);
    false
}

/// `latest_only: true`. Only for things that have a state: of a movement or a
/// receipt each one counts.
fn latest_only(route: &Table<'_>, entity: Option<Entity>) -> bool {
    let latest_only = route.bool("latest_only").unwrap_or(false);
    if latest_only
        && let (Some(entity), Some(node)) = (entity, route.node("latest_only"))
        && !entity.has_state()
    {
        let found = format!("each {} counts, not only the latest", entity.name());
        fault_at(route, "C22", node, found, "`latest_only` left out");
    }
    latest_only
}

/// `after_refusal: go_on` or `wait`.
fn after_refusal(route: &Table<'_>, latest_only: bool) -> AfterRefusal {
    let words = AfterRefusal::ALL.map(|it| (it.name(), it));
    let found = route.one_of("after_refusal", &words).unwrap_or_default();
    if latest_only
        && found == AfterRefusal::Wait
        && let Some(node) = route.node("after_refusal")
    {
        let why = "with `latest_only` a newer state would wait behind one that it replaces";
        fault_at(route, "C22", node, why.to_owned(), "go_on, or `latest_only` left out");
    }
    found
}

/// `only: {/status: [won, lost]}`.
fn only(route: &Table<'_>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (pointer, values) in route.entries("only") {
        let text = pointer.text().unwrap_or_default();
        if !text.starts_with('/') {
            fault_at(route, "C21", pointer, format!("`{text}`"), "a JSON pointer such as /status");
        }
        let one_of = match values.seq() {
            Some(list) => list.iter().filter_map(Node::text).map(str::to_owned).collect(),
            None => values.text().map(str::to_owned).into_iter().collect(),
        };
        conditions.push(Condition { pointer: text.to_owned(), one_of });
    }
    conditions
}
