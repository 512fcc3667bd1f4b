//! `channelhub replay`: stored events go out again.

use super::{
    Failure, block_on,
    client::{Client, Hub},
    progress::Bar,
    screen::count,
};
use crate::app::clock::SystemClock;
use canon::clock::Clock as _;
use clap::Subcommand;
use serde_json::{Map, Value, json};
use std::{process::ExitCode, time::Duration};

/// How often a running replay is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Send stored events again: to a destination that lost some, or with corrected
/// maps. Live traffic goes first; the idempotency keys stay the same.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Replay {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List replays and how far each is.
    List(List),
    /// Stop one: what it has not sent stays unsent.
    Stop(Stop),
}

/// Which events, and where to.
#[derive(Debug, clap::Args)]
struct Start {
    #[command(flatten)]
    hub: Hub,
    /// Only what came by this channel.
    #[arg(long)]
    channel: Option<String>,
    /// Only what was taken in at that time or later, like 2026-01-05T12:00:00+09:00.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only what was taken in before that time.
    #[arg(long, visible_alias = "until", value_name = "TIME")]
    before: Option<String>,
    /// Only this kind of thing, `order`.
    #[arg(long)]
    entity: Option<String>,
    /// Only what stays in order with this key, or the thing with this id.
    #[arg(long)]
    key: Option<String>,
    /// Only events whose data has this text in it.
    #[arg(long)]
    query: Option<String>,
    /// then: the events as they were made when they came, by the in maps of then;
    /// today: their raw bytes, walked once more with the in maps in force. Out maps
    /// are those in force either way.
    #[arg(long, default_value = "then", value_parser = ["then", "today"])]
    maps: String,
    /// Where to: all that the routes say, or one destination. May be given several
    /// times.
    #[arg(long, value_name = "DEST", default_value = "all")]
    to: Vec<String>,
    /// Only count what would go out; with --maps then only.
    #[arg(long)]
    dry_run: bool,
    /// Do not wait for its end.
    #[arg(long)]
    detach: bool,
    /// Why. Stands in the ledger. Only --dry-run does without.
    #[arg(long, required_unless_present = "dry_run")]
    reason: Option<String>,
}

/// List replays.
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    hub: Hub,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

/// Stop a replay.
#[derive(Debug, clap::Args)]
struct Stop {
    #[command(flatten)]
    hub: Hub,
    /// Its number.
    id: u64,
    /// Why. Stands in the ledger.
    #[arg(long)]
    reason: String,
}

impl Replay {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            None => self.start.run(),
            Some(Command::List(it)) => it.run(),
            Some(Command::Stop(it)) => it.run(),
        }
    }
}

impl Start {
    fn run(self) -> Result<ExitCode, Failure> {
        let body = self.body();
        let (dry_run, detach) = (self.dry_run, self.detach);
        let client = self.hub.client()?;
        block_on(async {
            let started = client.post("/api/v1/replays", &body).await?;
            let number = |key: &str| started.get(key).and_then(Value::as_u64).unwrap_or(0);
            if dry_run {
                say!("{} up to entry {}", count(number("matched"), "event"), number("last"));
                say!("{} replaced by a later state, not sent", number("superseded"));
                say!("{} would be made", count(number("parcels"), "delivery"));
                return Ok(ExitCode::SUCCESS);
            }
            let id = number("id");
            say!("replay {id}: events up to entry {}", number("last"));
            if detach {
                return Ok(ExitCode::SUCCESS);
            }
            follow(&client, id).await
        })
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        let given = [
            ("channel", &self.channel),
            ("from", &self.from),
            ("until", &self.before),
            ("entity", &self.entity),
            ("key", &self.key),
            ("query", &self.query),
        ];
        for (name, value) in given {
            body.extend(value.as_ref().map(|it| (name.to_owned(), json!(it))));
        }
        let to: Vec<&String> = self.to.iter().filter(|it| *it != "all").collect();
        body.extend([
            ("to".to_owned(), json!(to)),
            ("maps".to_owned(), json!(self.maps)),
            ("dry_run".to_owned(), json!(self.dry_run)),
            ("reason".to_owned(), json!(self.reason.as_deref().unwrap_or_default())),
        ]);
        Value::Object(body)
    }
}

/// Shows a replay until all it made is delivered, refused or given up.
async fn follow(client: &Client, id: u64) -> Result<ExitCode, Failure> {
    let bar = Bar::new("delivered");
    loop {
        let replay = client.get(&format!("/api/v1/replays/{id}")).await?;
        let number = |key: &str| replay.get(key).and_then(Value::as_u64).unwrap_or(0);
        let ended = number("done") + number("dead") + number("discarded");
        bar.at(ended, number("parcels"));
        let state = replay.get("state").and_then(Value::as_str).unwrap_or_default();
        if state != "running" && ended >= number("parcels") {
            bar.end();
            say!("{}", line(&replay));
            let failed = number("dead") > 0 || state == "stopped";
            return Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS });
        }
        SystemClock.sleep(LOOK_EVERY).await;
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let (client, json) = (self.hub.client()?, self.json);
        block_on(async {
            let print = |item: &Value| say!("{}", if json { item.to_string() } else { line(item) });
            let count = client.each("/api/v1/replays", &[], print).await?;
            if count == 0 && !json {
                say!("none");
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Stop {
    fn run(self) -> Result<ExitCode, Failure> {
        let (client, body) = (self.hub.client()?, json!({ "reason": self.reason }));
        block_on(async {
            let path = format!("/api/v1/replays/{}/stop", self.id);
            say!("{}", line(&client.post(&path, &body).await?));
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Its figures, and a line for each destination that it went on without.
fn line(replay: &Value) -> String {
    let parked = replay.get("parked").and_then(Value::as_array);
    let last = replay.pointer("/selection/last").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let parked = parked.into_iter().flatten().map(|it| {
        let destination = it.get("destination").and_then(Value::as_str).unwrap_or_default();
        let reached = it.get("reached").and_then(Value::as_u64).unwrap_or(0);
        if reached >= last {
            return format!("\n    {destination}: has all of it already, the others go on");
        }
        format!(
            "\n    {destination}: too much waits there; it is at entry {reached}, the others go on"
        )
    });
    figures(replay) + &parked.collect::<String>()
}

fn figures(replay: &Value) -> String {
    let text = |key: &str| replay.get(key).and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| replay.get(key).and_then(Value::as_u64).unwrap_or(0);
    let last = replay.pointer("/selection/last").and_then(Value::as_u64).unwrap_or(0);
    format!(
        "{}  {:<8} entry {} of {last}; {}, {} superseded, {} changed, {} faulty; \
         {}: {} done, {} dead, {} given up  {}",
        number("id"),
        text("state"),
        number("reached").min(last),
        count(number("matched"), "event"),
        number("superseded"),
        number("changed"),
        number("faulty"),
        count(number("parcels"), "delivery"),
        number("done"),
        number("dead"),
        number("discarded"),
        text("reason"),
    )
}
