//! Bytes of the journal that are walked once more: records out of the dead
//! letters, and replays. They pass the same gates and the same walk; what they
//! become is a new entry that names the old one.

pub mod excerpt;
pub mod letters;
pub mod parcels;
pub mod replay;

use crate::{
    app::{Rooms, house::Channel},
    arrival::{Arrival, Unpacked, Way},
    problem::Refusal,
    trail::Trail,
};
use access::Operator;
use bytes::Bytes;
use canon::{
    entry::{self, Again, Body, Entry, Piece, SetAside, Splice},
    event::Event,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};
use store::StepEvent;

/// Arrivals that name each other in a row, at most; each is a record mended once more.
const STEPS_MAX: usize = 32;

/// What is known of bytes that are walked once more.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What their new entry will say of them.
    pub again: Again,
    /// Which of their records are meant.
    pub meant: Meant,
    /// What told the kind of the records when they came.
    pub label: Option<String>,
    /// Which piece of a file they are, if they are one.
    pub piece: Option<Box<Piece>>,
    /// Who brings them; `None`: a replay does.
    pub operator: Option<Operator>,
    /// A record in other bytes: these, sealed with the new entry.
    pub edited: Option<Bytes>,
    /// For a replay: the events that came of these bytes before.
    pub before: Arc<Vec<Event>>,
    /// For a replay: which events are meant.
    pub selection: entry::Selection,
    /// What the walk found that is not in the new entry.
    pub found: Found,
}

/// Which records of the bytes, by byte offset.
#[derive(Clone, Debug)]
pub enum Meant {
    /// Letters: the index of each and where its record begins.
    Letters(Vec<(u32, u64)>),
    /// One letter whose record has other bytes now.
    Edited {
        /// Index of the letter.
        index: u32,
        /// Where its record begins.
        offset: u64,
        /// How many bytes it has now.
        length: u64,
    },
    /// All but letters.
    AllBut {
        /// Where records begin of which no event came.
        letters: BTreeSet<u64>,
        /// Where records begin that contradicted what was stored: of these only
        /// the events that came all the same are meant.
        conflicts: BTreeSet<u64>,
    },
    /// The records that begin at these.
    Only(BTreeSet<u64>),
}

/// What a walk found beside what it commits. Clones share one.
#[derive(Clone, Debug, Default)]
pub struct Found(Arc<Mutex<Findings>>);

/// The findings of one walk.
#[derive(Debug, Default)]
pub struct Findings {
    /// Records that cannot be used today.
    pub faulty: Vec<SetAside>,
    /// Stored events that today's maps make just so.
    pub unchanged: Vec<StepEvent>,
}

/// An arrival of the journal with the bytes it was walked from.
#[derive(Debug)]
pub struct Stored {
    /// Its place.
    pub seq: u64,
    /// What it became.
    pub arrival: entry::Arrival,
    /// The bytes, with all edits in their places.
    pub bytes: Vec<u8>,
}

// === impl Stored ===

impl Stored {
    /// Where its bytes begin in the file that they are a piece of; records say
    /// where they stand in that.
    #[must_use]
    pub fn base(&self) -> u64 {
        self.arrival.piece.as_ref().map_or(0, |it| it.offset)
    }
}

// === impl Meant ===

impl Meant {
    /// Whether the record at this offset is meant.
    #[must_use]
    pub fn is_meant(&self, at: u64) -> bool {
        match self {
            Self::Letters(letters) => letters.iter().any(|(_, offset)| *offset == at),
            Self::Edited { offset, length, .. } => {
                (*offset..offset + (*length).max(1)).contains(&at)
            }
            Self::AllBut { letters, .. } => !letters.contains(&at),
            Self::Only(these) => these.contains(&at),
        }
    }

    /// Of an arrival: all but its letters.
    #[must_use]
    pub fn all_but(set_aside: &[SetAside]) -> Self {
        let places = |is_conflict: bool| {
            let those = move |it: &&SetAside| (it.code == entry::VERSION_CONFLICT) == is_conflict;
            set_aside.iter().filter(those).map(|it| it.offset).collect()
        };
        Self::AllBut { letters: places(false), conflicts: places(true) }
    }

    /// Whether only such events of the record at this offset are meant as came of
    /// it before.
    #[must_use]
    pub fn only_known(&self, at: u64) -> bool {
        matches!(self, Self::AllBut { conflicts, .. } if conflicts.contains(&at))
    }
}

// === impl Found ===

impl Found {
    /// Adds to what was found.
    pub fn add(&self, add: impl FnOnce(&mut Findings)) {
        add(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What was found, taken out.
    #[must_use]
    pub fn take(&self) -> Findings {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Kept ===

impl Kept {
    /// The key under which a repetition is recognised: the same letters with the
    /// same bytes, the same replay of the same entry.
    #[must_use]
    pub fn dedupe_key(&self) -> String {
        let Again { of, letters, replay, .. } = &self.again;
        if let Some(replay) = replay {
            return format!("replay:{replay}:{of}");
        }
        let mut said = format!("{letters:?}");
        if let Some(bytes) = &self.edited {
            said.push_str(&canon::id::sha256_hex(bytes));
        }
        format!("letter:{of}:{}", canon::id::sha256_hex(said.as_bytes()))
    }

    /// The arrival that the walk takes.
    #[must_use]
    pub fn arrival(self, channel: Arc<Channel>, stored: &entry::Arrival, bytes: Bytes) -> Arrival {
        Arrival {
            id: uuid::Uuid::now_v7().to_string(),
            channel,
            origin: stored.origin.clone(),
            // Maps that ask for the time give what they gave.
            received_at: stored.received_at,
            bytes,
            way: Way::Kept(Box::new(self)),
            traceparent: stored.traceparent.clone(),
            trail: Trail::default(),
            unpacked: Unpacked::default(),
            interchanges: Vec::new(),
        }
    }
}

// === reading ===

/// Reads an arrival with its bytes; `None` when the entry is no arrival, or its
/// bytes are no longer kept.
///
/// # Errors
///
/// When the journal cannot be read, or the bytes do not open.
pub fn read(journal: &journal::Reader, seq: u64) -> Result<Option<Stored>, journal::Error> {
    let Some(Entry { body: Body::Arrival(arrival), .. }) = journal.entry(seq)? else {
        return Ok(None);
    };
    let bytes = bytes_of(journal, seq, &arrival)?;
    Ok(bytes.map(|bytes| Stored { seq, arrival, bytes }))
}

/// The bytes that an arrival was walked from.
///
/// # Errors
///
/// When the journal cannot be read, or the bytes do not open.
pub fn bytes_of(
    journal: &journal::Reader,
    seq: u64,
    arrival: &entry::Arrival,
) -> Result<Option<Vec<u8>>, journal::Error> {
    // Back to the bytes that came from outside, then the edits in their order.
    let mut edits: Vec<(Splice, Vec<u8>)> = Vec::new();
    let (mut at, mut again) = (seq, arrival.again.clone());
    for _step in 0..STEPS_MAX {
        let Some(link) = again else {
            let Some(mut bytes) = journal.raw(at)? else { return Ok(None) };
            for (place, new) in edits.into_iter().rev() {
                splice(&mut bytes, place, new);
            }
            return Ok(Some(bytes));
        };
        if let Some(place) = link.edited {
            let Some(new) = journal.raw(at)? else { return Ok(None) };
            edits.push((place, new));
        }
        at = link.of;
        let Some(Entry { body: Body::Arrival(before), .. }) = journal.entry(at)? else {
            return Ok(None);
        };
        again = before.again;
    }
    Ok(None)
}

/// The entries whose bytes [`bytes_of`] looks at for the one at `seq`, and itself.
///
/// # Errors
///
/// When the journal cannot be read.
pub fn needed_with(journal: &journal::Reader, seq: u64) -> Result<Vec<u64>, journal::Error> {
    let mut needed = vec![seq];
    while needed.len() <= STEPS_MAX
        && let Some(at) = needed.last()
        && let Some(Entry { body: Body::Arrival(arrival), .. }) = journal.entry(*at)?
        && let Some(again) = arrival.again
    {
        needed.push(again.of);
    }
    Ok(needed)
}

/// Puts `new` in the place of a stretch of `bytes`.
fn splice(bytes: &mut Vec<u8>, place: Splice, new: Vec<u8>) {
    let narrow = |it: u64| usize::try_from(it).unwrap_or(usize::MAX).min(bytes.len());
    let (from, to) = (narrow(place.offset), narrow(place.offset.saturating_add(place.length)));
    bytes.splice(from..to, new);
}

/// What told the kind of an arrival's records. Entries of earlier versions do
/// not say it; there it stands in the dedupe key or in the origin.
#[must_use]
pub fn label_of(arrival: &entry::Arrival) -> Option<String> {
    if arrival.label.is_some() {
        return arrival.label.clone();
    }
    let in_key = arrival.dedupe_key.as_deref().and_then(|it| it.strip_prefix("id:"));
    let topic = in_key.and_then(|it| it.split_once(':')).map(|(topic, _)| topic);
    let feed = || arrival.cursor.as_ref().and_then(|_| arrival.origin.split_once(" after "));
    topic.filter(|it| !it.is_empty()).or_else(|| feed().map(|(feed, _)| feed)).map(str::to_owned)
}

/// Runs a blocking question to the journal off the async threads.
///
/// # Errors
///
/// [`Refusal::Inside`] with the cause.
pub async fn ask_journal<T: Send + 'static>(
    rooms: &Rooms,
    question: impl FnOnce(&journal::Reader) -> Result<T, journal::Error> + Send + 'static,
) -> Result<T, Refusal> {
    let reader = rooms.journal.reader();
    let inside = |detail: String| Refusal::Inside { detail };
    tokio::task::spawn_blocking(move || question(&reader))
        .await
        .map_err(|fault| inside(fault.to_string()))?
        .map_err(|fault| inside(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_takes_the_place_of_its_record() {
        let mut bytes = b"a,1\nb,x\nc,3\n".to_vec();
        splice(&mut bytes, Splice { offset: 4, length: 4 }, b"b,22\n".to_vec());
        assert_eq!(bytes, b"a,1\nb,22\nc,3\n");
        splice(&mut bytes, Splice { offset: 99, length: 4 }, b"!".to_vec());
        assert_eq!(bytes, b"a,1\nb,22\nc,3\n!");
    }

    #[test]
    fn records_are_meant_by_their_place() {
        let letters = Meant::Letters(vec![(0, 4), (3, 40)]);
        assert!(letters.is_meant(40) && !letters.is_meant(41));
        let edited = Meant::Edited { index: 0, offset: 4, length: 5 };
        assert!(edited.is_meant(4) && edited.is_meant(8) && !edited.is_meant(9));
        let letter = |offset: u64, code: &str| SetAside {
            record: 1,
            offset,
            length: 4,
            boundary: entry::Boundary::Map,
            code: code.to_owned(),
            faults: Vec::new(),
            record_sha256: None,
        };
        let others = Meant::all_but(&[letter(4, "unmappable"), letter(8, "version-conflict")]);
        assert!(others.is_meant(0) && !others.is_meant(4));
        assert!(!others.only_known(0) && !others.only_known(4));
        // The other events of the same record came in.
        assert!(others.is_meant(8) && others.only_known(8));
    }
}
