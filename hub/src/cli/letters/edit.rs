//! `channelhub letters record` and `edit`: take a record's bytes, bring it again
//! with others; the same with the data of a delivery.

use super::Hub;
use crate::cli::{Failure, block_on, screen};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};

/// The bytes of a record as it was set aside; of a delivery, the canonical data that
/// its out map reads, JSON. They may be personal data.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Record {
    #[command(flatten)]
    hub: Hub,
    /// Id of the letter.
    id: String,
    /// Where to write them, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A record in other bytes, or a delivery with other data. An edited delivery has an
/// idempotency key of its own; the event, and what other destinations get of it, stays
/// as it is.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Edit {
    #[command(flatten)]
    hub: Hub,
    /// Id of the letter.
    id: String,
    /// The record as it is to be, in the format and charset of its channel; of a
    /// delivery, the data as `letters record` writes it.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Why. Stands in the ledger.
    #[arg(long)]
    reason: String,
    /// Send a delivery also if a try of it ended without an answer: the far side may
    /// have it already, and takes what is edited as another one.
    #[arg(long)]
    may_repeat: bool,
}

impl Record {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let (client, id) = (self.hub.client()?, self.id);
        block_on(async {
            let answer = client.open(&format!("/api/v1/dead-letters/{id}/record")).await?;
            let bytes = answer.bytes().await.map_err(|it| it.to_string())?;
            match &self.out {
                Some(path) => std::fs::write(path, &bytes)
                    .map_err(|cause| format!("{}: {cause}", path.display()))?,
                None => screen::bytes(&bytes),
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

impl Edit {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let bytes = std::fs::read(&self.input)
            .map_err(|cause| format!("{}: {cause}", self.input.display()))?;
        let body = json!({
            "bytes": BASE64_STANDARD.encode(bytes),
            "reason": self.reason,
            "may_repeat": self.may_repeat,
        });
        let (client, id) = (self.hub.client()?, self.id);
        block_on(async {
            let answer = client.post(&format!("/api/v1/dead-letters/{id}/edit"), &body).await?;
            let sequence = answer.get("sequence").and_then(Value::as_u64).unwrap_or(0);
            if canon::entry::ParcelId::parse(&id).is_some() {
                say!("goes out again with this data, by entry {sequence}");
                return Ok(ExitCode::SUCCESS);
            }
            let events = answer.get("events").and_then(Value::as_array).map_or(0, Vec::len);
            let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or(0);
            say!(
                "in, as entry {sequence}: {events} events, {} known already",
                number("duplicates")
            );
            Ok(ExitCode::SUCCESS)
        })
    }
}
