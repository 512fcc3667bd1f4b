//! `channelhub map bench`: how fast a map runs here, on your own data.

use super::{Opened, Subject};
use crate::cli::Failure;
use adapter_kit::package::Chosen;
use mapping::Scratch;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How fast a map runs on a file: decoding, mapping, checks and writing.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Bench {
    #[command(flatten)]
    subject: Subject,
    /// How long to measure, seconds.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

impl Bench {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.subject.open()?;
        let start = now();
        let (mut rounds, mut records) = (0_u64, 0_u64);
        while now().duration_since(start) < Duration::from_secs(self.seconds.max(1)) {
            records += self.once(&opened)?;
            rounds += 1;
        }
        let seconds = now().duration_since(start).as_secs_f64();
        let bytes = rounds as f64 * opened.bytes.len() as f64;
        say!(
            "{:.0} records/s, {:.1} MB/s, {:.1} µs a record ({records} records in {seconds:.1} s)",
            records as f64 / seconds,
            bytes / seconds / 1e6,
            seconds * 1e6 / records.max(1) as f64
        );
        Ok(ExitCode::SUCCESS)
    }

    /// One pass over the file; how many records it had.
    fn once(&self, opened: &Opened) -> Result<u64, Failure> {
        let Opened { package, map, used, bytes } = opened;
        let needs = self.subject.needs()?;
        // As the hub does it: what a thread remembers of documents, it keeps.
        Scratch::of_thread(|scratch| {
            if used.is_none() {
                let made = map.run_json(bytes, &self.subject.context(1, &needs), scratch);
                return made
                    .map(|_| 1)
                    .map_err(|_| "the map faults on this file; see `map run`".into());
            }
            let decoded = package.decode(None, bytes).map_err(|it| it.to_string())?;
            let chosen = Chosen { kind: "", maps: used.iter().collect() };
            let mut count = 0;
            for record in decoded.iter(bytes) {
                let context = self.subject.context(record.number, &needs);
                // A record with faults takes its time too.
                let _made_or_faulted = package.run(&chosen, &record, &context, scratch);
                count += 1;
            }
            Ok(count)
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
