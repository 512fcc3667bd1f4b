//! Replays: stored events go out again, step by step.
//!
//! What a replay is to send is a selection in the journal, how far it is follows
//! from the steps there; nothing is kept in memory. One loop does one step of
//! each running replay in turn, and the next one when the fold has seen it, so
//! after a crash it goes on where the journal says it was.

use super::{Found, Kept, Meant, Stored, ask_journal, label_of, letters::receive};
use crate::{
    app::Rooms,
    problem::{Refusal, Retry},
};
use bytes::Bytes;
use canon::{
    clock::Timestamp,
    entry::{Act, Again, Body, Deed, MapsOf, Selection},
};
use journal::Draft;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use store::{Parked, Replay, Step, To};
use tracing::{info, warn};

/// Stored events looked at in one step.
const STEP_EVENTS: u32 = 500;
/// Journal entries looked at in one step of a replay with today's maps.
const STEP_ENTRIES: usize = 64;
/// Deliveries of one replay to one destination that may be on their way; then it
/// waits for them, or goes on without that one.
const UNSENT_MAX: u64 = 10_000;
/// How often a loop with nothing to do looks up.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Pause after journal or store could not be asked.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

/// Starts the loop, where it does not run yet.
pub fn start(rooms: &Arc<Rooms>) {
    if rooms.running.claim("replays") {
        let (inside, running) = (Arc::clone(rooms), rooms.running.clone());
        let run = move || {
            let rooms = Arc::clone(&inside);
            async move { run(&rooms).await }
        };
        rooms.tasks.keep(&rooms.clock, "replays".to_owned(), run, move || {
            running.release("replays");
        });
    }
}

/// Steps of all running replays until the daemon stops.
async fn run(rooms: &Arc<Rooms>) {
    let stopping = rooms.tasks.stopping();
    let mut folded = rooms.folds.store.clone();
    while !stopping.is_cancelled() {
        folded.borrow_and_update();
        match round(rooms).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(fault) => {
                warn!(%fault, "a replay stands; tried again");
                rooms.clock.sleep(TROUBLE_PAUSE).await;
            }
        }
        tokio::select! {
            // The fold is gone when the daemon stops, or broke off: readiness says so.
            changed = folded.changed() => if changed.is_err() { return },
            () = rooms.clock.sleep(LOOK_AGAIN) => {}
            () = stopping.cancelled() => {}
        }
    }
}

/// One step of each running replay; whether any made one. One that stands does
/// not hold the others up.
async fn round(rooms: &Arc<Rooms>) -> Result<bool, Refusal> {
    let running = rooms.ask_store(store::Reader::running_replays).await?;
    if running.is_empty() {
        return Ok(false);
    }
    // What was written last, perhaps before a crash, must have been seen.
    rooms.reached(Some(rooms.journal.head())).await?;
    let (mut any, mut first) = (false, None);
    for Replay { id, .. } in running {
        let replay = rooms.ask_store(move |reader| reader.replay(id)).await?;
        let Some(replay) = replay.filter(|it| it.state == store::ReplayState::Running) else {
            continue;
        };
        let unsent = rooms.ask_store(move |reader| reader.unsent(id)).await?;
        let house = rooms.house();
        let is_there =
            |it: &str| house.channel(it).is_some_and(|it| it.settings().output.is_some());
        for turn in turns(&replay, &unsent, &wanted(rooms, &replay), is_there) {
            match step(rooms, &replay, turn).await {
                Ok(()) => any = true,
                Err(fault) => first = first.or(Some(fault)),
            }
        }
    }
    first.map_or(Ok(any), Err)
}

/// What a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    /// All destinations but those that are parked; these are parked now.
    All { parked: Vec<String> },
    /// One that was parked.
    One(Parked),
    /// One that was parked, and is no destination any more: what waits for it is never
    /// taken, and would hold the replay up for ever.
    Gone(String),
}

/// The steps to be made now. One destination that takes nothing holds up its own
/// deliveries and no others: where some have room and some have not, the latter
/// are parked.
fn turns(
    replay: &Replay,
    unsent: &BTreeMap<String, u64>,
    wanted: &BTreeSet<String>,
    is_there: impl Fn(&str) -> bool,
) -> Vec<Turn> {
    let has_room = |it: &str| unsent.get(it).is_none_or(|it| *it < UNSENT_MAX);
    // One that overtook the others has all, and only stands there until they have it.
    let has_all = |it: &Parked| !replay.looked && it.reached >= replay.selection.last;
    let of_parked = replay.parked.iter().filter(|it| !has_all(it));
    let mut turns: Vec<Turn> = of_parked
        .filter_map(|it| match is_there(&it.destination) {
            false => Some(Turn::Gone(it.destination.clone())),
            true => has_room(&it.destination).then(|| Turn::One(it.clone())),
        })
        .collect();
    let is_parked = |it: &String| replay.parked.iter().any(|parked| parked.destination == *it);
    let (free, full): (Vec<&String>, Vec<&String>) =
        wanted.iter().filter(|it| !is_parked(it)).partition(|it| has_room(it));
    if !replay.looked && (!free.is_empty() || full.is_empty()) {
        turns.push(Turn::All { parked: full.into_iter().cloned().collect() });
    }
    turns
}

/// The destinations of a replay.
fn wanted(rooms: &Rooms, replay: &Replay) -> BTreeSet<String> {
    match replay.to.is_empty() {
        true => rooms.house().routes.iter().map(|it| it.to.clone()).collect(),
        false => replay.to.iter().cloned().collect(),
    }
}

/// One step of one replay, and its entry.
async fn step(rooms: &Arc<Rooms>, replay: &Replay, turn: Turn) -> Result<(), Refusal> {
    let (step, faulty) = look(rooms, replay, &turn).await?;
    let (parked, only) = match turn {
        Turn::All { parked } => (parked, None),
        Turn::One(parked) => (Vec::new(), Some(parked.destination)),
        Turn::Gone(destination) => {
            warn!(
                replay = replay.id,
                destination, "is no destination any more; nothing goes there"
            );
            (Vec::new(), Some(destination))
        }
    };
    for destination in &parked {
        warn!(
            replay = replay.id,
            destination,
            waiting = UNSENT_MAX,
            "takes nothing; the replay goes on without it and comes back to it"
        );
    }
    if step.finished {
        let destination = only.as_deref().unwrap_or("all but those parked");
        info!(replay = replay.id, destination, "a replay has looked at all of its selection");
    }
    let deed = Deed::ReplayAdvanced {
        replay: replay.id,
        reached: step.reached,
        within: step.within,
        seen: step.seen,
        parcels: step.parcels,
        matched: step.matched,
        superseded: step.superseded,
        faulty,
        finished: step.finished,
        parked,
        only,
    };
    write_down(rooms, deed).await?;
    rooms.reached(Some(rooms.journal.head())).await
}

/// What a step finds, and how many records today's maps cannot use.
async fn look(rooms: &Arc<Rooms>, replay: &Replay, turn: &Turn) -> Result<(Step, u64), Refusal> {
    let at = match turn {
        Turn::All { parked } => {
            let but = replay.parked.iter().map(|it| &it.destination).chain(parked).cloned();
            let to = To { only: replay.to.clone(), but: but.collect() };
            Beginning { reached: replay.reached, within: replay.within, to }
        }
        Turn::One(Parked { destination, reached, within }) => Beginning {
            reached: *reached,
            within: *within,
            to: To::only(vec![destination.clone()]),
        },
        Turn::Gone(_) => {
            let reached = replay.selection.last;
            return Ok((Step { reached, finished: true, ..Step::default() }, 0));
        }
    };
    match replay.maps {
        MapsOf::Then => Ok((of_stored(rooms, replay, at).await?, 0)),
        MapsOf::Today => walk_again(rooms, replay, at).await,
    }
}

/// Commits a step. An operator may be about to edit a dead delivery that the step
/// sends again: who comes second must see what the first one did.
async fn write_down(rooms: &Rooms, deed: Deed) -> Result<(), Refusal> {
    let act = Draft::Act(Box::new(Act { actor: "hub".into(), act: deed }));
    let _turn = rooms.letters.lock().await;
    let appended = rooms.journal.append(act).await;
    appended.map(|_| ()).map_err(|source| Refusal::JournalClosed { source: source.into() })
}

/// Where a step begins, and where it sends to.
struct Beginning {
    reached: u64,
    within: u32,
    to: To,
}

/// Events as they are stored.
async fn of_stored(rooms: &Rooms, replay: &Replay, at: Beginning) -> Result<Step, Refusal> {
    let (selection, to) = (replay.selection.clone(), at.to);
    let from = (at.reached.max(first_entry(rooms, &selection).await?), at.within);
    rooms.ask_store(move |reader| reader.replay_step(&selection, &to, from, STEP_EVENTS)).await
}

/// The entry before the first that is meant: times are looked up once a step,
/// in as many reads as the journal's length has digits.
async fn first_entry(rooms: &Rooms, selection: &Selection) -> Result<u64, Refusal> {
    let Some(from) = selection.from else { return Ok(0) };
    before(rooms, from).await
}

/// The last entry that was committed before `time`.
///
/// # Errors
///
/// [`Refusal::Inside`] when the journal cannot be read.
pub async fn before(rooms: &Rooms, time: Timestamp) -> Result<u64, Refusal> {
    ask_journal(rooms, move |reader| {
        let (mut low, mut high) = (0, reader.head()?);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let at = reader.stored(middle, 1)?.first().map(|it| it.at);
            if at.is_some_and(|it| it < time) { low = middle } else { high = middle - 1 }
        }
        Ok(low)
    })
    .await
}

/// Arrivals of the selection, walked once more with the maps in force. Gives what
/// is to be sent of what they leave unchanged, and how many records are faulty.
async fn walk_again(
    rooms: &Arc<Rooms>,
    replay: &Replay,
    at: Beginning,
) -> Result<(Step, u64), Refusal> {
    let selection = replay.selection.clone();
    let reached = at.reached.max(first_entry(rooms, &selection).await?);
    let entries = ask_journal(rooms, move |reader| reader.read(reached + 1, STEP_ENTRIES)).await?;
    let mut all = Step { reached, finished: true, ..Step::default() };
    let (mut faulty, mut unchanged) = (0, Vec::new());
    for entry in entries {
        if entry.seq > selection.last {
            break;
        }
        all.reached = entry.seq;
        all.finished = entry.seq == selection.last;
        let Body::Arrival(arrival) = entry.body else { continue };
        let is_meant = selection.channel.as_ref().is_none_or(|it| *it == arrival.channel);
        if !is_meant || !has_meant(&selection, &arrival) {
            continue;
        }
        let (seq, of) = (entry.seq, arrival.clone());
        let bytes = ask_journal(rooms, move |reader| super::bytes_of(reader, seq, &of)).await?;
        let Some(bytes) = bytes else {
            // Dropped by age: what was made of them then is all there is.
            let events = (0..).zip(arrival.events).map(|(index, event)| store::StepEvent {
                seq,
                index,
                event,
            });
            unchanged.extend(events.filter(|it| store::meets(&selection, &it.event)));
            continue;
        };
        let stored = Stored { seq, arrival, bytes: Vec::new() };
        let found = walk_one(rooms, replay, stored, bytes.into()).await?;
        faulty += found.faulty.len() as u64;
        unchanged.extend(found.unchanged);
        // A large arrival is a step of its own: memory stays bounded.
        if unchanged.len() > STEP_EVENTS as usize {
            break;
        }
    }
    let to = at.to;
    rooms.reached(Some(rooms.journal.head())).await?;
    let step = rooms.ask_store(move |reader| reader.replay_events(&unchanged, &to)).await?;
    all.finished |= all.reached >= replay.selection.last;
    Ok((Step { reached: all.reached, finished: all.finished, ..step }, faulty))
}

/// Whether an arrival may have something that is meant. Where nothing but the
/// channel narrows, also one that made no event then.
fn has_meant(selection: &Selection, arrival: &canon::entry::Arrival) -> bool {
    let narrow = selection.entity.is_some() || selection.key.is_some() || selection.query.is_some();
    !narrow || arrival.events.iter().any(|it| store::meets(selection, it))
}

async fn walk_one(
    rooms: &Arc<Rooms>,
    replay: &Replay,
    stored: Stored,
    bytes: Bytes,
) -> Result<super::Findings, Refusal> {
    let again = stored.arrival.again.as_deref();
    let meant = match again {
        // The records that came out of the dead letters with this entry.
        Some(again) if !again.letters.is_empty() => Meant::Only(letters_of(rooms, again).await?),
        // What an earlier replay changed is walked with the entry it came from.
        Some(_) => Meant::Only(BTreeSet::new()),
        None => Meant::all_but(&stored.arrival.set_aside),
    };
    let origin = again.map_or(stored.seq, |it| it.origin);
    let found = Found::default();
    let kept = Kept {
        again: Again {
            of: stored.seq,
            origin,
            replay: Some(replay.id),
            reason: replay.reason.clone(),
            ..Again::default()
        },
        meant,
        label: label_of(&stored.arrival),
        piece: stored.arrival.piece.clone(),
        operator: None,
        edited: None,
        before: Arc::new(stored.arrival.events.clone()),
        selection: replay.selection.clone(),
        found: found.clone(),
    };
    match receive(rooms, kept, &stored, bytes).await {
        Ok(_) => {}
        Err(refusal) if is_for_now(&refusal) => return Err(refusal),
        Err(refusal) => {
            let (seq, code) = (stored.seq, refusal.code());
            warn!(replay = replay.id, seq, code, "an arrival cannot be walked again today");
            found.add(|it| it.faulty.extend(whole(&stored, &refusal)));
        }
    }
    Ok(found.take())
}

/// Whether the same bytes may be taken later: then the same step is tried again,
/// since an arrival that a step passes over is not looked at any more.
fn is_for_now(refusal: &Refusal) -> bool {
    matches!(refusal.facts().retry, Retry::AfterSeconds(_))
}

/// Offsets of the records whose letters an entry closed.
async fn letters_of(rooms: &Rooms, again: &Again) -> Result<BTreeSet<u64>, Refusal> {
    let (of, letters) = (again.of, again.letters.clone());
    ask_journal(rooms, move |reader| {
        let Some(Body::Arrival(arrival)) = reader.entry(of)?.map(|it| it.body) else {
            return Ok(BTreeSet::new());
        };
        let place =
            |index: u32| arrival.set_aside.get(usize::try_from(index).ok()?).map(|it| it.offset);
        Ok(letters.into_iter().filter_map(place).collect())
    })
    .await
}

/// An arrival that cannot be walked at all counts as one faulty record.
fn whole(stored: &Stored, refusal: &Refusal) -> Option<canon::entry::SetAside> {
    Some(canon::entry::SetAside {
        record: 0,
        offset: 0,
        length: stored.arrival.raw_bytes,
        boundary: canon::entry::Boundary::Decode,
        code: refusal.code().to_owned(),
        faults: Vec::new(),
        record_sha256: None,
    })
}

#[cfg(test)]
mod tests;
