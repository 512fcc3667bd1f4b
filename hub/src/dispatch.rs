//! From committed to delivered, on one page: the other half of the walk.
//!
//! One loop per destination. Its backlog is in the journal: the store's fold of
//! deliveries says which parcels have their turn, [`Lanes`] choose among a
//! small window of them, one attempt is made, and what came of it is an entry
//! of the journal before anything else happens.
//!
//! ```text
//! journal ─► fold of deliveries ─► due ─► lanes ─► render ─► attempt ─► journal
//! ```

mod destination;
mod render;

pub use destination::{Destination, Destinations, client, proof};

use crate::{app::Rooms, observe::tap::Line};
use canon::{
    clock::Timestamp,
    entry::{Attempt, Loss, Outcome, ParcelId},
};
use delivery::{Lanes, Next, Offer, Settled, Verdict, classify::Cause};
use journal::{Appended, Draft, failpoint};
use serde_json::json;
use std::{collections::HashSet, sync::Arc, time::Duration};
use store::DueParcel;
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

/// Longest wait before looking again, should a wake-up have been missed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Pause after the journal or the store could not be asked.
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

/// What an attempt says that this program broke off itself.
const BROKE_OFF: &str = "a fault of this program broke the try off; its log says where. It is not \
     known whether the far side has it";

/// What came of an attempt: `None` when there was none, or the journal could
/// not take it.
type Came = (ParcelId, Option<Settled>);

/// Starts a loop for each destination, where none runs yet. Called at start
/// and after each reload.
pub fn start(rooms: &Arc<Rooms>) {
    for channel in rooms.house().channels().filter(|it| it.settings().output.is_some()) {
        let name = channel.name().to_owned();
        let claim = format!("to {name}");
        if rooms.running.claim(&claim) {
            let (inside, running, what) = (Arc::clone(rooms), rooms.running.clone(), claim.clone());
            let run = move || {
                let (rooms, name) = (Arc::clone(&inside), name.clone());
                async move { deliver(&rooms, &name).await }
            };
            rooms.tasks.keep(&rooms.clock, what, run, move || running.release(&claim));
        }
    }
}

/// Delivers to one destination until the daemon stops or the channel goes.
async fn deliver(rooms: &Arc<Rooms>, name: &str) {
    let stopping = rooms.tasks.stopping();
    let mut folded = rooms.folds.store.clone();
    if !has_caught_up(rooms, &mut folded).await {
        return;
    }
    let (came_to, mut came) = mpsc::channel::<Came>(destination::CONCURRENCY_MAX);
    let Some(mut destination) = current(rooms, name) else { return };
    let mut lanes: Lanes<DueParcel> = Lanes::new(destination.lanes_rule());
    while !stopping.is_cancelled() {
        let Some(now_in_force) = current(rooms, name) else { return };
        if !Arc::ptr_eq(&now_in_force.channel, &destination.channel) {
            destination = now_in_force;
            lanes.adopt(destination.lanes_rule());
        }
        lanes.folded(*folded.borrow_and_update());
        let (asked_at, next_due) = match fill(rooms, name, &mut lanes).await {
            Ok(found) => found,
            Err(fault) => {
                warn!(destination = name, %fault, "deliveries cannot be asked for");
                rooms.clock.sleep(TROUBLE_PAUSE).await;
                continue;
            }
        };
        let held_until = send(rooms, &destination, &mut lanes, &came_to);
        // What was due when the store was asked is in the lanes already.
        let next_due = next_due.filter(|it| *it > asked_at);
        let wake = [held_until, next_due].into_iter().flatten().min();
        let now = rooms.clock.now();
        let wait = wake.map_or(LOOK_AGAIN, |it| it.since(now).min(LOOK_AGAIN));
        tokio::select! {
            Some((id, settled)) = came.recv() => settle(&mut lanes, &id, settled, rooms.clock.now()),
            // The fold is gone when the daemon stops, or broke off: readiness says so.
            changed = folded.changed() => if changed.is_err() { return },
            () = rooms.clock.sleep(wait) => {}
            () = stopping.cancelled() => {}
        }
    }
}

/// Waits until the fold has seen what was in the journal at the start; false
/// when that cannot come. A fold that is behind knows parcels whose delivery it
/// has not read yet: they would go out once more, and after newer ones.
async fn has_caught_up(rooms: &Rooms, folded: &mut watch::Receiver<u64>) -> bool {
    let wanted = rooms.folds.wanted_at_start;
    let stopping = rooms.tasks.stopping();
    tokio::select! {
        reached = folded.wait_for(|at| *at >= wanted) => reached.is_ok(),
        () = stopping.cancelled() => false,
    }
}

/// Whether an event with this data could go out to the destination of a parcel, as
/// far as its out map says.
///
/// # Errors
///
/// What is wrong with it.
pub async fn can_go_out(
    rooms: &Rooms,
    id: &ParcelId,
    text: &str,
    data: &str,
) -> Result<(), String> {
    let Some(to) = current(rooms, &id.destination) else {
        return Err(format!("there is no destination {:?} any more", id.destination));
    };
    // Nothing is sent, so that any number will do.
    let what = render::What { event: text, edit: Some(data), number: 1, released: false };
    let rendered = render::render_as(rooms, &to, what).await;
    rendered.map(|_| ()).map_err(|fault| fault.to_string())
}

/// The destination as it is configured now.
fn current(rooms: &Rooms, name: &str) -> Option<Arc<Destination>> {
    let house = rooms.house();
    let channel = house.channel(name)?;
    rooms.destinations.of(channel)
}

/// Offers parcels whose turn it is; says when the store was asked, and when the
/// next one has its turn.
async fn fill(
    rooms: &Rooms,
    name: &str,
    lanes: &mut Lanes<DueParcel>,
) -> Result<(Timestamp, Option<Timestamp>), crate::problem::Refusal> {
    let (room, giving, now) = (lanes.room(), lanes.room_giving(), rooms.clock.now());
    let (destination, held): (String, HashSet<ParcelId>) = (name.to_owned(), lanes.held().clone());
    let (due, next_due) = rooms
        .ask_store(move |reader| {
            let mut due = reader.due(&destination, now, room, &held)?;
            due.extend(reader.due_replays(&destination, now, giving, &held)?);
            Ok((due, reader.next_due_at(&destination)?))
        })
        .await?;
    for parcel in due {
        let (id, key, gives_way) = (parcel.id.clone(), parcel.key.clone(), parcel.gives_way);
        let offer = Offer { id, key, gives_way, load: parcel };
        // What is not taken now is offered again by the next look.
        let _taken = lanes.offer(offer);
    }
    Ok((now, next_due))
}

/// Starts attempts as far as the lanes let them; says until when they hold back.
fn send(
    rooms: &Arc<Rooms>,
    destination: &Arc<Destination>,
    lanes: &mut Lanes<DueParcel>,
    came_to: &mpsc::Sender<Came>,
) -> Option<Timestamp> {
    loop {
        match lanes.next(rooms.clock.now()) {
            Next::Idle => return None,
            Next::Wait(until) => return Some(until),
            Next::Send(offer) => {
                let (rooms, came_to) = (Arc::clone(rooms), came_to.clone());
                let destination = Arc::clone(destination);
                rooms.tasks.clone().spawn(async move {
                    let parcel = Arc::new(offer.load);
                    let inside =
                        (Arc::clone(&rooms), Arc::clone(&destination), Arc::clone(&parcel));
                    let work = async move { attempt(&inside.0, &inside.1, &inside.2).await };
                    let settled = guarded(&rooms, &destination, &parcel, work).await;
                    // The loop is gone when the daemon stops; the journal has it.
                    let _loop_gone = came_to.send((offer.id, settled)).await;
                });
            }
        }
    }
}

fn settle(lanes: &mut Lanes<DueParcel>, id: &ParcelId, settled: Option<Settled>, now: Timestamp) {
    match settled {
        Some(settled) => lanes.settle(id, settled, now),
        None => lanes.give_back(id, now),
    }
}

/// One try, also where this program breaks off in it. That counts like any other:
/// otherwise what breaks it off would be tried for ever, and nobody would hear of it.
async fn guarded(
    rooms: &Rooms,
    to: &Destination,
    parcel: &DueParcel,
    work: impl Future<Output = Option<Settled>> + Send + 'static,
) -> Option<Settled> {
    let begun_at = rooms.clock.now();
    match rooms.tasks.guard(to.channel.name(), work).await {
        Some(settled) => settled,
        None => {
            let reason = BROKE_OFF.to_owned();
            let verdict = Verdict::Later { reason, after: None, cause: Cause::Busy };
            record(rooms, to, parcel, begun_at, (verdict, Sent::default())).await
        }
    }
}

/// One try of one parcel, and its entry in the journal.
///
/// None when nothing was sent: the parcel was superseded or given up while it
/// stood in the window, or the journal could not take what came of it.
async fn attempt(rooms: &Rooms, to: &Destination, parcel: &DueParcel) -> Option<Settled> {
    let id = parcel.id.clone();
    if let Ok(false) = rooms.ask_store(move |reader| reader.is_pending(&id)).await {
        return None;
    }
    let sent_at = rooms.clock.now();
    let rendered = render::render(rooms, to, parcel).await;
    let came = match rendered {
        Ok(call) => {
            failpoint::pass("delivery.before");
            let verdict = to.call(&call, rooms.clock.as_ref()).await;
            failpoint::pass("delivery.sent");
            let (key, mapping, substitutions) = (call.key, call.label, call.substitutions);
            (verdict, Sent { key, mapping, substitutions })
        }
        Err(fault) => (fault.to_verdict(), Sent::default()),
    };
    record(rooms, to, parcel, sent_at, came).await
}

/// What went out in a try; empty when nothing did, or nobody knows.
#[derive(Default)]
struct Sent {
    key: String,
    mapping: String,
    substitutions: Vec<Loss>,
}

/// The entry of a try that began at `sent_at`.
async fn record(
    rooms: &Rooms,
    to: &Destination,
    parcel: &DueParcel,
    sent_at: Timestamp,
    (verdict, sent): (Verdict, Sent),
) -> Option<Settled> {
    let now = rooms.clock.now();
    let health = verdict.health();
    let is_throttled = verdict.is_throttled();
    let outcome = to.outcome(verdict, parcel.attempt, now, rooms.draw());
    let word = tell(rooms, to.channel.name(), parcel, &outcome);
    rooms.metrics.attempt(to.channel.name(), word);
    if matches!(outcome, Outcome::Done { .. }) {
        rooms.metrics.substitutions(to.channel.name(), sent.substitutions.len());
    }
    let took_ms = u64::try_from(now.since(sent_at).as_millis()).unwrap_or(u64::MAX);
    let attempt = Attempt {
        parcel: parcel.id.clone(),
        number: parcel.attempt,
        key: sent.key,
        mapping: sent.mapping,
        sent_at,
        took_ms,
        replay: parcel.replay,
        substitutions: sent.substitutions,
        outcome: outcome.clone(),
    };
    match rooms.journal.append(Draft::Attempt(Box::new(attempt))).await {
        Ok(Appended::Committed { seq, .. } | Appended::Duplicate { seq, .. }) => {
            failpoint::pass("delivery.recorded");
            Some(Settled::of(seq, &outcome, health, is_throttled))
        }
        Ok(Appended::KeyReused { .. }) => None,
        Err(fault) => {
            // It is sent again with the same key: the far side recognises it.
            warn!(destination = to.channel.name(), %fault, "an attempt is not in the journal");
            rooms.clock.sleep(TROUBLE_PAUSE).await;
            None
        }
    }
}

fn tell(rooms: &Rooms, to: &str, parcel: &DueParcel, outcome: &Outcome) -> &'static str {
    let (seq, number) = (parcel.id.seq, parcel.attempt);
    let word = match outcome {
        Outcome::Done { answer, .. } => {
            info!(destination = to, seq, number, answer, "delivered");
            "done"
        }
        Outcome::Later { reason, not_before } => {
            warn!(destination = to, seq, number, reason, %not_before, "tried again later");
            "later"
        }
        Outcome::Refused { code, .. } => {
            warn!(destination = to, seq, number, code, "dead letter");
            "refused"
        }
    };
    rooms.tap.tell(|| Line {
        at: rooms.clock.now(),
        step: "attempt",
        channel: to.to_owned(),
        id: format!("{seq}.{}.{to}", parcel.id.index),
        what: json!({ "number": number, "entity": parcel.entity, "outcome": outcome }),
    });
    word
}

#[cfg(test)]
mod tests;
