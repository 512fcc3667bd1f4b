//! One stored arrival through the map in force and through the new one.

use super::{Candidate, report::Report};
use crate::{
    again::{Stored, label_of},
    walk::decode,
};
use adapter_kit::{
    decode::{Decoded, Record},
    package::{Made, Package},
};
use canon::{entity::Classification, entry::RecordFault};
use mapping::{RunContext, Scratch};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a map made of one record.
pub(super) enum Outcome {
    /// Events, each as its leaves by path.
    Events(Vec<Leaves>),
    /// It cannot use the record.
    Faulted(Vec<RecordFault>),
}

/// One event.
pub(super) struct Leaves {
    pub(super) source_id: String,
    pub(super) is_personal: bool,
    pub(super) fields: BTreeMap<String, String>,
}

/// Compares all records of an arrival that the map reads.
pub(super) fn arrival(
    organisation: &str,
    candidate: &Candidate,
    stored: &Stored,
    report: &mut Report,
) {
    report.arrivals += 1;
    let label = label_of(&stored.arrival);
    let old = candidate.channel.package();
    let piece = stored.arrival.piece.as_deref();
    let read =
        |package: &Package| decode::records(package, label.as_deref(), piece, &stored.bytes).ok();
    let (before, after) = (read(old), read(&candidate.new));
    unreadable(before.as_ref(), after.as_ref(), report);
    let Some(decoded) = after else { return };
    let mut scratch = Scratch::default();
    for record in decoded.iter(&stored.bytes) {
        let context = RunContext {
            organisation,
            channel: candidate.channel.name(),
            received_at: stored.arrival.received_at,
            record: record.number,
            needs: &[],
        };
        let mut run = |package: &Package| {
            outcome(package, label.as_deref(), &record, (&context, &mut scratch, &candidate.id))
        };
        let (before, after) = (run(old), run(&candidate.new));
        if before.is_none() && after.is_none() {
            continue;
        }
        // A version that is not chosen for a record makes nothing of it.
        let nothing = || Outcome::Events(Vec::new());
        let (before, after) = (before.unwrap_or_else(nothing), after.unwrap_or_else(nothing));
        differences(&before, &after, &format!("{}.{}", stored.seq, record.number), report);
    }
}

/// Counts what cannot be read: as it is today, and only by the new version.
pub(super) fn unreadable(before: Option<&Decoded>, after: Option<&Decoded>, report: &mut Report) {
    let Some(after) = after else {
        match before {
            Some(before) => report.lost += before.records.max(1),
            None => report.unreadable += 1,
        }
        return;
    };
    let Some(before) = before else { return };
    let known: BTreeSet<u64> = before.unreadable.iter().map(|it| it.offset).collect();
    let new = after.unreadable.iter().filter(|it| !known.contains(&it.offset));
    report.lost += u64::try_from(new.count()).unwrap_or(u64::MAX);
}

/// What the map makes of one record; `None` when the record is not for it.
fn outcome(
    package: &Package,
    label: Option<&str>,
    record: &Record<'_>,
    (context, scratch, id): (&RunContext<'_>, &mut Scratch, &str),
) -> Option<Outcome> {
    let mut chosen = package.choose(label, record).ok()?;
    chosen.maps.retain(|used| package.map(&used.file).is_some_and(|it| it.id() == id));
    if chosen.maps.is_empty() {
        return None;
    }
    Some(match package.run(&chosen, record, context, scratch) {
        Ok(made) => Outcome::Events(made.into_iter().map(leaves).collect()),
        Err(faulted) => Outcome::Faulted(faulted.faults),
    })
}

fn leaves(made: Made<'_>) -> Leaves {
    let it = made.mapped;
    let data: Value = serde_json::from_slice(&it.data).unwrap_or_default();
    let mut fields = BTreeMap::new();
    walk(&data, "", &mut fields);
    // The label of the map itself always differs.
    fields.remove("mapping");
    for (name, value) in [
        ("(version)", it.source_version),
        ("(action)", it.action.name().to_owned()),
        ("(time)", it.occurred_at),
        ("(key)", it.partition_key),
    ] {
        fields.insert(name.to_owned(), value);
    }
    Leaves {
        source_id: it.source_id,
        is_personal: it.classification >= Classification::Confidential,
        fields,
    }
}

/// Every leaf of a document with its path.
fn walk(value: &Value, path: &str, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, &path, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                walk(value, &format!("{path}[{index}]"), found);
            }
        }
        leaf => {
            found.insert(path.to_owned(), leaf.to_string());
        }
    }
}

/// Puts what differs into the report.
pub(super) fn differences(before: &Outcome, after: &Outcome, place: &str, report: &mut Report) {
    let mut record = report.record(place);
    match (before, after) {
        (Outcome::Faulted(old), Outcome::Faulted(new)) => {
            let fields = |it: &[RecordFault]| -> BTreeSet<String> {
                it.iter().map(|it| it.field.clone()).collect()
            };
            let (old_fields, new_fields) = (fields(old), fields(new));
            for it in old.iter().filter(|it| !new_fields.contains(&it.field)) {
                record.fault_gone(it);
            }
            for it in new.iter().filter(|it| !old_fields.contains(&it.field)) {
                record.fault_new(it);
            }
        }
        (Outcome::Faulted(old), Outcome::Events(_)) => {
            old.iter().for_each(|it| record.fault_gone(it));
        }
        (Outcome::Events(_), Outcome::Faulted(new)) => {
            new.iter().for_each(|it| record.fault_new(it));
        }
        (Outcome::Events(old), Outcome::Events(new)) => {
            let mut left: Vec<&Leaves> = new.iter().collect();
            for was in old {
                match left.iter().position(|it| it.source_id == was.source_id) {
                    Some(at) => fields(was, left.remove(at), &mut record),
                    None => record.event_gone(was),
                }
            }
            left.into_iter().for_each(|it| record.event_new(it));
        }
    }
    record.end();
}

fn fields(was: &Leaves, is: &Leaves, record: &mut super::report::Record<'_>) {
    let paths: BTreeSet<&String> = was.fields.keys().chain(is.fields.keys()).collect();
    for path in paths {
        record.field(path, (was.fields.get(path), is.fields.get(path)), is.is_personal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapter_kit::decode::Unreadable;

    fn event(source_id: &str, fields: &[(&str, &str)]) -> Leaves {
        let fields = fields.iter().map(|(path, it)| ((*path).to_owned(), (*it).to_owned()));
        Leaves { source_id: source_id.to_owned(), is_personal: true, fields: fields.collect() }
    }

    fn fault(field: &str) -> RecordFault {
        RecordFault {
            field: field.to_owned(),
            offset: None,
            found: "x".to_owned(),
            expected: "a number".to_owned(),
            needed_by: None,
            shows: None,
        }
    }

    #[test]
    fn what_only_the_new_version_cannot_read_fails_the_run() {
        let with = |offsets: &[u64]| {
            let mut decoded = Decoded::default();
            decoded.records = 3;
            let of = |offset: &u64| Unreadable {
                number: 1,
                offset: *offset,
                length: 4,
                faults: Vec::new(),
            };
            decoded.unreadable.extend(offsets.iter().map(of));
            decoded
        };
        let run = |before: Option<&Decoded>, after: Option<&Decoded>| {
            let mut report = Report::new(false);
            let one = Outcome::Events(vec![event("1", &[])]);
            differences(&one, &one, "7.1", &mut report);
            unreadable(before, after, &mut report);
            report
        };
        let (one, two) = (with(&[0]), with(&[0, 9]));
        assert!(run(Some(&one), Some(&one)).passed(0.0), "as it is today");
        assert!(run(None, None).passed(0.0), "as it is today");
        assert!(!run(Some(&one), Some(&two)).passed(100.0), "one record more");
        let none = run(Some(&one), None);
        assert!(!none.passed(100.0) && none.lines(100.0).join("\n").contains("3 records"));
    }

    #[test]
    fn a_run_that_compared_nothing_does_not_pass() {
        let mut report = Report::new(false);
        report.gone = 2;
        assert!(!report.passed(100.0));
        let text = report.lines(100.0).join("\n");
        assert!(text.contains("2 arrivals passed over"), "{text}");
        assert!(text.contains("nothing was compared"), "{text}");
        assert_eq!(report.to_json(100.0)["passed"], false);
    }

    #[test]
    fn differences_are_grouped_by_kind_and_field() {
        let mut report = Report::new(false);
        let old = || {
            Outcome::Events(vec![
                event("1", &[("name", "\"Hana\""), ("lines[0].net", "1"), ("lines[1].net", "2")]),
                event("2", &[]),
            ])
        };
        let new = Outcome::Events(vec![
            event("1", &[("name", "\"HANA\""), ("lines[0].net", "3"), ("lines[1].net", "4")]),
            event("3", &[]),
        ]);
        differences(&old(), &new, "7.1", &mut report);
        differences(&old(), &old(), "7.2", &mut report);
        differences(&old(), &Outcome::Faulted(vec![fault("qty")]), "7.3", &mut report);
        differences(&Outcome::Faulted(vec![fault("qty")]), &old(), "7.4", &mut report);
        assert!((report.percent() - 75.0).abs() < 1e-9);
        let text = report.lines(0.0).join("\n");
        for want in [
            "4 records, 1 the same, 3 differ (75.00 %)",
            "changed  lines[].net: 1 record",
            "changed  name: 1 record",
            "event new  (event): 1 record",
            "event gone  (event): 1 record",
            "fault new  qty: 1 record",
            "fault gone  qty: 1 record",
        ] {
            assert!(text.contains(want), "{want}: {text}");
        }
        assert!(!text.contains("Hana"), "personal values are masked: {text}");
        assert!(text.contains("\"••••\""), "{text}");
        let json = report.to_json(80.0);
        assert_eq!((&json["passed"], &json["records"]), (&true.into(), &4.into()));
    }
}
