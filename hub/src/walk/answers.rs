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
use store::{Numbered, Reader};
use tracing::{info, warn};

/// The partner did not take what was sent to it.
const REJECTED: &str = "partner-rejected";
/// It answers what was never sent to it.
const UNKNOWN: &str = "answer-unknown";

/// What went out under the number that an answer names.
#[derive(Debug)]
enum About {
    /// One delivery; more where several channels lead to one partner, each of which
    /// counts for itself.
    Sent(Vec<Numbered>),
    /// An acknowledgement of what the partner sent.
    Acknowledgement,
    /// Nothing; what waits under the number and was never tried.
    Nothing(Vec<Numbered>),
}

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
    let channels = of_the_partner(rooms, &decoded.arrival.channel);
    let asked = told.clone();
    let found = rooms
        .ask_store(move |reader| {
            let about = |it: &Told| about(reader, &channels, &it.control);
            asked.iter().map(about).collect::<store::Result<Vec<_>>>()
        })
        .await?;
    let channel = decoded.arrival.channel.name().to_owned();
    for (told, about) in told.iter().zip(found) {
        if let Some(letter) = letter(&channel, told, &about) {
            decoded.set_aside.push(letter);
        }
    }
    decoded.set_aside.sort_by_key(|it| it.record);
    Ok(())
}

/// Everything that went out under the number by one of the channels.
fn about(reader: &Reader, channels: &[String], control: &str) -> store::Result<About> {
    let (mut sent, mut waiting) = (Vec::new(), Vec::new());
    let Ok(control) = control.parse::<u64>() else { return Ok(About::Nothing(waiting)) };
    for channel in channels {
        if numbers::is_of_answer(control, reader.answers_last(channel)?) {
            return Ok(About::Acknowledgement);
        }
        let place = numbers::place_of(control, reader.numbered_last(channel)?);
        let found = place.map(|it| reader.numbered(channel, it)).transpose()?.flatten();
        let Some(found) = found else { continue };
        if found.is_tried { sent.push(found) } else { waiting.push(found) }
    }
    Ok(if sent.is_empty() { About::Nothing(waiting) } else { About::Sent(sent) })
}

/// The channels to and from the partner of this one: itself, and those of the same
/// package with the same addresses, where in and out are apart.
fn of_the_partner(rooms: &Rooms, channel: &Arc<Channel>) -> Vec<String> {
    let parties = |it: &Channel| {
        let input = it.package().manifest().input.as_ref()?;
        let parties = input.parties.as_ref()?;
        Some((it.setting(&parties.sender)?, it.setting(&parties.receiver)?))
    };
    let house = rooms.house();
    let same = |it: &&Arc<Channel>| {
        it.settings().package == channel.settings().package && parties(it) == parties(channel)
    };
    house.channels().filter(same).map(|it| it.name().to_owned()).collect()
}

/// The dead letter of an answer that somebody must see.
fn letter(channel: &str, told: &Told, about: &About) -> Option<SetAside> {
    let Told { number, offset, length, control, rejected, why } = told;
    let (what, is_known) = match about {
        About::Sent(sent) => (deliveries(sent, " or "), true),
        About::Acknowledgement => ("an acknowledgement of this hub".to_owned(), true),
        About::Nothing(waiting) => (deliveries(waiting, ", "), false),
    };
    let (code, found, expected) = if is_known {
        if !*rejected {
            if why.is_empty() {
                info!(channel, control, what, "the partner took it");
            } else {
                warn!(channel, control, what, why, "taken with errors");
            }
            return None;
        }
        warn!(channel, control, what, why, "the partner rejected it");
        (REJECTED, format!("rejected: {why}"), format!("{what} accepted"))
    } else {
        warn!(channel, control, why, "an answer to what was never sent");
        let word = if *rejected { "rejects" } else { "accepts" };
        let found = format!("{control}, which it {word}: {why}");
        let found = found.trim_end_matches([':', ' ']).to_owned();
        let mut expected = "a control number that went out to this partner".to_owned();
        if !what.is_empty() {
            expected.push_str(&format!("; under this one waits what was never sent: {what}"));
        }
        (UNKNOWN, found, expected)
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

/// Each delivery with what it is of: `invoice e1 (delivery 12.0.partner)`.
fn deliveries(all: &[Numbered], between: &str) -> String {
    let named = |it: &Numbered| {
        let Numbered { id, event_id, entity, .. } = it;
        format!("{entity} {event_id} (delivery {}.{}.{})", id.seq, id.index, id.destination)
    };
    all.iter().map(named).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::entry::ParcelId;

    fn parcel(destination: &str) -> Numbered {
        Numbered {
            id: ParcelId { seq: 12, index: 0, destination: destination.to_owned() },
            event_id: "e1".to_owned(),
            entity: "invoice".to_owned(),
            is_tried: true,
        }
    }

    /// Code, what was found and what was expected of the letter, if there is one.
    fn text(rejected: bool, why: &str, about: &About) -> Option<(String, String, String)> {
        let (control, why) = ("42".to_owned(), why.to_owned());
        let told = Told { number: 3, offset: 7, length: 9, control, rejected, why };
        let letter = letter("partner", &told, about)?;
        assert_eq!((letter.record, letter.offset, letter.length), (3, 7, 9));
        let fault = letter.faults.first().map(|it| (it.found.clone(), it.expected.clone()))?;
        Some((letter.code, fault.0, fault.1))
    }

    fn wanted(code: &str, found: &str, expected: &str) -> Option<(String, String, String)> {
        Some((code.to_owned(), found.to_owned(), expected.to_owned()))
    }

    #[test]
    fn a_rejection_and_an_answer_to_nothing_are_letters() {
        let sent = About::Sent(vec![parcel("partner")]);
        assert_eq!(text(false, "", &sent), None);
        assert_eq!(text(false, "AK5*E*5", &sent), None);
        let expected = "invoice e1 (delivery 12.0.partner) accepted";
        assert_eq!(
            text(true, "AK5*R*5", &sent),
            wanted("partner-rejected", "rejected: AK5*R*5", expected)
        );
        let (nothing, expected) =
            (About::Nothing(Vec::new()), "a control number that went out to this partner");
        assert_eq!(
            text(false, "", &nothing),
            wanted("answer-unknown", "42, which it accepts", expected)
        );
        assert_eq!(
            text(true, "AK5*R*5", &nothing),
            wanted("answer-unknown", "42, which it rejects: AK5*R*5", expected)
        );
    }

    /// Goal: nobody looks at one delivery where it may be the other that was rejected,
    /// and none counts as taken that was never sent.
    #[test]
    fn a_letter_names_all_that_it_may_be_about() {
        let both = About::Sent(vec![parcel("one"), parcel("two")]);
        assert_eq!(text(false, "", &both), None);
        let expected = "invoice e1 (delivery 12.0.one) or invoice e1 (delivery 12.0.two) accepted";
        assert_eq!(text(true, "x", &both), wanted("partner-rejected", "rejected: x", expected));
        let (_, _, expected) = text(false, "", &About::Nothing(vec![parcel("one")])).unwrap();
        let end = "under this one waits what was never sent: invoice e1 (delivery 12.0.one)";
        assert!(expected.ends_with(end), "{expected}");
    }

    #[test]
    fn an_acknowledgement_that_was_accepted_is_no_letter() {
        assert_eq!(text(false, "", &About::Acknowledgement), None);
        let expected = "an acknowledgement of this hub accepted";
        assert_eq!(
            text(true, "TA1", &About::Acknowledgement),
            wanted("partner-rejected", "rejected: TA1", expected)
        );
    }
}
