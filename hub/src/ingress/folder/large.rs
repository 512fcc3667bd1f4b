//! A file that is larger than an arrival: checked from end to end, then taken
//! piece by piece. Each piece is an arrival with an entry of its own; after a
//! stop the journal says which was the last. The file is moved behind its last.

mod check;
mod content;
mod cut;

use super::{
    super::{
        packed::file::Stored,
        receive::{Reception, Stranger},
    },
    expect::{self, Looked},
    held,
    moves::put,
    take::{Dropped, Taken, refuse_unread, stamp_of},
};
use crate::{
    app::house::Channel,
    arrival::{Answer, Expected, Way},
    gates::strangers,
    observe::files::{Stage, Told},
    problem::{Refusal, Retry},
    settings::{Input, Pieces, RecordsMode},
    trail::Trail,
    walk::decode,
};
use adapter_kit::pieces::{Piece, State};
use canon::entry::{self, Boundary, RefusedFile, Sums};
use check::{Seen, check};
use content::{Content, Source, Unread};
use cut::{Broken, Cutting, Stand};
use std::sync::Arc;
use tracing::{error, info, warn};

/// A file on its way, and what is known of it.
struct Passing<'a> {
    reception: &'a Reception,
    channel: &'a Arc<Channel>,
    dropped: &'a Dropped<'a>,
    told: Told,
    source: Source,
    sha256: String,
    /// How many it has, unpacked.
    bytes: u64,
    expected: Option<Arc<Expected>>,
}

/// How large files of a channel are cut.
///
/// # Errors
///
/// [`Refusal::FileTooLarge`] for a file that is not taken in pieces.
pub(super) fn pieces_of(channel: &Channel, bytes: u64) -> Result<Pieces, Refusal> {
    let pieces = match &channel.settings().input {
        Some(Input::Folder { pieces: Some(set), .. }) => *set,
        _ => Pieces::default(),
    };
    let refuse = |because: String| Err(Refusal::FileTooLarge { bytes, because });
    if channel.settings().records == RecordsMode::Atomic {
        return refuse(
            "the channel takes all records of a file or none (`records: atomic`)".into(),
        );
    }
    if let Err(because) = channel.package().may_be_cut() {
        return refuse(because.to_owned());
    }
    if bytes > pieces.file_bytes_max {
        return refuse(format!("`file_bytes_max` is {}", pieces.file_bytes_max));
    }
    Ok(pieces)
}

/// Takes a large file through both passes; `stored` is what is in it, where it is
/// compressed.
pub(super) async fn take(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    (pieces, stored): (Pieces, Option<Stored>),
) -> Taken {
    let rooms = reception.rooms();
    let (size, _) = dropped.stamp;
    let told = rooms.files.begin(&rooms.clock, (channel.name(), dropped.name), size);
    info!(file = %dropped.file.display(), bytes = size, "large: checked first, then taken in pieces");
    let (path, bytes_max) = (dropped.file.to_owned(), pieces.file_bytes_max);
    let source = Source { path, stored, bytes_max };
    let stopping = rooms.tasks.stopping();
    let (taken, stage) = match check(channel, source.clone(), told.clone(), stopping).await {
        Ok(Some(seen)) => {
            let file = (seen, source, told.clone());
            second(reception, channel, dropped, file, pieces).await
        }
        Ok(None) => (Taken::NotNow, Stage::Waiting),
        Err(fault) => unread(reception, channel, dropped, (&source, &fault)).await,
    };
    told.ended(stage);
    rooms.files.measure(&rooms.metrics);
    taken
}

/// What cannot be unpacked is refused; what cannot be read may be later.
async fn unread(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    (source, fault): (&Source, &Unread),
) -> (Taken, Stage) {
    let is_there = stamp_of(dropped.file).await == Some(dropped.stamp);
    if let (Unread::Packed(fault), Some(stored), true) = (fault, &source.stored, is_there) {
        let refusal = stored.refusal(dropped.stamp.0, fault);
        return match refuse_unread(reception, channel, dropped, &refusal).await {
            Taken::Settled => (Taken::Settled, Stage::NotTaken),
            Taken::NotNow => (Taken::NotNow, Stage::Waiting),
        };
    }
    warn!(file = %dropped.file.display(), cause = %fault, "cannot be read yet");
    (Taken::Settled, Stage::Waiting)
}

/// What a file becomes that was read once.
async fn second(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    (seen, source, told): (Seen, Source, Told),
    pieces: Pieces,
) -> (Taken, Stage) {
    let Seen { sha256, bytes, heading, mistaken, checked } = seen;
    if stamp_of(dropped.file).await != Some(dropped.stamp) {
        // Somebody writes to it after all: it is taken when it stands still.
        return (Taken::Settled, Stage::Waiting);
    }
    told.holds(bytes);
    let looked = Looked { sha256: sha256.clone(), bytes, heading, mistaken };
    let expected = match expect::expected(reception, channel, dropped, looked).await {
        Ok(expected) => expected.map(Arc::new),
        Err(refusal) => {
            warn!(file = %dropped.file.display(), %refusal, "stays where it is; tried again");
            return (Taken::NotNow, Stage::Waiting);
        }
    };
    if let Some(expected) = &expected
        && let Some(id) = expect::held_already(reception, channel, dropped, expected).await
    {
        // The journal had it before the move was made.
        let place = dropped.folder.join("held");
        put(dropped.file, (&place, &held::name_of(&id, dropped.os_name))).await;
        return (Taken::Settled, Stage::NotTaken);
    }
    let found = checked.as_ref().map(|it| (it.records, it.unreadable));
    let held = expected.as_ref().and_then(|it| it.held(dropped.name, bytes, found));
    let seen = RefusedFile {
        bytes,
        records: found.ok().map(|(records, _)| records),
        unreadable: found.ok().map(|(_, unreadable)| unreadable),
        ..RefusedFile::default()
    };
    let passing = Passing { reception, channel, dropped, told, source, sha256, bytes, expected };
    match (held, checked) {
        (Some(held), _) => passing.refused(&held, seen).await,
        (None, Err(fault)) => passing.refused(&decode::refusal(fault), seen).await,
        (None, Ok(checked)) => passing.pieces(checked.start, pieces).await,
    }
}

// === impl Passing ===

impl Passing<'_> {
    /// Nothing of it enters: the journal says why, and it is out of the way.
    async fn refused(&self, refusal: &Refusal, mut seen: RefusedFile) -> (Taken, Stage) {
        let identity = (self.dropped.name, self.dropped.written_ns(), self.sha256.as_str());
        let last = cut::stand(self.reception.rooms(), self.channel, identity).await;
        if let Ok(Some((_, last))) = last
            && let Some((end, taken)) = cut::behind(&last)
        {
            (seen.piece, seen.taken) = (Some(end), taken);
        }
        let stranger = Stranger {
            id: uuid::Uuid::now_v7().to_string(),
            channel: Some(self.channel.name().to_owned()),
            origin: self.dropped.name.to_owned(),
            received_at: self.reception.rooms().clock.now(),
            interchanges: 0,
            file: Some(Box::new(seen)),
        };
        let trail = Trail::default();
        let _told = trail.cross::<()>(Boundary::Decode, Err(refusal.clone()));
        let (crossings, sha256) = (trail.crossings(), Some(self.sha256.clone()));
        let entry = self.reception.refuse(&stranger, refusal, crossings, sha256).await;
        if entry.is_none() && !strangers::is_counted(refusal) {
            // It is moved only when the journal says why.
            warn!(file = %self.dropped.file.display(), "not in the journal; tried again");
            return (Taken::NotNow, Stage::Waiting);
        }
        self.dropped.set_aside(refusal, &stranger.id).await;
        (Taken::Settled, Stage::NotTaken)
    }

    /// The second pass.
    async fn pieces(&self, start: State, pieces: Pieces) -> (Taken, Stage) {
        let rooms = self.reception.rooms();
        let identity = (self.dropped.name, self.dropped.written_ns(), self.sha256.as_str());
        let last = match cut::stand(rooms, self.channel, identity).await {
            Ok(last) => last,
            Err(refusal) => {
                warn!(%refusal, "stays where it is; tried again");
                return (Taken::NotNow, Stage::Waiting);
            }
        };
        let (source, package) = (self.source.clone(), Arc::clone(self.channel.package()));
        let (bytes, sha256) = (self.bytes, self.sha256.clone());
        let opened = off_thread(move || {
            let mut content = Content::open(source)?;
            let last = last.as_ref().map(|(_, arrival)| &**arrival);
            let Stand { state, came } = Stand::behind(&package, &mut content, last, start);
            let Some(state) = state else { return Ok((None, came)) };
            let cutting = Cutting::new(&package, content, (bytes, &sha256), state, pieces)?;
            Ok((Some(cutting), came))
        });
        match opened.await {
            Ok((None, came)) => self.done(came).await,
            Ok((Some(cutting), came)) => self.each(cutting, came).await,
            Err(fault) => self.broken(&fault),
        }
    }

    /// One piece after the other, until the last is in the journal.
    async fn each(&self, mut cutting: Cutting, mut came: Sums) -> (Taken, Stage) {
        let stopping = self.reception.rooms().tasks.stopping();
        let mut first = true;
        while !stopping.is_cancelled() {
            let next = off_thread(move || {
                let piece = cutting.next()?;
                Ok((cutting, piece))
            });
            let piece = match next.await {
                Ok((_, None)) => return self.done(came).await,
                Ok((rest, Some(piece))) => {
                    cutting = rest;
                    piece
                }
                Err(fault) => return self.broken(&fault),
            };
            if stamp_of(self.dropped.file).await != Some(self.dropped.stamp) {
                warn!(file = %self.dropped.file.display(), "written to while it was taken");
                return (Taken::Settled, Stage::Waiting);
            }
            let (begin, end) =
                (piece.state.offset(), piece.state.offset() + piece.bytes.len() as u64);
            if std::mem::take(&mut first) {
                self.told.taking(begin, came);
            }
            match self.one(piece, came).await {
                Ok(answer) => came = came.with(of_answer(&answer)),
                Err(outcome) => return outcome,
            }
            self.told.came(came);
            self.told.at(end, came.records);
        }
        (Taken::NotNow, Stage::Waiting)
    }

    /// Through gates and walk.
    async fn one(&self, piece: Piece, before: Sums) -> Result<Answer, (Taken, Stage)> {
        let Piece { state, bytes, last } = piece;
        let not_now = |cause: &dyn std::fmt::Display| {
            warn!(file = %self.dropped.file.display(), %cause, "stays where it is; tried again");
            (Taken::NotNow, Stage::Waiting)
        };
        let piece = entry::Piece {
            sha256: self.sha256.clone(),
            bytes: self.bytes,
            offset: state.offset(),
            last,
            before,
            state: state.to_json().map_err(|fault| not_now(&fault))?,
        };
        let name = self.dropped.name.to_owned();
        let way = Way::File {
            name: name.clone(),
            written_ns: self.dropped.written_ns(),
            expected: self.expected.clone(),
            piece: Some(Box::new(piece)),
        };
        let arrival = super::super::brought(self.reception, self.channel, name, bytes.into(), way);
        let id = arrival.id.clone();
        match self.reception.receive_told(arrival).await {
            Ok(answer) => Ok(answer),
            Err((refusal, _)) if matches!(refusal.facts().retry, Retry::AfterSeconds(_)) => {
                Err(not_now(&refusal))
            }
            Err((refusal, None)) if !strangers::is_counted(&refusal) => {
                // It is moved only when the journal says why.
                Err(not_now(&format!("{refusal}; not in the journal")))
            }
            Err((refusal, _)) => {
                let (pieces, records) = (before.pieces, before.records);
                error!(%refusal, pieces, records, "refused behind pieces that were taken");
                self.dropped.set_aside(&refusal, &id).await;
                Err((Taken::Settled, Stage::NotTaken))
            }
        }
    }

    /// All of it is in the journal.
    async fn done(&self, came: Sums) -> (Taken, Stage) {
        let Sums { pieces, records, events, duplicates, set_aside } = came;
        self.told.came(came);
        let file = self.dropped.file.display();
        info!(%file, pieces, records, events, duplicates, set_aside, "taken in pieces");
        self.dropped.is_done().await;
        (Taken::Settled, Stage::Taken)
    }

    /// It is looked at again, from the piece that was not taken.
    fn broken(&self, fault: &Broken) -> (Taken, Stage) {
        warn!(file = %self.dropped.file.display(), %fault, "stays where it is; looked at again");
        (Taken::Settled, Stage::Waiting)
    }
}

/// What came of a piece.
fn of_answer(answer: &Answer) -> Sums {
    let events = answer.events.len() as u64;
    // Nothing of it was new: its events are those that were there.
    let (events, duplicates) = match answer.duplicate {
        true => (0, answer.duplicates.max(events)),
        false => (events, answer.duplicates),
    };
    let Answer { records, set_aside, .. } = *answer;
    Sums { pieces: 1, records, events, duplicates, set_aside }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Broken> + Send + 'static,
) -> Result<T, Broken> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(fault) => Err(Unread::Io(std::io::Error::other(fault)).into()),
    }
}
