//! What must have come out, by name, with what did come out.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::{
    numbers,
    story::{Actors, Told},
};
use crate::{Result, far::Desk, hub::Output};

/// One expectation.
#[derive(Clone, Debug)]
pub(super) struct Check {
    name: String,
    expected: Value,
    actual: Value,
}

// === impl Check ===

impl Check {
    pub(super) fn new(name: &str, expected: &Value, actual: Value) -> Self {
        Self { name: name.to_owned(), expected: expected.clone(), actual }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn holds(&self) -> bool {
        self.expected == self.actual
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "name": self.name, "expected": self.expected, "actual": self.actual })
    }
}

/// Looks at everything.
pub(super) async fn all(
    actors: &Actors<'_>,
    told: &[Told],
    verified: &Output,
) -> Result<Vec<Check>> {
    let mut checks = answers(told);
    checks.extend(events(actors).await?);
    checks.extend(customers(actors).await?);
    checks.extend(stock(actors).await?);
    checks.extend(deliveries(actors));
    checks.extend(set_aside(actors).await?);
    let verdict = (verified.code, verified.stderr.trim());
    checks.push(Check::new("the ledger verifies", &json!([0, ""]), json!([verdict.0, verdict.1])));
    Ok(checks)
}

fn answers(told: &[Told]) -> Vec<Check> {
    let status = |what: &str| told.iter().find(|it| it.what.starts_with(what)).map(|it| it.status);
    vec![
        Check::new(
            "a redelivered webhook is answered",
            &json!(200),
            json!(status("orders/create #1001 again")),
        ),
        Check::new(
            "a forged webhook is answered",
            &json!(401),
            json!(status("orders/create #6666")),
        ),
    ]
}

async fn events(actors: &Actors<'_>) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut ids = Vec::new();
    for (channel, wanted) in numbers::EVENTS {
        let events = actors.client.events(channel).await?;
        let name = format!("events from {channel}");
        checks.push(Check::new(&name, &json!(wanted), json!(events.len())));
        let id = |it: &Value| it.pointer("/event/id").and_then(Value::as_str).map(str::to_owned);
        ids.extend(events.iter().filter_map(id));
    }
    let different: BTreeSet<&String> = ids.iter().collect();
    let name = "events with an id of their own";
    checks.push(Check::new(name, &json!(ids.len()), json!(different.len())));
    Ok(checks)
}

async fn customers(actors: &Actors<'_>) -> Result<Vec<Check>> {
    let customers = actors.client.customers().await?;
    let ours: Vec<&Value> =
        customers.iter().filter(|it| identities(it).contains("crm C-1001")).collect();
    let known_as: BTreeSet<String> = ours.iter().flat_map(|it| identities(it)).collect();
    Ok(vec![
        Check::new("customers that are C-1001", &json!(1), json!(ours.len())),
        Check::new("she is known as", &json!(numbers::IDENTITIES), json!(known_as)),
    ])
}

/// `channel source-id` of everything a customer is known under.
pub(super) fn identities(customer: &Value) -> BTreeSet<String> {
    let list = customer.get("identities").and_then(Value::as_array);
    let text = |it: &Value, field: &str| it.get(field).and_then(Value::as_str).map(str::to_owned);
    list.into_iter()
        .flatten()
        .filter_map(|it| Some(format!("{} {}", text(it, "channel")?, text(it, "source_id")?)))
        .collect()
}

async fn stock(actors: &Actors<'_>) -> Result<Vec<Check>> {
    let mut actual = BTreeMap::new();
    for level in actors.client.all("/api/v1/stock").await? {
        let text = |field: &str| level.get(field).and_then(Value::as_str).unwrap_or("?");
        actual.insert(
            format!("{} at {}", text("sku"), text("location")),
            text("available").to_owned(),
        );
    }
    let place = |(sku, location, _): &(&str, &str, &str)| format!("{sku} at {location}");
    let wanted: BTreeMap<String, String> =
        numbers::STOCK.iter().map(|it| (place(it), it.2.to_owned())).collect();
    Ok(vec![Check::new("stock", &json!(wanted), json!(actual))])
}

fn deliveries(actors: &Actors<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    for (system, desk) in desks(actors) {
        let mut done: BTreeMap<&str, usize> = BTreeMap::new();
        for effect in desk.effects() {
            *done.entry(effect.kind).or_default() += 1;
        }
        let wanted: BTreeMap<&str, usize> = numbers::EFFECTS
            .iter()
            .filter(|(name, ..)| *name == system)
            .map(|(_, kind, count)| (*kind, *count))
            .collect();
        checks.push(Check::new(&format!("{system} did"), &json!(wanted), json!(done)));
        let name = format!("keys used twice for different things at {system}");
        checks.push(Check::new(&name, &json!([]), json!(desk.reused_keys())));
    }
    let orders = actors.world.erp.desk.effects_of("order");
    let second = orders.iter().filter(|it| it.subject.ends_with("1002"));
    let states: Vec<&Value> = second.filter_map(|it| it.body.get("status")).collect();
    let name = "the ERP heard of order #1002, in order";
    checks.push(Check::new(name, &json!(["open", "cancelled"]), json!(states)));
    checks
}

/// The destinations by name.
pub(super) fn desks<'a>(actors: &'a Actors<'_>) -> [(&'static str, &'a Desk); 4] {
    let world = actors.world;
    [
        ("erp", &world.erp.desk),
        ("crm", &world.crm.desk),
        ("ma", &world.ma.desk),
        ("sfa", &world.sfa.desk),
    ]
}

async fn set_aside(actors: &Actors<'_>) -> Result<Vec<Check>> {
    let letters = actors.client.letters().await?;
    let code = |it: &Value| it.get("code").and_then(Value::as_str).unwrap_or("?").to_owned();
    let codes: BTreeSet<String> = letters.iter().map(code).collect();
    let count = letters.len();
    let channels = actors.client.all("/api/v1/channels").await?;
    // Not how often: a sender whose answer was lost in a kill tries again.
    let refused: BTreeSet<String> = channels
        .iter()
        .flat_map(|it| it.get("refusals").and_then(Value::as_array).into_iter().flatten())
        .map(code)
        .collect();
    Ok(vec![
        Check::new("dead letters", &json!(numbers::LETTERS.len()), json!(count)),
        Check::new("their codes", &json!(numbers::LETTERS), json!(codes)),
        Check::new("arrivals were refused as", &json!(["not-admitted"]), json!(refused)),
    ])
}
