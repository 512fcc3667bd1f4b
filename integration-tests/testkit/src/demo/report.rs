//! What happened, for a person at a terminal.

use serde_json::Value;
use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::{
    checks::{Check, identities},
    story::Told,
};
use crate::{
    Result,
    hub::{Client, Hub},
    world::World,
};

/// What the hub shows of itself at the end.
pub(super) struct Sights {
    customers: Vec<Value>,
    stock: Vec<Value>,
    letters: Vec<Value>,
    parcels: Vec<Value>,
}

// === impl Sights ===

impl Sights {
    pub(super) async fn gather(client: &Client) -> Result<Self> {
        Ok(Self {
            customers: client.customers().await?,
            stock: client.all("/api/v1/stock").await?,
            letters: client.letters().await?,
            parcels: client.parcels().await?,
        })
    }
}

/// Prints it all.
pub(super) fn print(told: &[Told], sights: &Sights, world: &World, ledger: &str) {
    let mut page = String::new();
    heading(&mut page, "What arrived, and what the hub decided");
    for told in told {
        let status = told.status.map_or_else(|| "   ".to_owned(), |it| it.to_string());
        let Told { channel, what, decision, .. } = told;
        line(&mut page, &format!("{channel:<11} {}  {status} {decision}", wide(what, 60)));
    }
    heading(&mut page, "One customer, known to three systems under three ids");
    for customer in &sights.customers {
        let (id, name) = (text(customer, "hub_id"), person(customer));
        let known_as: Vec<String> = identities(customer).into_iter().collect();
        line(&mut page, &format!("{id}  {name}  = {}", known_as.join(" = ")));
    }
    heading(&mut page, "Stock, by article and place");
    for level in &sights.stock {
        let (sku, place) = (text(level, "sku"), text(level, "location"));
        let (on_hand, free) = (text(level, "on_hand"), text(level, "available"));
        line(
            &mut page,
            &format!("{sku:<10} {place:<14} on hand {on_hand:>6}  available {free:>6}"),
        );
    }
    heading(&mut page, "Delivered, in order, once");
    deliveries(&mut page, &sights.parcels);
    repeats(&mut page, world);
    heading(&mut page, "Set aside, with the reason");
    for letter in &sights.letters {
        letter_lines(&mut page, letter);
    }
    heading(&mut page, "The ledger, verified");
    ledger.lines().for_each(|it| line(&mut page, it));
    println!("{page}");
}

/// Prints the expectations.
pub(super) fn print_checks(checks: &[Check]) {
    let mut page = String::new();
    heading(&mut page, "Expected and found");
    for check in checks {
        let mark = if check.holds() { "ok      " } else { "NOT SO  " };
        let detail = if check.holds() { String::new() } else { format!(": {}", check.to_json()) };
        line(&mut page, &format!("{mark}{}{detail}", check.name()));
    }
    println!("{page}");
}

/// Prints where to look next.
pub(super) fn print_addresses(world: &World, hub: &Hub, folder: &Path) {
    let url = hub.url();
    let token = folder.join("config/secrets/api-token");
    let mut page = String::new();
    heading(&mut page, "It stays up. Look around");
    line(&mut page, &format!("hub           {url}/healthz"));
    line(&mut page, &format!("              {url}/metrics and {url}/openapi.json, with the token"));
    let far = [
        ("erp", world.erp.url()),
        ("crm", world.crm.url()),
        ("ma", world.ma.url()),
        ("sfa", world.sfa.url()),
    ];
    for (name, address) in far {
        line(&mut page, &format!("{name:<13} {address}"));
    }
    line(&mut page, &format!("drop a file   {}", world.till.folder().display()));
    line(&mut page, "try");
    let (token, header) = (token.display(), "Authorization: Bearer");
    line(&mut page, &format!("  curl -H \"{header} $(cat {token})\" {url}/api/v1/customers"));
    line(&mut page, "or");
    let (binary, config) = (hub.binary().display(), hub.config().display());
    line(&mut page, &format!("  {binary} letters list --config {config}"));
    line(&mut page, "Ctrl-C stops everything.");
    println!("{page}");
}

fn repeats(page: &mut String, world: &World) {
    let desks = [
        ("erp", &world.erp.desk),
        ("crm", &world.crm.desk),
        ("ma", &world.ma.desk),
        ("sfa", &world.sfa.desk),
    ];
    for (name, desk) in desks {
        let (calls, repeats) = (desk.received().len(), desk.repeats());
        let effects = desk.effects().len();
        line(
            page,
            &format!(
                "{name}: {calls} calls, {effects} things done, {repeats} asked again and not done again"
            ),
        );
    }
}

/// One line for each destination and kind of thing.
fn deliveries(page: &mut String, parcels: &[Value]) {
    let mut groups: BTreeMap<(String, String, String), (usize, usize)> = BTreeMap::new();
    for parcel in parcels {
        let get = |field| text(parcel, field);
        let tries = parcel.get("attempts").and_then(Value::as_array).map_or(0, Vec::len);
        let group = (get("destination"), get("entity"), get("state"));
        let (count, attempts) = groups.entry(group).or_default();
        *count += 1;
        *attempts += tries;
    }
    for ((to, entity, state), (count, attempts)) in groups {
        line(
            page,
            &format!("to {to:<4} {count:>3} {entity:<12} {state:<5} {attempts:>3} attempts"),
        );
    }
}

fn letter_lines(page: &mut String, letter: &Value) {
    let get = |field| text(letter, field);
    let (channel, code, reason) = (get("channel"), get("code"), get("reason"));
    let nothing = Value::Null;
    let record = letter.get("record").unwrap_or(&nothing);
    if record.is_null() {
        line(page, &format!("{channel:<11} {code}: {reason}"));
        return;
    }
    let (origin, number, offset) =
        (text(record, "origin"), text(record, "number"), text(record, "offset"));
    line(page, &format!("{channel:<11} {code}: {origin}, record {number} at byte {offset}"));
    for fault in record.get("faults").and_then(Value::as_array).into_iter().flatten() {
        let (field, found) = (text(fault, "field"), text(fault, "found"));
        let expected = text(fault, "expected");
        line(page, &format!("            {field}: found {found}, expected {expected}"));
    }
}

/// Family name first, as the customer's country has it.
fn person(customer: &Value) -> String {
    let name = customer.get("name").unwrap_or(&Value::Null);
    format!("{} {}", text(name, "family"), text(name, "given"))
}

fn heading(page: &mut String, title: &str) {
    // Writing to a `String` cannot fail.
    let _infallible = write!(page, "\n── {title} ──\n");
}

fn line(page: &mut String, text: &str) {
    page.push_str("  ");
    page.push_str(text);
    page.push('\n');
}

/// A field as text; empty when it is not there.
fn text(value: &Value, field: &str) -> String {
    match value.get(field) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Padded to `columns` of a terminal, where East Asian characters take two.
fn wide(text: &str, columns: usize) -> String {
    let taken: usize = text.chars().map(|it| if it >= '\u{1100}' { 2 } else { 1 }).sum();
    format!("{text}{}", " ".repeat(columns.saturating_sub(taken)))
}
