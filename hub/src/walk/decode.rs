//! Bytes to records. Strict: a bad byte is a fault with its place, never a
//! replacement character.

use super::{answers, interchanges};
use crate::{
    app::Rooms,
    arrival::{Answer, Arrival, Way},
    gates::admit::Admitted,
    ingress::packed,
    observe::tap::Line,
    problem::{Fault, Refusal},
};
use access::Pass;
use adapter_kit::{
    decode::{Decoded as Records, Undecodable},
    package::Package,
    pieces::State,
};
use canon::entry::{Boundary, Piece, SetAside};
use serde_json::json;

/// An arrival whose bytes are records. Only this step makes one.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) pass: Pass,
    pub(super) arrival: Arrival,
    pub(super) records: Records,
    pub(super) set_aside: Vec<SetAside>,
    /// All of it came before: nothing is left to do.
    pub(super) known: Option<Answer>,
}

/// Cuts the bytes into records.
pub(super) async fn decode(rooms: &Rooms, admitted: Admitted) -> Result<Decoded, Refusal> {
    let arrival = admitted.arrival();
    let grows =
        if arrival.way.headers().is_some_and(packed::is_packed) { packed::RATIO_MAX } else { 1 };
    let bytes = arrival.bytes.len().saturating_mul(grows);
    let mut decoded = off_thread(bytes, move || decode_now(admitted)).await?;
    decoded.known = interchanges::known(rooms, &decoded.arrival).await?;
    if decoded.known.is_none() {
        // On the heap: it is seldom, and would make every walk larger.
        Box::pin(answers::judge(rooms, &mut decoded)).await?;
    }
    rooms.tap.tell(|| Line {
        at: rooms.clock.now(),
        step: "decoded",
        channel: decoded.arrival.channel.name().to_owned(),
        id: decoded.arrival.id.clone(),
        what: json!({ "records": decoded.records.records, "set_aside": decoded.set_aside }),
    });
    Ok(decoded)
}

fn decode_now(admitted: Admitted) -> Result<Decoded, Refusal> {
    let (pass, mut arrival) = admitted.into_parts();
    if let Way::Http { headers } = &arrival.way {
        // What is kept and what offsets count is what was packed.
        let bytes_max = arrival.channel.limits().body_bytes_max;
        if let Some(bytes) = packed::unpacked(headers, &arrival.bytes, bytes_max)? {
            arrival.unpacked.keep(&bytes)?;
            arrival.bytes = bytes;
        }
    }
    let package = arrival.channel.package();
    if arrival.kept().is_none() && arrival.piece().is_none() {
        arrival.interchanges = package.interchanges(&arrival.bytes);
        interchanges::check_parties(&arrival)?;
    }
    let decoded = records(package, arrival.feed(), arrival.piece(), &arrival.bytes);
    if let Ok(it) = &decoded {
        arrival.trail.found(it.records, wide(it.unreadable.len()));
    }
    if let Way::File { name, expected: Some(expected), piece: None, .. } = &arrival.way {
        // A file in pieces was checked before the first of them.
        let found = decoded.as_ref().map(|it| (it.records, wide(it.unreadable.len())));
        if let Some(held) = expected.held(name, wide(arrival.bytes.len()), found) {
            return Err(held);
        }
    }
    let mut records = decoded.map_err(refusal)?;
    if let Way::Kept(kept) = &mut arrival.way {
        super::again::keep_meant(kept, &mut records)?;
    }
    let set_aside: Vec<SetAside> = std::mem::take(&mut records.unreadable)
        .into_iter()
        .map(|it| SetAside {
            record: it.number,
            offset: it.offset,
            length: it.length,
            boundary: Boundary::Decode,
            code: "undecodable".to_owned(),
            faults: it.faults,
            record_sha256: None,
        })
        .collect();
    if let Some(first) = set_aside.first()
        && arrival.is_atomic()
    {
        let fault = faults_of(first).into_iter().next().unwrap_or_default();
        return Err(Refusal::Undecodable { fault });
    }
    Ok(Decoded { pass, arrival, records, set_aside, known: None })
}

/// Bytes to records, as the package cuts them; a piece of a file from the state
/// that it came with.
///
/// # Errors
///
/// When nothing in the bytes can be trusted.
pub(crate) fn records(
    package: &Package,
    feed: Option<&str>,
    piece: Option<&Piece>,
    bytes: &[u8],
) -> Result<Records, Undecodable> {
    let Some(piece) = piece else { return package.decode(feed, bytes) };
    let state = State::parse(piece.state.get())?;
    package.decode_piece(&state, bytes, piece.last).map(|(records, _)| records)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

pub(crate) fn refusal(undecodable: Undecodable) -> Refusal {
    let Undecodable { reason, fault } = undecodable;
    Refusal::Undecodable {
        fault: Fault {
            record: 0,
            offset: fault.offset,
            field: fault.field,
            found: format!("{reason}: {}", fault.found),
            expected: fault.expected,
        },
    }
}

/// The faults of a record as a caller sees them.
pub(super) fn faults_of(set_aside: &SetAside) -> Vec<Fault> {
    set_aside
        .faults
        .iter()
        .map(|it| Fault {
            record: set_aside.record,
            offset: it.offset.or(Some(set_aside.offset)),
            field: it.field.clone(),
            found: it.found.clone(),
            expected: it.expected.clone(),
        })
        .collect()
}

/// Bytes from which on a step leaves the async threads: it would hold others up.
const OFF_THREAD_BYTES: usize = 32 << 10;

/// Runs a step here, or on a thread of its own when there is much to do.
pub(super) async fn off_thread<T: Send + 'static>(
    bytes: usize,
    step: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    if bytes < OFF_THREAD_BYTES {
        return step();
    }
    match tokio::task::spawn_blocking(step).await {
        Ok(outcome) => outcome,
        Err(fault) => Err(Refusal::Inside { detail: fault.to_string() }),
    }
}
