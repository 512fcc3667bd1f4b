//! The line: one durable write for everything an arrival became.

use super::{decode::faults_of, map::Mapped};
use crate::{
    app::Rooms,
    arrival::{Answer, Arrival, Way},
    observe::tap::Line,
    problem::Refusal,
    trail::Trail,
};
use bytes::Bytes;
use canon::entry;
use journal::{Appended, Draft};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Most canonical data that one arrival may become; an entry is one row.
const ENTRY_BYTES_MAX: u64 = 256 << 20;

/// Stores a mapped arrival. Returns when it is on disk.
pub(super) async fn commit(
    rooms: &Rooms,
    mapped: Mapped,
    trail: &Trail,
) -> Result<Answer, Refusal> {
    if !trail.is_complete() {
        return Err(Refusal::TrailIncomplete);
    }
    let Mapped { pass, mut arrival, records, events, spans, mut set_aside, losses } = mapped;
    if let Way::Kept(kept) = &mut arrival.way {
        super::again::close(kept, std::mem::take(&mut set_aside))?;
        if events.is_empty() && kept.again.replay.is_some() {
            return Ok(nothing_new(&arrival.id, kept.again.of, records));
        }
    }
    let entry_bytes: u64 = events.iter().map(|it| it.data.get().len() as u64).sum();
    if entry_bytes > ENTRY_BYTES_MAX {
        return Err(Refusal::BodyTooLarge { limit_bytes: ENTRY_BYTES_MAX });
    }
    let channel = arrival.channel.name().to_owned();
    let (stored, raw) = bytes_of(&arrival);
    let fingerprint: [u8; 32] = Sha256::digest(stored).into();
    let entry = entry::Arrival {
        id: arrival.id.clone(),
        channel: channel.clone(),
        principal: pass.principal().to_string(),
        strength: pass.strength().name().to_owned(),
        origin: arrival.origin.clone(),
        received_at: arrival.received_at,
        trail: trail.crossings(),
        raw_sha256: canon::id::hex(&fingerprint),
        raw_bytes: stored.len() as u64,
        dedupe_key: arrival.dedupe_key(),
        cursor: cursor_of(&arrival.way),
        records,
        duplicates: 0,
        events,
        set_aside,
        set_aside_again: 0,
        losses,
        traceparent: arrival.traceparent.clone(),
        label: arrival.label(),
        again: arrival.kept().map(|it| Box::new(it.again.clone())),
        file: file_facts(&arrival, records).map(Box::new),
        piece: arrival.piece().cloned().map(Box::new),
        interchanges: std::mem::take(&mut arrival.interchanges).into(),
    };
    let started = rooms.clock.now();
    // A record out of the dead letters that contradicts what is stored goes back:
    // its letter would close, and a new one would say the same.
    let atomic = arrival.is_atomic() || arrival.kept().is_some_and(|it| it.again.replay.is_none());
    let draft = Draft::Arrival { arrival: Box::new(entry), raw, fingerprint, spans, atomic };
    let appended = rooms.journal.append(draft).await;
    rooms.metrics.commit_seconds.observe(rooms.clock.now().since(started).as_secs_f64());
    if let Ok(Appended::Committed { set_aside_again, .. }) = &appended {
        rooms.metrics.records(&channel, "set_aside_again", *set_aside_again);
    }
    let mut answer = answer(&arrival.id, records, appended)?;
    if answer.duplicate {
        // The first answer is given again, so it names the first arrival.
        answer.arrival = arrival_at(rooms, answer.sequence).await.unwrap_or(answer.arrival);
    } else {
        rooms.metrics.records(&channel, "event", answer.events.len() as u64);
        rooms.metrics.records(&channel, "duplicate", answer.duplicates);
        rooms.metrics.records(&channel, "set_aside", answer.set_aside);
    }
    rooms.tap.tell(|| Line {
        at: rooms.clock.now(),
        step: "committed",
        channel,
        id: arrival.id.clone(),
        what: json!(answer),
    });
    Ok(answer)
}

/// Where a puller goes on behind it.
fn cursor_of(way: &Way) -> Option<String> {
    match way {
        Way::Pulled { cursor, .. } => Some(cursor.clone()),
        Way::Http { .. } | Way::File { .. } | Way::Sample { .. } | Way::Kept(_) => None,
    }
}

/// The bytes that an entry stands for, and those that are sealed with it: what is
/// in the journal already is not stored once more.
fn bytes_of(arrival: &Arrival) -> (&Bytes, Option<Bytes>) {
    match arrival.kept() {
        Some(kept) => (kept.edited.as_ref().unwrap_or(&arrival.bytes), kept.edited.clone()),
        None => (&arrival.bytes, Some(arrival.bytes.clone())),
    }
}

/// The answer when nothing of it is new: no entry is made.
pub(super) fn nothing_new(arrival: &str, of: u64, records: u64) -> Answer {
    Answer {
        sequence: of,
        arrival: arrival.to_owned(),
        events: Vec::new(),
        records,
        duplicates: 0,
        set_aside: 0,
        duplicate: true,
    }
}

/// The id of the arrival at `seq`.
async fn arrival_at(rooms: &Rooms, seq: u64) -> Option<String> {
    let reader = rooms.journal.reader();
    let read = tokio::task::spawn_blocking(move || reader.entry(seq));
    match read.await.ok()?.ok()??.body {
        entry::Body::Arrival(first) => Some(first.id),
        entry::Body::Refusal(_) | entry::Body::Attempt(_) | entry::Body::Act(_) => None,
    }
}

/// What later files of its row are compared with, if it is one.
fn file_facts(arrival: &Arrival, records: u64) -> Option<entry::FileFacts> {
    let Way::File { name, expected: Some(expected), piece, .. } = &arrival.way else { return None };
    match piece {
        None => Some(expected.facts(name, arrival.bytes.len() as u64, records)),
        // The file has come when its last piece has.
        Some(it) if it.last => Some(expected.facts(name, it.bytes, it.before.records + records)),
        Some(_) => None,
    }
}

fn answer(
    arrival: &str,
    records: u64,
    appended: Result<Appended, journal::Error>,
) -> Result<Answer, Refusal> {
    let texts = |ids: Vec<canon::id::EventId>| ids.iter().map(ToString::to_string).collect();
    match appended {
        Ok(Appended::Committed { seq, events, duplicates, set_aside, .. }) => Ok(Answer {
            sequence: seq,
            arrival: arrival.to_owned(),
            events: texts(events),
            records,
            duplicates,
            set_aside,
            duplicate: false,
        }),
        Ok(Appended::Duplicate { seq, answer }) => Ok(Answer {
            sequence: seq,
            arrival: arrival.to_owned(),
            events: texts(answer.events),
            records,
            duplicates: answer.duplicates,
            set_aside: answer.set_aside,
            duplicate: true,
        }),
        Ok(Appended::KeyReused { first_seq }) => Err(Refusal::KeyReused { first_seq }),
        Err(journal::Error::Conflict { records }) => {
            Err(Refusal::VersionConflict { faults: records.iter().flat_map(faults_of).collect() })
        }
        Err(source) => Err(Refusal::JournalClosed { source: source.into() }),
    }
}
