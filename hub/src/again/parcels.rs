//! A delivery that its destination refused goes out again with other data.
//!
//! What is edited is the canonical data that the out map of this destination reads.
//! The event stays as it was committed, and so does what other destinations get.

use super::letters::act;
use crate::{app::Rooms, arrival::Answer, dispatch, problem::Refusal};
use access::Operator;
use canon::{
    entry::{Attempt, Deed, Outcome, ParcelId},
    event::Event,
};
use delivery::NoAnswer;
use serde_json::Value;
use std::sync::Arc;
use store::{ParcelData, ParcelState};

/// Members that say what the event is about: an edit cannot make it about another
/// thing.
const FIXED: [&str; 2] = ["hub_id", "entity"];

/// The data that goes out of a parcel now, JSON to be read by people.
///
/// # Errors
///
/// [`Refusal::NotFound`], or [`Refusal::Inside`] when the store cannot say.
pub async fn data_of(rooms: &Rooms, id: &ParcelId) -> Result<String, Refusal> {
    let (event, edited) = event_of(rooms, id).await?;
    let data = edited.unwrap_or_else(|| event.data.get().to_owned());
    Ok(match serde_json::from_str::<Value>(&data) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or(data),
        Err(_) => data,
    })
}

/// Other data for a parcel.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'e> {
    /// The data, JSON.
    pub bytes: &'e [u8],
    /// Why.
    pub reason: &'e str,
    /// Also if the far side may have the parcel already as it was.
    pub may_repeat: bool,
}

/// Sends a dead parcel again with other data, under an idempotency key of its own.
///
/// # Errors
///
/// [`Refusal::NotFound`], [`Refusal::LetterSettled`] for one that is not dead,
/// [`Refusal::BadParameter`] for data that the out map cannot use, and where a try
/// ended without an answer, unless the edit says that it may repeat what was done:
/// nothing has changed then.
pub async fn edit(
    rooms: &Arc<Rooms>,
    operator: &Operator,
    id: ParcelId,
    Edit { bytes, reason, may_repeat }: Edit<'_>,
) -> Result<Answer, Refusal> {
    let _turn = rooms.letters.lock().await;
    rooms.reached(Some(rooms.journal.head())).await?;
    let (event, _) = event_of(rooms, &id).await?;
    let asked = id.clone();
    let view = rooms.ask_store(move |reader| reader.parcel(&asked)).await?;
    let name = format!("{}.{}.{}", id.seq, id.index, id.destination);
    let Some(view) = view.filter(|it| it.state == ParcelState::Dead) else {
        return Err(Refusal::LetterSettled { id: name });
    };
    if let Some(detail) = in_doubt(&view.attempts).filter(|_| !may_repeat) {
        return Err(Refusal::BadParameter { name: "may_repeat".to_owned(), detail });
    }
    let data = checked(&event, bytes).map_err(|detail| bad(&detail))?;
    let text = serde_json::to_string(&event).map_err(|it| bad(&it.to_string()))?;
    dispatch::can_go_out(rooms, &id, &text, &data).await.map_err(|detail| bad(&detail))?;
    let deed = Deed::ParcelEdited { parcel: id, data, reason: reason.to_owned() };
    let sequence = act(rooms, operator, deed).await?;
    let events = vec![event.id.to_string()];
    Ok(Answer {
        sequence,
        arrival: name,
        events,
        records: 1,
        duplicates: 0,
        set_aside: 0,
        duplicate: false,
    })
}

/// The event of a parcel, and its data as it was edited last.
async fn event_of(rooms: &Rooms, id: &ParcelId) -> Result<(Event, Option<String>), Refusal> {
    let what = format!("delivery {}.{}.{}", id.seq, id.index, id.destination);
    let asked = id.clone();
    let found = rooms.ask_store(move |reader| reader.parcel_data(&asked)).await?;
    let ParcelData { event, edited } = found.ok_or(Refusal::NotFound { what })?;
    let event = serde_json::from_str(&event);
    Ok((event.map_err(|it| Refusal::Inside { detail: it.to_string() })?, edited))
}

/// Why the far side may have a parcel already: under another key it would take it once
/// more, and nobody would know.
fn in_doubt(attempts: &[Attempt]) -> Option<String> {
    attempts.iter().find_map(|it| match &it.outcome {
        Outcome::Later { reason, .. } | Outcome::Refused { reason, .. }
            if NoAnswer::leaves_open(reason) =>
        {
            let number = it.number;
            Some(format!(
                "try {number} ended without an answer ({reason}): the far side may have it as \
                 it was, and takes an edit as another one. Look there first; `may_repeat` \
                 (`--may-repeat`) sends it all the same. To send it unedited, under its own \
                 key, resubmit it"
            ))
        }
        Outcome::Later { .. } | Outcome::Refused { .. } | Outcome::Done { .. } => None,
    })
}

/// What was edited, as one line of JSON about the same thing.
fn checked(event: &Event, bytes: &[u8]) -> Result<String, String> {
    let new: Value = serde_json::from_slice(bytes).map_err(|it| format!("not JSON: {it}"))?;
    let old: Value = serde_json::from_str(event.data.get()).map_err(|it| it.to_string())?;
    if !new.is_object() {
        return Err("a JSON object is expected, as `letters record` writes it".to_owned());
    }
    if let Some(name) = FIXED.into_iter().find(|it| new.get(it) != old.get(it)) {
        let was = old.get(name).cloned().unwrap_or_default();
        return Err(format!("`{name}` must stay {was}: an edit is about the same thing"));
    }
    serde_json::to_string(&new).map_err(|it| it.to_string())
}

fn bad(detail: &str) -> Refusal {
    Refusal::BadParameter { name: "bytes".to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::clock::Timestamp;

    fn tried(number: u32, outcome: Outcome) -> Attempt {
        Attempt {
            parcel: ParcelId { seq: 1, index: 0, destination: "erp".to_owned() },
            number,
            key: "k".to_owned(),
            mapping: "m@1".to_owned(),
            sent_at: Timestamp::default(),
            took_ms: 1,
            replay: None,
            substitutions: Vec::new(),
            outcome,
        }
    }

    #[test]
    fn a_try_without_an_answer_leaves_doubt_whatever_the_last_one_says() {
        let later = |reason: &str| Outcome::Later {
            reason: reason.to_owned(),
            not_before: Timestamp::default(),
        };
        let refused = |reason: &str| Outcome::Refused {
            code: "delivery-refused".to_owned(),
            reason: reason.to_owned(),
        };
        let told = [tried(1, later("HTTP 503")), tried(2, refused("HTTP 422: no answer within"))];
        assert_eq!(in_doubt(&told), None);
        let open = [tried(1, later("no answer within 5 s")), tried(2, refused("HTTP 422: no"))];
        let why = in_doubt(&open).unwrap();
        assert!(why.contains("try 1 ended") && why.contains("--may-repeat"), "{why}");
        let last = [tried(8, refused("try 8 of 8: the connection broke: reset"))];
        assert!(in_doubt(&last).is_some());
    }
}
