//! `channelhub letters resubmit` and `discard`: one, some or all that a filter
//! names, in steps, with a bar.

use super::{Hub, Which, text};
use crate::cli::{Failure, block_on, progress::Bar};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Letters settled by one request.
const STEP: usize = 200;
/// Letters that stay, of which the reason is printed.
const TOLD_MAX: usize = 20;

/// Which letters, and why.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Settle {
    #[command(flatten)]
    hub: Hub,
    /// Ids of letters; none: all open ones that the filters name.
    ids: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// Why. Stands in the ledger.
    #[arg(long)]
    reason: String,
}

impl Settle {
    pub(super) fn run(self, act: &'static str, done: &str) -> Result<ExitCode, Failure> {
        let Self { hub, mut ids, which, reason } = self;
        if ids.is_empty() != which.is_narrow() {
            return Err("name letters by their ids, or by --channel, --code, --kind, --since, \
                        --until or --text"
                .to_owned());
        }
        let client = hub.client()?;
        block_on(async {
            if ids.is_empty() {
                which.each(&client, "open", |item| ids.push(text(item, "id").to_owned())).await?;
            }
            if ids.is_empty() {
                say!("none");
                return Ok(ExitCode::SUCCESS);
            }
            let (bar, all) = (Bar::new(act), ids.len() as u64);
            let (mut count, mut sequence, mut looked_at) = (0, 0, 0);
            let mut still: Vec<Value> = Vec::new();
            for some in ids.chunks(STEP) {
                let body = json!({ "ids": some, "reason": reason });
                let settled = client.post(&format!("/api/v1/dead-letters/{act}"), &body).await?;
                let number = |key: &str| settled.get(key).and_then(Value::as_u64).unwrap_or(0);
                count += number("count");
                sequence = number("sequence").max(sequence);
                looked_at += some.len() as u64;
                let more = settled.get("still").and_then(Value::as_array);
                still.extend(more.into_iter().flatten().cloned());
                bar.at(looked_at, all);
            }
            bar.end();
            say!("{count} {done}, entry {sequence}");
            for it in still.iter().take(TOLD_MAX) {
                say!("stays  {}  {}  {}", text(it, "id"), text(it, "code"), text(it, "reason"));
            }
            if still.len() > TOLD_MAX {
                say!("stays  {} more", still.len() - TOLD_MAX);
            }
            Ok(if still.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        })
    }
}
