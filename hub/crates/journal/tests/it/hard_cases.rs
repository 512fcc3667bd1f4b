//! Hard cases of dedupe and versions, by their names, over random input.

use canon::entry::Body;
use journal::{Appended, Draft, Journal, Options};
use proptest::prelude::*;
use std::{collections::BTreeSet, future::Future, time::Duration};

use crate::{
    answers::audited,
    samples::{Fact, Home, arrival, draft, event},
};

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn open(home: &Home) -> Journal {
    let options = Options { linger: Duration::ZERO, ..home.options() };
    Journal::open(&home.path(), options).unwrap()
}

/// Ids of all events in the journal, in order.
fn events(journal: &Journal) -> Vec<String> {
    let ids = |entry: canon::entry::Entry| match entry.body {
        Body::Arrival(it) => it.events.into_iter().map(|it| it.id.to_string()).collect(),
        Body::Refusal(_) | Body::Attempt(_) | Body::Act(_) => Vec::new(),
    };
    journal.read(1, usize::MAX).unwrap().into_iter().flat_map(ids).collect()
}

fn ids(facts: &[Fact<'_>]) -> BTreeSet<String> {
    facts.iter().map(|it| event("shop", *it).id.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// H3: the same body, however often, under the same key or another or none,
    /// and over restarts: one event, the others counted.
    #[test]
    fn h3_any_number_of_redeliveries_is_one_event(
        keys in prop::collection::vec(prop::option::of("[ab]"), 1..8), restart in 0..8_usize
    ) {
        run(async {
            let home = Home::new();
            let mut journal = open(&home);
            let (mut taken, mut known) = (0, 0);
            for (at, key) in keys.iter().enumerate() {
                if at == restart {
                    drop(journal);
                    journal = open(&home);
                }
                let sent = draft("shop", key.as_deref(), &[("1", "1", "x")]);
                match journal.append(sent).await.unwrap() {
                    Appended::Committed { .. } => taken += 1,
                    Appended::Duplicate { seq: 1, .. } => known += 1,
                    other => panic!("{other:?}"),
                }
            }
            prop_assert_eq!((taken, known, journal.head()), (1, keys.len() - 1, 1));
            audited(&journal);
            Ok(())
        })?;
    }

    /// H4: a file re-sent under a new name with other records too applies exactly
    /// those, and the counts say so.
    #[test]
    fn h4_a_file_sent_again_applies_exactly_what_is_new(
        first in prop::collection::btree_set(0..12_u8, 0..8),
        again in prop::collection::btree_set(0..12_u8, 1..10),
    ) {
        run(async {
            let home = Home::new();
            let journal = open(&home);
            let names: Vec<String> = (0..12).map(|it| format!("till/1/2026-01-05/{it}")).collect();
            let facts = |of: &BTreeSet<u8>| -> Vec<Fact<'_>> {
                of.iter().map(|it| (&*names[usize::from(*it)], "1", "sale")).collect()
            };
            journal.append(draft("shop", Some("a.csv"), &facts(&first))).await.unwrap();
            let appended = journal.append(draft("shop", Some("b.csv"), &facts(&again))).await;
            let new: BTreeSet<u8> = again.difference(&first).copied().collect();
            match appended.unwrap() {
                Appended::Committed { events, duplicates, set_aside: 0, .. } => {
                    let named: BTreeSet<String> = events.iter().map(ToString::to_string).collect();
                    prop_assert_eq!(named, ids(&facts(&new)));
                    prop_assert_eq!(usize::try_from(duplicates).unwrap(), again.len() - new.len());
                }
                Appended::Duplicate { .. } => prop_assert!(new.is_empty()),
                other => panic!("{other:?}"),
            }
            let all: BTreeSet<u8> = first.union(&again).copied().collect();
            let found = events(&journal);
            prop_assert_eq!(found.len(), all.len());
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), ids(&facts(&all)));
            Ok(())
        })?;
    }

    /// H5: versions in whatever order they come: each is in the history once, and
    /// whatever is said of the newest with other content is in conflict with it.
    #[test]
    fn h5_versions_in_any_order_are_kept_once_and_the_newest_stands(
        versions in prop::collection::vec(1..9_u32, 1..12)
    ) {
        run(async {
            let home = Home::new();
            let journal = open(&home);
            let texts: Vec<String> = versions.iter().map(ToString::to_string).collect();
            for version in &texts {
                journal.append(draft("shop", None, &[("1", version, version)])).await.unwrap();
            }
            let newest = versions.iter().max().unwrap().to_string();
            let found = events(&journal);
            let wanted: Vec<Fact<'_>> = texts.iter().map(|it| ("1", &**it, &**it)).collect();
            prop_assert_eq!(found.len(), ids(&wanted).len(), "once each");
            // Written in another way it is the same version, and the same rule holds.
            let padded = format!("00{newest}");
            let same = journal.append(draft("shop", None, &[("1", &padded, &newest)])).await;
            let is_known = matches!(same.unwrap(), Appended::Duplicate { .. });
            prop_assert!(is_known);
            let other = journal.append(draft("shop", None, &[("1", &padded, "other")])).await;
            let is_conflict = matches!(other.unwrap(), Appended::Committed { set_aside: 1, .. });
            prop_assert!(is_conflict);
            audited(&journal);
            Ok(())
        })?;
    }

    /// H10: a till's counter that starts again on the same day is another receipt.
    #[test]
    fn h10_a_counter_that_starts_again_is_no_duplicate(from in 9990..10_000_u32, count in 1..20_u32) {
        run(async {
            let home = Home::new();
            let journal = open(&home);
            for at in 0..count {
                let id = format!("1/1/2026-01-05/{:04}", (from + at - 1) % 9999 + 1);
                journal.append(draft("till", None, &[(&id, "", "one tea")])).await.unwrap();
            }
            prop_assert_eq!(events(&journal).len(), usize::try_from(count).unwrap());
            Ok(())
        })?;
    }

    /// H34: a replay of any part of the past is kept and marked; what comes live is
    /// decided as if it had not been, as long as the replay says what was in force.
    #[test]
    fn h34_a_replay_changes_nothing_for_what_comes_live(
        versions in prop::collection::vec(1..6_u32, 1..8), replayed in 0..8_usize
    ) {
        run(async {
            let home = Home::new();
            let journal = open(&home);
            let texts: Vec<String> = versions.iter().map(ToString::to_string).collect();
            for version in &texts {
                journal.append(draft("shop", None, &[("1", version, version)])).await.unwrap();
            }
            let again = &*texts[replayed % texts.len()];
            let (mut arrival, raw) = arrival("shop", None, &[("1", again, again)]);
            arrival.events[0].replay = true;
            let head = journal.head();
            let kept = journal.append(Draft::arrival(arrival, Some(raw), [0; 32])).await.unwrap();
            let is_kept = matches!(&kept, Appended::Committed { events, .. } if events.len() == 1);
            prop_assert!(is_kept);
            for version in &texts {
                let live = journal.append(draft("shop", None, &[("1", version, version)])).await;
                let is_known = matches!(live.unwrap(), Appended::Duplicate { .. });
                prop_assert!(is_known);
            }
            prop_assert_eq!(journal.head(), head + 1);
            audited(&journal);
            Ok(())
        })?;
    }
}
