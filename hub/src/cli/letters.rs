//! `channelhub letters`: records and deliveries set aside.

mod edit;
mod settle;

pub(super) use super::client::Hub;
use super::{
    Failure, block_on,
    client::Client,
    sheet::{Printed, Table},
};
use clap::Subcommand;
use serde_json::Value;
use std::process::ExitCode;

/// Records and deliveries set aside.
#[derive(Debug, Subcommand)]
pub(super) enum Letters {
    /// List them.
    List(List),
    /// Show one with all its faults, and the bytes around each.
    Show(Show),
    /// Write the bytes of a record as it was set aside, or the data of a delivery.
    Record(edit::Record),
    /// Bring a record again in other bytes, or send a delivery with other data. The
    /// original is kept; the edit is an entry of the ledger.
    Edit(edit::Edit),
    /// Bring records again with today's maps; send deliveries again with the same
    /// idempotency key.
    Resubmit(settle::Settle),
    /// Give records and deliveries up.
    Discard(settle::Settle),
}

/// Which letters.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Which {
    /// Channel they came by, or were to go to.
    #[arg(long, visible_alias = "to", value_name = "CHANNEL")]
    channel: Option<String>,
    /// Problem code.
    #[arg(long)]
    code: Option<String>,
    /// record or parcel.
    #[arg(long, value_parser = ["record", "parcel"])]
    kind: Option<String>,
    /// Set aside at that time or later, like 2026-01-05T12:00:00+09:00.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Set aside before that time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// A text in their faults, their reason or their origin.
    #[arg(long)]
    text: Option<String>,
}

/// List them.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    hub: Hub,
    #[command(flatten)]
    which: Which,
    /// open, resubmitted or discarded.
    #[arg(long, default_value = "open")]
    state: String,
    #[command(flatten)]
    printed: Printed,
}

/// The columns of a table of letters.
const COLUMNS: &[(&str, &str)] = &[
    ("id", "/id"),
    ("at", "/at"),
    ("kind", "/kind"),
    ("channel", "/channel"),
    ("code", "/code"),
    ("state", "/state"),
    ("origin", "/record/origin"),
    ("record", "/record/number"),
    ("byte", "/record/offset"),
    ("tries", "/attempts"),
    ("reason", "/reason"),
    ("settled_by", "/settled_by"),
    ("settled_why", "/settled_why"),
];

/// Show one.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    #[command(flatten)]
    hub: Hub,
    /// Its id.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Letters {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::List(it) => it.run(),
            Self::Show(it) => it.run(),
            Self::Record(it) => it.run(),
            Self::Edit(it) => it.run(),
            Self::Resubmit(it) => it.run("resubmit", "to be sent again, as the destination allows"),
            Self::Discard(it) => it.run("discard", "given up"),
        }
    }
}

// === impl Which ===

impl Which {
    fn is_narrow(&self) -> bool {
        let Self { channel, code, kind, since, until, text } = self;
        [channel, code, kind, since, until, text].iter().any(|it| it.is_some())
    }

    /// All letters of that state, page by page.
    async fn each(
        &self,
        client: &Client,
        state: &str,
        with: impl FnMut(&Value),
    ) -> Result<u64, Failure> {
        let Self { channel, code, kind, since, until, text } = self;
        let given = [
            ("channel", channel),
            ("code", code),
            ("kind", kind),
            ("from", since),
            ("to", until),
            ("text", text),
        ];
        let given = given.into_iter().filter_map(|(name, it)| Some((name, it.as_deref()?)));
        let query: Vec<(&str, &str)> = given.chain([("state", state), ("limit", "500")]).collect();
        client.each("/api/v1/dead-letters", &query, with).await
    }
}

// === the commands ===

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        block_on(async {
            let table = Table::begin(&self.printed, COLUMNS);
            let print = |item: &Value| table.item(item, line);
            let count = self.which.each(&client, &self.state, print).await?;
            if count == 0 {
                table.none();
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn line(item: &Value) -> String {
    format!(
        "{}  {}  {:<7} {:<14} {:<20} {}",
        text(item, "id"),
        text(item, "at"),
        text(item, "kind"),
        text(item, "channel"),
        text(item, "code"),
        text(item, "reason")
    )
}

fn text<'a>(item: &'a Value, key: &str) -> &'a str {
    item.get(key).and_then(Value::as_str).unwrap_or_default()
}

impl Show {
    fn run(self) -> Result<ExitCode, Failure> {
        let (client, id) = (self.hub.client()?, self.id);
        block_on(async {
            let letter = client.get(&format!("/api/v1/dead-letters/{id}")).await?;
            if self.json {
                say!("{}", serde_json::to_string_pretty(&letter).map_err(|it| it.to_string())?);
            } else {
                print(&letter);
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// A letter for people: what, where, and each fault with the bytes around it.
fn print(letter: &Value) {
    for key in ["id", "kind", "channel", "code", "state", "at", "settled_by", "settled_why"] {
        if !text(letter, key).is_empty() {
            say!("{key:<12} {}", text(letter, key));
        }
    }
    let number = |it: &Value, key: &str| it.get(key).and_then(Value::as_u64).unwrap_or(0);
    let Some(record) = letter.get("record") else {
        say!("{:<12} {}", "tries", number(letter, "attempts"));
        say!("{:<12} {}", "reason", text(letter, "reason"));
        return;
    };
    say!("{:<12} {}", "origin", text(record, "origin"));
    say!(
        "{:<12} {}, byte {}, {} bytes",
        "record",
        number(record, "number"),
        number(record, "offset"),
        number(record, "length")
    );
    let shown = letter.get("excerpts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for fault in record.get("faults").and_then(Value::as_array).into_iter().flatten() {
        let at = fault.get("offset").and_then(Value::as_u64);
        let place = at.map_or(String::new(), |it| format!(", byte {it}"));
        say!("\n{}{place}: {}", text(fault, "field"), text(fault, "found"));
        say!("  expected {}", text(fault, "expected"));
        let same = |it: &&Value| {
            text(it, "field") == text(fault, "field") && it.get("offset") == fault.get("offset")
        };
        if let Some(it) = shown.iter().find(same) {
            say!("  {}[{}]{}", text(it, "before"), text(it, "at"), text(it, "after"));
        }
    }
}
