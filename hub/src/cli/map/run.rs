//! `channelhub map run`: one map on one file.

use super::{Opened, Subject, print_faults};
use crate::cli::{Failure, progress::Progress, screen};
use adapter_kit::package::Chosen;
use mapping::{RunContext, Scratch};
use serde_json::value::RawValue;
use std::process::ExitCode;

/// Run one map on a file.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    subject: Subject,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One JSON document a line.
    #[default]
    Ndjson,
    /// Indented, for people.
    Pretty,
}

/// What a run came to.
#[derive(Default)]
struct Count {
    records: u64,
    bad: u64,
}

impl Run {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.subject.open()?;
        let needs = self.subject.needs()?;
        let context = self.subject.context(1, &needs);
        let count = if opened.used.is_some() {
            self.records(&opened, &context)?
        } else {
            self.events(&opened, &context)?
        };
        eprintln!("{}, {} with faults", screen::count(count.records, "record"), count.bad);
        Ok(if count.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// An in map: each record of the file.
    fn records(&self, opened: &Opened, context: &RunContext<'_>) -> Result<Count, Failure> {
        let Opened { package, used, bytes, .. } = opened;
        let mut records = package
            .decode(None, bytes)
            .map_err(|it| format!("{}: {it}", self.subject.input.display()))?;
        let mut count = Count { records: records.records, bad: 0 };
        for it in std::mem::take(&mut records.unreadable) {
            count.bad += 1;
            print_faults(bytes, it.number, &it.faults);
        }
        let chosen = Chosen { kind: "", maps: used.iter().collect() };
        let mut progress = Progress::new(count.records);
        for record in records.iter(bytes) {
            let context = RunContext { record: record.number, ..*context };
            let made = Scratch::of_thread(|it| package.run(&chosen, &record, &context, it));
            match made {
                Ok(made) => made.into_iter().for_each(|it| self.print(&it.mapped.data)),
                Err(faulted) => {
                    count.bad += 1;
                    progress.clear();
                    print_faults(bytes, record.number, &faulted.faults);
                }
            }
            progress.at(record.number);
        }
        Ok(count)
    }

    /// An out map: each canonical record of the file, one JSON document after the other.
    fn events(&self, opened: &Opened, context: &RunContext<'_>) -> Result<Count, Failure> {
        let stream = serde_json::Deserializer::from_slice(&opened.bytes);
        let mut count = Count::default();
        for document in stream.into_iter::<&RawValue>() {
            let document =
                document.map_err(|it| format!("{}: {it}", self.subject.input.display()))?;
            count.records += 1;
            let context = RunContext { record: count.records, ..*context };
            let bytes = document.get().as_bytes();
            match Scratch::of_thread(|it| opened.map.run_json(bytes, &context, it)) {
                Ok(made) => self.print(&made.data),
                Err(faulted) => {
                    count.bad += 1;
                    print_faults(bytes, count.records, &faulted.faults);
                }
            }
        }
        Ok(count)
    }

    fn print(&self, json: &[u8]) {
        let mut text = match self.format {
            Format::Ndjson => json.to_vec(),
            Format::Pretty => indented(json).unwrap_or_else(|| json.to_vec()),
        };
        text.push(b'\n');
        screen::bytes(&text);
    }
}

fn indented(json: &[u8]) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    serde_json::to_vec_pretty(&value).ok()
}
