//! Maps that read each element of a record: what `explain` names are bytes of
//! the arrival, though no arrival holds an element record.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(clippy::indexing_slicing, reason = "an offset that is not there is a failure")]

use adapter_kit::{
    files::{Folder, Layered},
    package::{Options, Package},
};
use canon::clock::Timestamp;
use mapping::{RunContext, Watch};
use std::path::{Path, PathBuf};

const CONTEXT: RunContext<'_> = RunContext {
    organisation: "example",
    channel: "here",
    received_at: Timestamp::from_ms(1_767_582_000_000),
    record: 1,
    needs: &[],
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Goal: a person finds the value in the file that came.
/// Method: every fixture of the packages whose maps have `each`; of every field
/// the first step has what stands in the file at the place that is named.
#[test]
fn elements_are_explained_by_bytes_of_the_arrival() {
    let files = Layered(Folder::new(root()), Folder::new(root().join("../mappings")));
    let mut count = 0;
    for (name, input) in [
        ("generic-erp-rest", "in.json"),
        ("generic-pos-csv", "in.csv"),
        ("generic-pos-fixed", "in.dat"),
    ] {
        let package = Package::load(name, &files, &Options::default()).unwrap();
        let kinds = package.manifest().input.iter().flat_map(|it| &it.records);
        let uses: Vec<_> = kinds.flat_map(|it| &it.maps).filter(|it| it.each.is_some()).collect();
        assert!(!uses.is_empty(), "{name}");
        for case in std::fs::read_dir(root().join("packages").join(name).join("fixtures")).unwrap()
        {
            let Ok(bytes) = std::fs::read(case.unwrap().path().join(input)) else { continue };
            let Ok(records) = package.decode(None, &bytes) else { continue };
            for record in records.iter(&bytes) {
                for used in &uses {
                    for explained in package.explain(used, &record, &CONTEXT, &Watch::default()) {
                        let fields = explained.fields.iter().filter(|it| it.reads.len() == 1);
                        count += fields.map(|it| judge(name, it, &bytes)).sum::<usize>();
                    }
                }
            }
        }
    }
    assert!(count >= 60, "{count} values");
}

/// Whether the bytes that a field names hold the value that its first step has.
fn judge(name: &str, field: &mapping::FieldTrace, bytes: &[u8]) -> usize {
    let (Some(offset), Some(load)) = (field.reads[0].offset, field.steps.first()) else { return 0 };
    let plain = load.step == "load" && load.value.is_ascii() && load.value != "nothing";
    if !plain || field.steps.iter().any(|it| it.pipe != load.pipe) {
        return 0;
    }
    let (start, length) =
        (usize::try_from(offset).unwrap(), usize::try_from(field.reads[0].length).unwrap());
    let found = std::str::from_utf8(&bytes[start..start + length]).unwrap();
    let (found, value) = (found.trim_matches('"').trim(), load.value.trim_matches('"'));
    // Numbers of fixed width are filled with zeros and have no point.
    let digits = |it: &str| it.replace('.', "").trim_start_matches(['-', '0']).to_owned();
    assert!(found == value || digits(found) == digits(value), "{name} {found}: {field:?}");
    1
}
