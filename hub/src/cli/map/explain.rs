//! `channelhub map explain`: where a field of the output comes from.

use super::{Opened, Subject};
use crate::cli::{Failure, screen};
use mapping::{Explained, FieldTrace, Watch};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Say where a field of the output comes from: source bytes, rule, the value
/// of each step.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    #[command(flatten)]
    subject: Subject,
    /// Only this field of the output, `lines[0].net`.
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// Which record, from 1.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    record: u64,
    /// Of a map that reads each element of a record: only this one, from 1.
    #[arg(long, value_name = "NUMBER")]
    element: Option<usize>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document: fields with bytes, steps and tables; faults.
    Json,
}

impl Explain {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let opened = self.subject.open()?;
        let all = self.explained(&opened)?;
        let elements = all.len();
        let chosen: Vec<(usize, &Explained)> = (1..)
            .zip(&all)
            .filter(|(number, _)| self.element.is_none_or(|it| it == *number))
            .collect();
        if let (Some(element), true) = (self.element, chosen.is_empty()) {
            return Err(format!(
                "the map reads {elements} elements of record {}; there is no element {element}",
                self.record
            ));
        }
        let shown: Vec<(usize, &Explained, Vec<&FieldTrace>)> = chosen
            .into_iter()
            .map(|(number, it)| (number, it, it.fields.iter().collect()))
            .collect();
        if let (Some(field), true) = (&self.field, shown.iter().all(|it| it.2.is_empty())) {
            return Err(self.unknown(field, &opened));
        }
        match self.format {
            Format::Text => print(&opened.bytes, &shown, elements > 1),
            Format::Json => self.print_json(&opened, &shown)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The output has no such field; which is nearest.
    fn unknown(&self, field: &str, opened: &Opened) -> Failure {
        let all = Self { field: None, ..self.clone() }.explained(opened).unwrap_or_default();
        let names = all.iter().flat_map(|it| &it.fields).map(|it| it.target.as_str());
        let near = codec::diagnostic::nearest(field, names);
        let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        format!("the output of record {} has no field `{field}`{hint}", self.record)
    }

    /// One result, or one for each element that the map reads.
    fn explained(&self, opened: &Opened) -> Result<Vec<Explained>, Failure> {
        let Opened { package, map, used, bytes } = opened;
        let needs = self.subject.needs()?;
        let context = self.subject.context(self.record, &needs);
        let watch = Watch { field: self.field.as_deref(), ..Watch::default() };
        let Some(used) = used else { return Ok(vec![watch.json(map, bytes, &context)]) };
        let records = package.decode(None, bytes).map_err(|it| it.to_string())?;
        let mut found = records.iter(bytes).filter(|it| it.number == self.record);
        let record = found.next().ok_or_else(|| {
            format!("{} has no readable record {}", self.subject.input.display(), self.record)
        })?;
        Ok(package.explain(used, &record, &context, &watch))
    }

    fn print_json(
        &self,
        opened: &Opened,
        shown: &[(usize, &Explained, Vec<&FieldTrace>)],
    ) -> Result<(), Failure> {
        let results: Vec<Value> = shown
            .iter()
            .map(|(number, explained, fields)| {
                let faults = explained.result.as_ref().err().map(|it| &it.faults);
                json!({ "element": number, "fields": fields, "faults": faults.unwrap_or(&Vec::new()) })
            })
            .collect();
        let document = json!({
            "map": opened.map.label(),
            "input": self.subject.input.display().to_string(),
            "record": self.record,
            "results": results,
        });
        let text = serde_json::to_string_pretty(&document).map_err(|it| it.to_string())?;
        screen::line(format_args!("{text}"));
        Ok(())
    }
}

fn print(bytes: &[u8], shown: &[(usize, &Explained, Vec<&FieldTrace>)], numbered: bool) {
    for (number, explained, fields) in shown {
        if numbered {
            say!("element {number}:");
        }
        fields.iter().for_each(|it| say!("{}", it.text()));
        if let Err(faulted) = &explained.result {
            super::print_faults(bytes, 1, &faulted.faults);
        }
    }
}
