//! `channelhub letters`: records and deliveries set aside.

use super::{Config, Failure, block_on, client::Client};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Records and deliveries set aside.
#[derive(Debug, Subcommand)]
pub(super) enum Letters {
    /// List them.
    List(List),
    /// Show one with all its faults.
    Show(Show),
    /// Send deliveries again, with the same idempotency key.
    Resubmit(Settle),
    /// Give deliveries up.
    Discard(Settle),
}

/// Which hub.
#[derive(Debug, clap::Args)]
pub(super) struct Hub {
    #[command(flatten)]
    config: Config,
    /// Address of the hub, when it does not listen where hub.yaml says.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// List them.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    hub: Hub,
    /// Channel they came by, or were to go to.
    #[arg(long)]
    channel: Option<String>,
    /// Problem code.
    #[arg(long)]
    code: Option<String>,
    /// open, resubmitted or discarded.
    #[arg(long, default_value = "open")]
    state: String,
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
}

/// Show one.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    #[command(flatten)]
    hub: Hub,
    /// Its id.
    id: String,
}

/// Which deliveries, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Settle {
    #[command(flatten)]
    hub: Hub,
    /// Ids of letters.
    ids: Vec<String>,
    /// All open deliveries to this channel.
    #[arg(long, value_name = "CHANNEL", conflicts_with = "ids")]
    to: Option<String>,
    /// Why. Stands in the ledger.
    #[arg(long)]
    reason: String,
}

impl Letters {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::List(it) => it.run(),
            Self::Show(it) => it.run(),
            Self::Resubmit(it) => it.run("resubmit", "to be sent again, as the destination allows"),
            Self::Discard(it) => it.run("discard", "given up"),
        }
    }
}

impl Hub {
    fn client(self) -> Result<Client, Failure> {
        Client::new(&self.config.config, self.url)
    }
}

impl List {
    fn run(self) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        let mut query = vec![("state", self.state), ("limit", "500".to_owned())];
        query.extend(self.channel.map(|it| ("channel", it)));
        query.extend(self.code.map(|it| ("code", it)));
        block_on(async {
            let mut after: Option<String> = None;
            let mut count = 0;
            loop {
                let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
                let pairs = pairs.chain(after.as_deref().map(|it| ("after", it)));
                let text =
                    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                let page = client.get(&format!("/api/v1/dead-letters?{text}")).await?;
                let items =
                    page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
                count += items.len();
                for item in &items {
                    say!("{}", if self.json { item.to_string() } else { line(item) });
                }
                after = page.get("next").and_then(Value::as_str).map(str::to_owned);
                if after.is_none() {
                    break;
                }
            }
            if count == 0 && !self.json {
                say!("none");
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn line(item: &Value) -> String {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    format!(
        "{}  {}  {:<7} {:<14} {:<20} {}",
        text("id"),
        text("at"),
        text("kind"),
        text("channel"),
        text("code"),
        text("reason")
    )
}

impl Show {
    fn run(self) -> Result<ExitCode, Failure> {
        let (client, id) = (self.hub.client()?, self.id);
        block_on(async {
            let letter = client.get(&format!("/api/v1/dead-letters/{id}")).await?;
            let text = serde_json::to_string_pretty(&letter).map_err(|it| it.to_string())?;
            say!("{text}");
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Settle {
    fn run(self, act: &str, done: &str) -> Result<ExitCode, Failure> {
        let client = self.hub.client()?;
        let body = json!({ "ids": self.ids, "channel": self.to, "reason": self.reason });
        block_on(async {
            let settled = client.post(&format!("/api/v1/dead-letters/{act}"), &body).await?;
            let number = |key: &str| settled.get(key).and_then(Value::as_u64).unwrap_or(0);
            say!("{} {done}, entry {}", number("count"), number("sequence"));
            Ok(ExitCode::SUCCESS)
        })
    }
}
