//! Interchanges of EDI against those that came before: from whom and for whom
//! they are, and whether their control numbers are new.

use crate::{
    app::Rooms,
    arrival::{Answer, Arrival, Way},
    problem::Refusal,
};
use adapter_kit::package::Reused;
use canon::entry::Interchange;
use codec::layout::arrives::Reason;

/// Wrong addresses that are told; a file may hold thousands of interchanges.
const WRONG_PARTIES_MAX: usize = 10;

/// Refuses what is from somebody else than the channel's partner, or for somebody
/// else than its owner. Nobody is told by an acknowledgement: it would speak for a
/// receiver that this hub is not, under a number that another interchange may have.
///
/// # Errors
///
/// [`Refusal::FileHeld`], for a file waits for an operator's word, else
/// [`Refusal::WrongParty`].
pub(super) fn check_parties(arrival: &Arrival) -> Result<(), Refusal> {
    let input = arrival.channel.package().manifest().input.as_ref();
    let parties = input.and_then(|it| it.parties.as_ref());
    let Some(parties) = parties.filter(|_| !is_released(arrival)) else { return Ok(()) };
    // The settings were checked: each has a value.
    let wanted = |name: &str| arrival.channel.setting(name).unwrap_or_default();
    let wrong = wrong_parties(
        &arrival.interchanges,
        (&parties.sender, &wanted(&parties.sender)),
        (&parties.receiver, &wanted(&parties.receiver)),
    );
    match &arrival.way {
        _ if wrong.is_empty() => Ok(()),
        Way::File { .. } => Err(Refusal::FileHeld { reasons: wrong }),
        _ => Err(Refusal::WrongParty { parties: wrong }),
    }
}

/// The addresses that are not those that the channel's settings say; each setting
/// with its name.
fn wrong_parties(
    came: &[Interchange],
    sender: (&str, &str),
    receiver: (&str, &str),
) -> Vec<Reason> {
    let mut wrong = Vec::new();
    for it in came {
        for (what, found, (name, wanted)) in
            [("sender", &it.sender, sender), ("receiver", &it.receiver, receiver)]
        {
            if *found != wanted && wrong.len() < WRONG_PARTIES_MAX {
                let found = format!("interchange {} has {found} as its {what}", it.control);
                let expected = format!("{wanted}, the `{name}` of the channel");
                wrong.push(Reason::new("party", found, expected));
            }
        }
    }
    wrong
}

/// An operator has said that a file is to be taken.
fn is_released(arrival: &Arrival) -> bool {
    matches!(&arrival.way, Way::File { expected: Some(it), .. } if it.is_released)
}

/// Looks up the control numbers of an arrival. All of it came before: the answer
/// is that of the first time, and nothing is applied.
///
/// # Errors
///
/// [`Refusal::FileHeld`] or [`Refusal::ControlReused`] when a number came before
/// with other content, or when only some of the interchanges are new.
pub(super) async fn known(rooms: &Rooms, arrival: &Arrival) -> Result<Option<Answer>, Refusal> {
    let came = &arrival.interchanges;
    let policy = arrival.channel.package().reused_control();
    if came.is_empty() || policy == Reused::Taken || is_released(arrival) {
        return Ok(None);
    }
    // What was committed before may not be in the store yet.
    rooms.reached(Some(rooms.journal.head())).await?;
    let (channel, wanted) = (arrival.channel.name().to_owned(), came.clone());
    let before = rooms
        .ask_store(move |reader| {
            let like = |it: &Interchange| reader.interchanges_like(&channel, it);
            wanted.iter().map(like).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let same = |it: &Vec<(u64, bool)>| it.iter().find(|(_, same)| *same).map(|(seq, _)| *seq);
    let all: Option<Vec<u64>> = before.iter().map(same).collect();
    if let Some(first) = all.and_then(|it| it.into_iter().min()) {
        return Ok(Some(super::commit::nothing_new(&arrival.id, first, 0)));
    }
    let reasons = reasons(came, &before);
    match (before.iter().flatten().next(), policy, &arrival.way) {
        _ if reasons.is_empty() => Ok(None),
        (_, Reused::Held, Way::File { .. }) => Err(Refusal::FileHeld { reasons }),
        (first, ..) => Err(Refusal::ControlReused {
            first_seq: first.map_or(0, |(seq, _)| *seq),
            controls: reasons.into_iter().map(|it| it.found).collect(),
        }),
    }
}

/// What is wrong with the numbers of interchanges that are not all known.
fn reasons(came: &[Interchange], before: &[Vec<(u64, bool)>]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (index, (it, before)) in came.iter().zip(before).enumerate() {
        let own = format!("{} of {}", it.control, it.sender);
        let is_same =
            |other: &&Interchange| other.control == it.control && other.sender == it.sender;
        let earlier = came.iter().take(index).find(is_same);
        if let Some((seq, _)) = before.iter().find(|(_, same)| *same) {
            let found = format!("{own} came in entry {seq}, with others that are new");
            reasons.push(Reason::new("control", found, "all of it new, or none".to_owned()));
        } else if let Some((seq, _)) = before.first() {
            let found = format!("{own} came in entry {seq} with other content");
            reasons.push(Reason::new("control", found, "a number of its own".to_owned()));
        } else if earlier.is_some_and(|other| other.sha256 != it.sha256) {
            let found = format!("{own} stands twice in it, with different content");
            reasons.push(Reason::new("control", found, "a number of its own".to_owned()));
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(control: &str, sha256: &str) -> Interchange {
        let (sender, control) = ("ACME".to_owned(), control.to_owned());
        Interchange { sender, control, sha256: sha256.to_owned(), ..Interchange::default() }
    }

    #[test]
    fn each_wrong_address_is_said_with_the_setting_it_is_not() {
        let came = Interchange { receiver: "HUB2".to_owned(), ..came("7", "a") };
        let wrong = |sender, receiver| -> Vec<String> {
            let all = [came.clone()];
            let wrong = wrong_parties(&all, ("partner_id", sender), ("own_id", receiver));
            wrong.iter().map(ToString::to_string).collect()
        };
        assert_eq!(wrong("ACME", "HUB2"), [""; 0]);
        let receiver = "party: interchange 7 has HUB2 as its receiver; \
                        expected HUB, the `own_id` of the channel";
        assert_eq!(wrong("ACME", "HUB"), [receiver]);
        let sender = "party: interchange 7 has ACME as its sender; \
                      expected ACMF, the `partner_id` of the channel";
        assert_eq!(wrong("ACMF", "HUB"), [sender, receiver]);
    }

    #[test]
    fn what_is_wrong_with_a_number_is_said() {
        let found = |came: &[Interchange], before: &[Vec<(u64, bool)>]| -> Vec<String> {
            reasons(came, before).into_iter().map(|it| it.found).collect()
        };
        let two = [came("7", "a"), came("8", "b")];
        assert_eq!(found(&two, &[vec![], vec![]]), [""; 0]);
        assert_eq!(
            found(&two, &[vec![(3, false)], vec![]]),
            ["7 of ACME came in entry 3 with other content"]
        );
        assert_eq!(
            found(&two, &[vec![(9, false), (3, true)], vec![]]),
            ["7 of ACME came in entry 3, with others that are new"]
        );
        let twice = [came("7", "a"), came("7", "b"), came("7", "a")];
        let text = "7 of ACME stands twice in it, with different content";
        assert_eq!(found(&twice, &[vec![], vec![], vec![]]), [text]);
    }
}
