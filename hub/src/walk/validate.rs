//! Records against the schema of their source: which kind each is, whether it
//! is what that kind must be, and which maps read it.

use super::decode::{Decoded, faults_of, off_thread};
use crate::{app::Rooms, arrival::Arrival, problem::Refusal};
use access::Pass;
use adapter_kit::{decode::Decoded as Records, manifest::MapUse};
use canon::entry::{Boundary, SetAside};

/// An arrival whose records are what their source says. Only this step makes one.
#[derive(Debug)]
pub(super) struct Valid {
    pub(super) pass: Pass,
    pub(super) arrival: Arrival,
    pub(super) records: Records,
    /// The maps of each readable record, in order; `None`: it was set aside.
    pub(super) maps: Vec<Option<Vec<MapUse>>>,
    pub(super) set_aside: Vec<SetAside>,
}

/// Checks each record; a bad one is set aside or refuses the arrival, as the
/// channel says.
pub(super) async fn validate(_rooms: &Rooms, decoded: Decoded) -> Result<Valid, Refusal> {
    off_thread(decoded.arrival.bytes.len(), move || validate_now(decoded)).await
}

fn validate_now(decoded: Decoded) -> Result<Valid, Refusal> {
    let Decoded { pass, arrival, records, mut set_aside, known: _ } = decoded;
    let label = arrival.label();
    let package = arrival.channel.package();
    let mut maps = Vec::new();
    for record in records.iter(&arrival.bytes) {
        match package.choose(label.as_deref(), &record) {
            Ok(chosen) => maps.push(Some(chosen.maps.into_iter().cloned().collect())),
            Err(unusable) => {
                let bad = SetAside {
                    record: record.number,
                    offset: record.offset,
                    length: record.length,
                    boundary: Boundary::Validate,
                    code: unusable.code.to_owned(),
                    faults: unusable.faults,
                    record_sha256: None,
                };
                if arrival.is_atomic() {
                    return Err(refusal(&bad));
                }
                set_aside.push(bad);
                maps.push(None);
            }
        }
    }
    Ok(Valid { pass, arrival, records, maps, set_aside })
}

pub(super) fn refusal(bad: &SetAside) -> Refusal {
    match bad.code.as_str() {
        "unknown-record" => {
            let found = bad.faults.first().map_or("", |it| it.found.as_str());
            Refusal::UnknownRecord { detail: format!("record {}: {found}", bad.record) }
        }
        _ => Refusal::SchemaMismatch { faults: faults_of(bad) },
    }
}
