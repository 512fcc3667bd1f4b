//! `channelhub map explain`: where a field of the output comes from.

use super::{Opened, Subject};
use crate::cli::Failure;
use adapter_kit::decode::RecordBody;
use mapping::{Explained, explain_json, explain_row};
use std::process::ExitCode;

/// Say where a field of the output comes from: source bytes, rule, the value
/// of each step.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    #[command(flatten)]
    subject: Subject,
    /// Only this field of the output, `lines[0].net`.
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// Which record, from 1.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    record: u64,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.subject.open()?;
        let explained = self.explained(&opened)?;
        let Some(field) = &self.field else {
            for trace in &explained.fields {
                say!("{}", trace.text());
            }
            return Ok(ExitCode::SUCCESS);
        };
        match explained.field(field) {
            Some(trace) => {
                say!("{}", trace.text());
                Ok(ExitCode::SUCCESS)
            }
            None => Err(format!("the output of record {} has no field `{field}`", self.record)),
        }
    }

    fn explained(&self, opened: &Opened) -> Result<Explained, Failure> {
        let Opened { package, map, used, bytes } = opened;
        let context = self.subject.context(self.record);
        let Some(used) = used else { return Ok(explain_json(map, bytes, &context)) };
        if used.each.is_some() {
            return Err("this map reads elements of a record; `map run` shows its output".into());
        }
        let records = package.decode(None, bytes).map_err(|it| it.to_string())?;
        let mut found = records.iter(bytes).filter(|it| it.number == self.record);
        let record = found.next().ok_or_else(|| {
            format!("{} has no readable record {}", self.subject.input.display(), self.record)
        })?;
        Ok(match record.body {
            RecordBody::Json(text) => explain_json(map, text.as_bytes(), &context),
            RecordBody::Row(rows, row) => explain_row(map, rows, row, &context),
        })
    }
}
