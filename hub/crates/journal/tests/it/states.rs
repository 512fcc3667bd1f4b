//! Sources without versions against a model of a few lines, over random histories:
//! what is in force after an arrival is what it said last, nothing said twice in
//! the same order is new, and the tables are what the entries make of them.

use journal::{Appended, Draft, Journal, Options, salvage::salvage};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

use crate::{
    answers::audited,
    forward::{in_force, take_back},
    samples::{Home, arrival},
};

const THINGS: [&str; 2] = ["1", "2"];
const STATES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
struct Sent {
    said: Vec<(&'static str, &'static str)>,
    replay: bool,
}

/// All states that were in force, by thing.
#[derive(Default)]
struct Model(BTreeMap<&'static str, Vec<&'static str>>);

impl Model {
    /// Takes an arrival in; gives how many of its states are new.
    fn say(&mut self, sent: &Sent) -> usize {
        let mut new = 0;
        for thing in THINGS {
            let history = self.0.entry(thing).or_default();
            let mut run: Vec<&str> =
                sent.said.iter().filter(|it| it.0 == thing).map(|it| it.1).collect();
            if sent.replay {
                new += run.len();
                history.extend(run);
                history.dedup();
                continue;
            }
            run.dedup();
            let known = (0..=run.len()).rev().find(|it| history.ends_with(&run[..*it])).unwrap();
            new += run.len() - known;
            history.extend(&run[known..]);
            assert!(run.last().is_none_or(|last| history.last() == Some(last)));
        }
        new
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let said = (prop::sample::select(&THINGS[..]), prop::sample::select(&STATES[..]));
    (prop::collection::vec(said, 1..5), prop::bool::weighted(0.1))
        .prop_map(|(said, replay)| Sent { said, replay })
}

fn drafted(sent: &Sent) -> Draft {
    let facts: Vec<_> = sent.said.iter().map(|(id, says)| (*id, "", *says)).collect();
    let (mut arrival, raw) = arrival("shop", None, &facts);
    for event in &mut arrival.events {
        event.replay = sent.replay;
    }
    Draft::arrival(arrival, Some(raw), [0; 32])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Hard cases H3 to H5 for sources that cannot say which state is newer.
    #[test]
    fn any_history_of_states_is_decided_as_the_rules_say(
        history in prop::collection::vec(sent(), 1..20)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            let options = Options { linger: Duration::ZERO, ..home.options() };
            let journal = Journal::open(&home.path(), options).unwrap();
            let mut model = Model::default();
            for one in &history {
                let new = match journal.append(drafted(one)).await.unwrap() {
                    Appended::Committed { events, .. } => events.len(),
                    Appended::Duplicate { .. } => 0,
                    Appended::KeyReused { .. } => unreachable!("there are no keys"),
                };
                prop_assert_eq!(new, model.say(one), "{:?}", one);
            }
            audited(&journal);
            journal.close().await.unwrap();
            let live = in_force(&home.path());
            let saved = home.folder.path().join("saved.db");
            salvage(&home.path(), &saved).unwrap();
            prop_assert_eq!(&in_force(&saved), &live);
            take_back(&home.path());
            home.open().close().await.unwrap();
            prop_assert_eq!(&in_force(&home.path()), &live);
            Ok(())
        })?;
    }
}
