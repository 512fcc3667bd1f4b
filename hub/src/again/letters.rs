//! Records out of the dead letters: walked once more as they are, or with other
//! bytes, or given up.
//!
//! What can be used becomes a new entry that closes its letters in the same
//! commit. What cannot stays a letter, and whoever asked is told why.

use super::{Found, Kept, Meant, Stored, ask_journal, label_of};
use crate::{
    app::Rooms,
    arrival::Answer,
    ingress::receive::Reception,
    problem::{Fault, Refusal},
    walk,
};
use access::Operator;
use bytes::Bytes;
use canon::entry::{Act, Again, Deed, LetterId, Selection, SetAside, Splice};
use journal::{Appended, Draft};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use store::{Letter, LetterRecord, LetterState};

/// What came of records that were brought again.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Brought {
    /// Letters that are closed now.
    pub count: usize,
    /// Sequence of the last entry that was made, or that had the records already.
    pub sequence: u64,
    /// Letters that stay, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub still: Vec<Still>,
}

/// A letter whose record cannot be used today either.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Still {
    /// Id of the letter.
    pub id: String,
    /// Problem code.
    pub code: String,
    /// What is wrong.
    pub reason: String,
}

/// Brings records again as they are, with today's maps. Letters that are not
/// open are passed over.
///
/// # Errors
///
/// [`Refusal::Behind`] or [`Refusal::Inside`] when journal or store cannot say.
/// What is wrong with single letters is in the answer.
pub async fn resubmit(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    ids: &[LetterId],
    reason: &str,
) -> Result<Brought, Refusal> {
    // One at a time: a letter that somebody else has just closed is not open.
    let _turn = rooms.letters.lock().await;
    let mut brought = Brought::default();
    for (seq, letters) in open_letters(rooms, ids).await? {
        let (answer, still) = bring(rooms, operator, (seq, letters.clone()), reason).await;
        if let Ok(answer) = answer {
            brought.count += letters.len() - still.len();
            brought.sequence = brought.sequence.max(answer.sequence);
        }
        brought.still.extend(still);
    }
    Ok(brought)
}

/// Brings one record again with other bytes. The original stays sealed where it
/// is; the new bytes are sealed with the new entry, which says who and why.
///
/// # Errors
///
/// [`Refusal::NotFound`], [`Refusal::LetterSettled`] and [`Refusal::RawGone`] for
/// a letter that cannot be edited, and every refusal of the walk for bytes that
/// cannot be used: nothing has changed then.
pub async fn edit(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    id: LetterId,
    (bytes, reason): (Bytes, &str),
) -> Result<Answer, Refusal> {
    let _turn = rooms.letters.lock().await;
    rooms.reached(Some(rooms.journal.head())).await?;
    let name = format!("{}.{}", id.seq, id.index);
    let letter = letter(rooms, id).await?.ok_or_else(|| not_found(&name))?;
    let Some(record) = letter.record.as_ref() else { return Err(not_found(&name)) };
    if letter.state != LetterState::Open {
        return Err(Refusal::LetterSettled { id: name });
    }
    let stored = stored(rooms, id.seq).await?;
    let bytes = with_line_end(bytes, record_of(&stored, record));
    let offset = record.offset.saturating_sub(stored.base());
    let place = Splice { offset, length: record.length };
    let mut whole = stored.bytes.clone();
    super::splice(&mut whole, place, bytes.to_vec());
    let meant =
        Meant::Edited { index: id.index, offset: record.offset, length: bytes.len() as u64 };
    let mut kept = kept(operator, &stored, meant, reason);
    kept.again.edited = Some(place);
    kept.again.letters = vec![id.index];
    kept.edited = Some(bytes);
    receive(rooms, kept, &stored, whole.into()).await
}

/// Gives records up.
///
/// # Errors
///
/// [`Refusal::Behind`], [`Refusal::Inside`] or [`Refusal::JournalClosed`].
pub async fn discard(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    ids: &[LetterId],
    reason: &str,
) -> Result<Brought, Refusal> {
    let _turn = rooms.letters.lock().await;
    let open = open_letters(rooms, ids).await?;
    let letters: Vec<LetterId> = open
        .iter()
        .flat_map(|(seq, letters)| {
            letters.iter().map(|(index, _)| LetterId { seq: *seq, index: *index })
        })
        .collect();
    if letters.is_empty() {
        return Ok(Brought::default());
    }
    let count = letters.len();
    let deed = Deed::LettersDiscarded { letters, reason: reason.to_owned() };
    Ok(Brought { count, sequence: act(rooms, operator, deed).await?, still: Vec::new() })
}

/// Writes an act of an operator down and says where.
///
/// # Errors
///
/// [`Refusal::JournalClosed`].
pub async fn act(rooms: &Rooms, operator: &Operator, deed: Deed) -> Result<u64, Refusal> {
    let act = Box::new(Act { actor: format!("operator:{}", operator.name()), act: deed });
    let appended = rooms.journal.append(Draft::Act(act)).await;
    match appended.map_err(|source| Refusal::JournalClosed { source: source.into() })? {
        Appended::Committed { seq, .. } | Appended::Duplicate { seq, .. } => Ok(seq),
        Appended::KeyReused { first_seq } => Err(Refusal::KeyReused { first_seq }),
    }
}

// === steps ===

/// Open letters by the entry that set them aside, with their indexes.
type ByEntry = BTreeMap<u64, Vec<(u32, Letter)>>;

async fn open_letters(rooms: &Rooms, ids: &[LetterId]) -> Result<ByEntry, Refusal> {
    rooms.reached(Some(rooms.journal.head())).await?;
    let ids = ids.to_vec();
    rooms
        .ask_store(move |reader| {
            let mut open = ByEntry::new();
            for LetterId { seq, index } in ids {
                let letter = reader.letter(&format!("{seq}.{index}"))?;
                if let Some(letter) = letter.filter(|it| it.state == LetterState::Open) {
                    open.entry(seq).or_default().push((index, letter));
                }
            }
            for letters in open.values_mut() {
                letters.sort_by_key(|(index, _)| *index);
                letters.dedup_by_key(|(index, _)| *index);
            }
            Ok(open)
        })
        .await
}

/// The letter of that id.
///
/// # Errors
///
/// [`Refusal::Inside`] when the store cannot say.
pub async fn letter(rooms: &Rooms, id: LetterId) -> Result<Option<Letter>, Refusal> {
    rooms.ask_store(move |reader| reader.letter(&format!("{}.{}", id.seq, id.index))).await
}

/// The arrival at `seq` with its bytes.
///
/// # Errors
///
/// [`Refusal::RawGone`] when they are no longer kept.
pub async fn stored(rooms: &Rooms, seq: u64) -> Result<Stored, Refusal> {
    let stored = ask_journal(rooms, move |reader| super::read(reader, seq)).await?;
    stored.ok_or(Refusal::RawGone { seq })
}

/// Walks the records of one arrival once more; says which cannot be used.
async fn bring(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    (seq, letters): (u64, Vec<(u32, Letter)>),
    reason: &str,
) -> (Result<Answer, Refusal>, Vec<Still>) {
    let (mut left, mut still) = (letters, Vec::new());
    let outcome = match stored(rooms, seq).await {
        Ok(mut stored) => {
            let bytes = Bytes::from(std::mem::take(&mut stored.bytes));
            let sorted = (&mut left, &mut still);
            walk_all(rooms, operator, (&stored, bytes), sorted, reason).await
        }
        Err(refusal) => Err(refusal),
    };
    if let Err(refusal) = &outcome {
        still.extend(left.iter().map(|(_, letter)| Still {
            id: letter.id.clone(),
            code: refusal.code().to_owned(),
            reason: told(refusal),
        }));
    }
    (outcome, still)
}

/// Letters that are left to be walked, and those that are known to stay.
type Sorted<'s> = (&'s mut Vec<(u32, Letter)>, &'s mut Vec<Still>);

/// Walks until no record contradicts what is stored: one that does refuses all
/// of them, so its letter is left out and the others go once more.
async fn walk_all(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    (stored, bytes): (&Stored, Bytes),
    (left, still): Sorted<'_>,
    reason: &str,
) -> Result<Answer, Refusal> {
    loop {
        let meant = left.iter().map(|(index, letter)| (*index, place(letter))).collect();
        let mut kept = kept(operator, stored, Meant::Letters(meant), reason);
        kept.again.letters = left.iter().map(|(index, _)| *index).collect();
        let found = kept.found.clone();
        let outcome = receive(rooms, kept, stored, bytes.clone()).await;
        for bad in found.take().faulty {
            stay(left, still, bad.offset, (&bad.code, &reason_of(&bad)));
        }
        let Err(Refusal::VersionConflict { faults }) = &outcome else { return outcome };
        let before = left.len();
        for fault in faults {
            let at = fault.offset.unwrap_or(0);
            stay(left, still, at, ("version-conflict", &fault_line(fault)));
        }
        // Every round leaves letters out, so it ends.
        if left.len() == before || left.is_empty() {
            return outcome;
        }
    }
}

/// Puts the letter whose record begins at `offset` among those that stay.
fn stay(
    left: &mut Vec<(u32, Letter)>,
    still: &mut Vec<Still>,
    offset: u64,
    (code, reason): (&str, &str),
) {
    let here = left.extract_if(.., |(_, letter)| place(letter) == offset);
    still.extend(here.map(|(_, letter)| Still {
        id: letter.id,
        code: code.to_owned(),
        reason: reason.to_owned(),
    }));
}

/// Where the record of a letter begins.
fn place(letter: &Letter) -> u64 {
    letter.record.as_ref().map_or(0, |it| it.offset)
}

fn kept(operator: &Operator, stored: &Stored, meant: Meant, reason: &str) -> Kept {
    let origin = stored.arrival.again.as_ref().map_or(stored.seq, |it| it.origin);
    Kept {
        again: Again { of: stored.seq, origin, reason: reason.to_owned(), ..Again::default() },
        meant,
        label: label_of(&stored.arrival),
        piece: stored.arrival.piece.clone(),
        operator: Some(operator.clone()),
        edited: None,
        before: Arc::default(),
        selection: Selection::default(),
        found: Found::default(),
    }
}

/// Hands bytes to the gates of the channel they came by.
pub(super) async fn receive(
    rooms: &Arc<Rooms>,
    kept: Kept,
    stored: &Stored,
    bytes: Bytes,
) -> Result<Answer, Refusal> {
    let house = rooms.house();
    let name = stored.arrival.channel.as_str();
    let channel = house.channel(name);
    let channel = channel.ok_or_else(|| Refusal::UnknownChannel { name: name.to_owned() })?;
    let arrival = kept.arrival(Arc::clone(channel), &stored.arrival, bytes);
    Reception::new(Arc::clone(rooms), walk::stack(rooms)).receive(arrival).await
}

/// The bytes of a record as it was set aside.
#[must_use]
pub fn record_of<'a>(stored: &'a Stored, record: &LetterRecord) -> &'a [u8] {
    let offset = record.offset.saturating_sub(stored.base());
    let from = usize::try_from(offset).unwrap_or(usize::MAX);
    let length = usize::try_from(record.length).unwrap_or(usize::MAX);
    let rest = stored.bytes.get(from..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

/// Editors take the end of the last line away, or put one there.
fn with_line_end(bytes: Bytes, original: &[u8]) -> Bytes {
    let end_of = |it: &[u8]| -> &'static [u8] {
        match it {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        }
    };
    let (has, wants) = (end_of(&bytes), end_of(original));
    if has == wants {
        return bytes;
    }
    let bare = bytes.len() - has.len();
    [bytes.get(..bare).unwrap_or_default(), wants].concat().into()
}

fn not_found(id: &str) -> Refusal {
    Refusal::NotFound { what: format!("record {id} among the dead letters") }
}

/// A refusal in one line, with its first faults.
fn told(refusal: &Refusal) -> String {
    let faults: Vec<String> = refusal.faults().iter().take(3).map(fault_line).collect();
    if faults.is_empty() { refusal.to_string() } else { faults.join("; ") }
}

fn fault_line(fault: &Fault) -> String {
    line(&fault.field, &fault.found, &fault.expected)
}

/// A fault of the whole record has no field.
fn line(field: &str, found: &str, expected: &str) -> String {
    let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
    format!("{place}found {found}, expected {expected}")
}

fn reason_of(bad: &SetAside) -> String {
    let line = |it: &canon::entry::RecordFault| line(&it.field, &it.found, &it.expected);
    bad.faults.iter().map(line).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_record_ends_as_the_original_did() {
        let cases: [(&[u8], &[u8], &[u8]); 4] = [
            (b"a,1", b"a,x\r\n", b"a,1\r\n"),
            (b"a,1\n", b"a,x\r\n", b"a,1\r\n"),
            (b"{}\n", b"{x}", b"{}"),
            (b"a\n", b"b\n", b"a\n"),
        ];
        for (new, old, want) in cases {
            assert_eq!(with_line_end(Bytes::copy_from_slice(new), old), want, "{new:?}");
        }
    }
}
