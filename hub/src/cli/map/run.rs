//! `channelhub map run`: one map on one file.

use super::{Opened, Subject, print_faults};
use crate::cli::{Failure, screen};
use adapter_kit::package::Chosen;
use mapping::Scratch;
use std::process::ExitCode;

/// Run one map on a file.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Run {
    #[command(flatten)]
    subject: Subject,
}

impl Run {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.subject.open()?;
        if opened.used.is_none() {
            return self.run_out(&opened);
        }
        let Opened { package, used, bytes, .. } = &opened;
        let mut records = package
            .decode(None, bytes)
            .map_err(|it| format!("{}: {it}", self.subject.input.display()))?;
        let mut bad = 0_u64;
        for it in std::mem::take(&mut records.unreadable) {
            bad += 1;
            print_faults(it.number, &it.faults);
        }
        let chosen = Chosen { kind: "", maps: used.iter().collect() };
        let mut scratch = Scratch::default();
        for record in records.iter(bytes) {
            let context = self.subject.context(record.number);
            match package.run(&chosen, &record, &context, &mut scratch) {
                Ok(made) => {
                    for it in made {
                        line(it.mapped.data);
                    }
                }
                Err(faulted) => {
                    bad += 1;
                    print_faults(record.number, &faulted.faults);
                }
            }
        }
        eprintln!("{} records, {bad} with faults", records.records);
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn run_out(&self, opened: &Opened) -> Result<ExitCode, Failure> {
        let context = self.subject.context(1);
        match opened.map.run_json(&opened.bytes, &context, &mut Scratch::default()) {
            Ok(made) => {
                line(made.data);
                Ok(ExitCode::SUCCESS)
            }
            Err(faulted) => {
                print_faults(1, &faulted.faults);
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn line(mut json: Vec<u8>) {
    json.push(b'\n');
    screen::bytes(&json);
}
