//! What a partner answers to what was sent to it: matched with the delivery that went
//! out under the number, so that a rejection is seen. Acknowledgements of EDI only.

use super::decode::Decoded;
use crate::{
    app::{Rooms, house::Channel},
    numbers,
    problem::Refusal,
};
use adapter_kit::decode::Told;
use canon::entry::{Boundary, RecordFault, SetAside};
use std::sync::Arc;
use store::Numbered;
use tracing::{info, warn};

/// The partner did not take what was sent to it.
const REJECTED: &str = "partner-rejected";
/// It answers what was never sent to it.
const UNKNOWN: &str = "answer-unknown";

/// Looks up what each answer is about. A rejection, and an answer to nothing, become
/// dead letters, also on a channel that takes all or nothing: what else came with them
/// has nothing to do with it.
///
/// # Errors
///
/// [`Refusal::Behind`] or [`Refusal::Inside`] when the store cannot say.
pub(super) async fn judge(rooms: &Rooms, decoded: &mut Decoded) -> Result<(), Refusal> {
    let told = std::mem::take(&mut decoded.records.told);
    if told.is_empty() {
        return Ok(());
    }
    // The partner may be faster than the folds.
    rooms.reached(Some(rooms.journal.head())).await?;
    let destinations = destinations(rooms, &decoded.arrival.channel);
    let asked = told.clone();
    let found = rooms
        .ask_store(move |reader| {
            let about = |it: &Told| -> store::Result<Option<Numbered>> {
                let Ok(control) = it.control.parse::<u64>() else { return Ok(None) };
                let mut newest: Option<Numbered> = None;
                for to in &destinations {
                    let place = numbers::place_of(control, reader.numbered_last(to)?);
                    let sent = place.map(|it| reader.numbered(to, it)).transpose()?.flatten();
                    newest = [newest, sent].into_iter().flatten().max_by_key(|it| it.id.seq);
                }
                Ok(newest)
            };
            asked.iter().map(about).collect::<store::Result<Vec<_>>>()
        })
        .await?;
    let channel = decoded.arrival.channel.name().to_owned();
    for (told, about) in told.iter().zip(found) {
        if let Some(letter) = letter(&channel, told, about.as_ref()) {
            decoded.set_aside.push(letter);
        }
    }
    decoded.set_aside.sort_by_key(|it| it.record);
    Ok(())
}

/// The channels by which something goes to the partner of this one: itself, and those
/// of the same package with the same addresses, where in and out are apart.
fn destinations(rooms: &Rooms, channel: &Arc<Channel>) -> Vec<String> {
    let parties = |it: &Channel| {
        let input = it.package().manifest().input.as_ref()?;
        let parties = input.parties.as_ref()?;
        Some((it.setting(&parties.sender)?, it.setting(&parties.receiver)?))
    };
    let house = rooms.house();
    let same = |it: &&Arc<Channel>| {
        it.settings().output.is_some()
            && it.settings().package == channel.settings().package
            && parties(it) == parties(channel)
    };
    house.channels().filter(same).map(|it| it.name().to_owned()).collect()
}

/// The dead letter of an answer that somebody must see.
fn letter(channel: &str, told: &Told, about: Option<&Numbered>) -> Option<SetAside> {
    let Told { number, offset, length, control, rejected, why } = told;
    let (code, found, expected) = match about {
        Some(about) => {
            let Numbered { id, event_id, entity } = about;
            let parcel = format!("{}.{}.{}", id.seq, id.index, id.destination);
            if !*rejected {
                if why.is_empty() {
                    info!(channel, control, parcel, event = event_id, "the partner took it");
                } else {
                    warn!(channel, control, parcel, event = event_id, why, "taken with errors");
                }
                return None;
            }
            warn!(channel, control, parcel, event = event_id, why, "the partner rejected it");
            let expected = format!("{entity} {event_id} (delivery {parcel}) accepted");
            (REJECTED, format!("rejected: {why}"), expected)
        }
        None => {
            warn!(channel, control, why, "an answer to what was never sent");
            let word = if *rejected { "rejects" } else { "accepts" };
            let found = format!("{control}, which it {word}: {why}");
            let found = found.trim_end_matches([':', ' ']).to_owned();
            (UNKNOWN, found, "a control number that went out to this partner".to_owned())
        }
    };
    let field = format!("control number {control}");
    let fault =
        RecordFault { field, offset: Some(*offset), found, expected, needed_by: None, shows: None };
    Some(SetAside {
        record: *number,
        offset: *offset,
        length: *length,
        boundary: Boundary::Decode,
        code: code.to_owned(),
        faults: vec![fault],
        record_sha256: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::entry::ParcelId;

    #[test]
    fn a_rejection_and_an_answer_to_nothing_are_letters() {
        let destination = "partner".to_owned();
        let sent = Numbered {
            id: ParcelId { seq: 12, index: 0, destination },
            event_id: "e1".to_owned(),
            entity: "invoice".to_owned(),
        };
        let told = |rejected, why: &str| Told {
            number: 3,
            offset: 7,
            length: 9,
            control: "42".to_owned(),
            rejected,
            why: why.to_owned(),
        };
        let text = |told: Told, about| {
            let letter = letter("partner", &told, about)?;
            assert_eq!((letter.record, letter.offset, letter.length), (3, 7, 9));
            let fault = letter.faults.first().map(|it| (it.found.clone(), it.expected.clone()))?;
            Some((letter.code, fault.0, fault.1))
        };
        let pair = |code: &str, found: &str, expected: &str| {
            Some((code.to_owned(), found.to_owned(), expected.to_owned()))
        };
        assert_eq!(text(told(false, ""), Some(&sent)), None);
        assert_eq!(text(told(false, "AK5*E*5"), Some(&sent)), None);
        assert_eq!(
            text(told(true, "AK5*R*5"), Some(&sent)),
            pair(
                "partner-rejected",
                "rejected: AK5*R*5",
                "invoice e1 (delivery 12.0.partner) accepted"
            )
        );
        let expected = "a control number that went out to this partner";
        assert_eq!(
            text(told(false, ""), None),
            pair("answer-unknown", "42, which it accepts", expected)
        );
        assert_eq!(
            text(told(true, "AK5*R*5"), None),
            pair("answer-unknown", "42, which it rejects: AK5*R*5", expected)
        );
    }
}
