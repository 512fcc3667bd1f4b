//! `channelhub files`: files that are read in pieces, those that were held or
//! refused, and those that have not come.

use super::{
    Failure, block_on,
    letters::Hub,
    sheet::{Printed, Table},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Files of folder channels.
#[derive(Debug, Subcommand)]
pub(super) enum Files {
    /// List those that are read in pieces and how far they are, those that are held
    /// or refused, with all reasons and what to do, and those that are late.
    List(List),
    /// Take held files as they are; try refused ones again, after what refused them
    /// was mended.
    Release(Settle),
    /// Give held and refused files up: they are moved to discarded/. Late ones are
    /// waited for no longer.
    Discard(Settle),
}

/// List them.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    hub: Hub,
    /// Channel they came by.
    #[arg(long)]
    channel: Option<String>,
    /// open, which are held, refused, late and read in pieces; or held, refused,
    /// released or discarded.
    #[arg(long, default_value = "open")]
    state: String,
    #[command(flatten)]
    printed: Printed,
}

/// The columns of a table of files; one that is late has no name.
const COLUMNS: &[(&str, &str)] = &[
    ("id", "/id"),
    ("at", "/at"),
    ("state", "/state"),
    ("channel", "/channel"),
    ("name", "/name"),
    ("percent", "/percent"),
    ("code", "/code"),
    ("bytes", "/file/bytes"),
    ("records", "/file/records"),
    ("unreadable", "/file/unreadable"),
    ("taken", "/file/taken/records"),
    ("store", "/store"),
    ("day", "/day"),
    ("due_at", "/due_at"),
    ("reason", "/reason"),
    ("settled_by", "/settled_by"),
    ("settled_why", "/settled_why"),
    ("to_do", "/to_do"),
];

/// Which files, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Settle {
    #[command(flatten)]
    hub: Hub,
    /// Ids, as `files list` shows them.
    #[arg(required = true)]
    ids: Vec<String>,
    /// Why. Stands in the ledger.
    #[arg(long)]
    reason: String,
}

impl Files {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::List(it) => it.run(),
            Self::Release(it) => it.run("release", "to be taken as they are"),
            Self::Discard(it) => it.run("discard", "given up"),
        }
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        let channel = self.channel.as_deref().map(|it| ("channel", it));
        let query = [("state", self.state.as_str()), ("limit", "500")].into_iter().chain(channel);
        let query: Vec<(&str, &str)> = query.collect();
        let wants = |it: &Value| {
            let channel = it.get("channel").and_then(Value::as_str);
            self.channel.is_none() || self.channel.as_deref() == channel
        };
        block_on(async {
            let table = Table::begin(&self.printed, COLUMNS);
            let items = async |path: &str| -> Result<Vec<Value>, Failure> {
                let found = client.get(path).await?;
                let items = found.get("items").and_then(Value::as_array).cloned();
                let mut items = items.unwrap_or_default();
                items.retain(|it| self.state == "open" && wants(it));
                Ok(items)
            };
            let large = items("/api/v1/files/large").await?;
            large.iter().for_each(|item| table.item(item, is_large));
            let print = |item: &Value| table.item(item, held);
            let mut count = large.len() as u64;
            count += client.each("/api/v1/files", &query, print).await?;
            let late = items("/api/v1/files/late").await?;
            late.iter().for_each(|item| table.item(item, is_late));
            count += late.len() as u64;
            if count == 0 {
                table.none();
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn held(item: &Value) -> String {
    let text = |key| text(item, key);
    let (id, at, state) = (text("id"), text("at"), text("state"));
    let (channel, name) = (text("channel"), text("name"));
    let reason = match text("state") == "held" || text("code") == "file-held" {
        true => text("reason").replace(" | ", "\n    ").replace("held: ", "\n    "),
        false => format!("\n    {}: {}", text("code"), text("reason")),
    };
    let counts = counts(item);
    let settled = match text("settled_by") {
        "" => String::new(),
        by => format!("\n    {state} by {by}: {}", text("settled_why")),
    };
    let to_do = match text("to_do") {
        "" => String::new(),
        it => format!("\n    to do: {it}"),
    };
    format!("{id}  {at}  {state}  {channel}  {name}{reason}{counts}{settled}{to_do}")
}

/// What is known of a file that was put aside.
fn counts(item: &Value) -> String {
    let number = |at: &str| item.pointer(&format!("/file/{at}")).and_then(Value::as_u64);
    let mut told = Vec::new();
    told.extend(number("bytes").filter(|it| *it > 0).map(|it| format!("{it} bytes")));
    if let Some(piece) = number("piece") {
        let (records, events) = (number("taken/records"), number("taken/events"));
        let (records, events) = (records.unwrap_or(0), events.unwrap_or(0));
        told.push(format!("{records} records taken before byte {piece}, {events} events"));
    }
    let of = if number("piece").is_some() { " of the refused piece" } else { "" };
    told.extend(number("records").map(|it| format!("{it} records{of} read, none of them taken")));
    told.extend(number("unreadable").filter(|it| *it > 0).map(|it| format!("{it} unreadable")));
    if told.is_empty() { String::new() } else { format!("\n    {}", told.join(", ")) }
}

fn is_large(item: &Value) -> String {
    let text = |key| text(item, key);
    let number = |key: &str| item.get(key).and_then(Value::as_u64).unwrap_or(0);
    let came =
        |key: &str| item.pointer(&format!("/came/{key}")).and_then(Value::as_u64).unwrap_or(0);
    let (state, channel, name) = (text("state"), text("channel"), text("name"));
    let mut line = format!(
        "{state}  {channel}  {name}  {} %, {} of {} bytes, {} records, {} bytes/s",
        number("percent"),
        number("bytes_read"),
        number("bytes"),
        number("records_read"),
        number("bytes_per_second"),
    );
    if came("pieces") > 0 {
        line.push_str(&format!(
            "\n    {} pieces: {} records read, {} of them set aside; {} events applied, {} known before",
            came("pieces"),
            came("records"),
            came("set_aside"),
            came("events"),
            came("duplicates"),
        ));
    }
    line
}

fn is_late(item: &Value) -> String {
    let text = |key| text(item, key);
    let store = match text("store") {
        "" => String::new(),
        store => format!(" from store {store}"),
    };
    let (channel, day, due_at) = (text("channel"), text("day"), text("due_at"));
    let id = text("id");
    format!("{id}  late  {channel}  the file of {day}{store}, due {due_at}")
}

impl Settle {
    fn run(self, act: &str, done: &str) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        let body = json!({ "ids": self.ids, "reason": self.reason });
        block_on(async {
            let settled = client.post(&format!("/api/v1/files/{act}"), &body).await?;
            let number = |key: &str| settled.get(key).and_then(Value::as_u64).unwrap_or(0);
            say!("{} {done}, entry {}", number("count"), number("sequence"));
            Ok(ExitCode::SUCCESS)
        })
    }
}
