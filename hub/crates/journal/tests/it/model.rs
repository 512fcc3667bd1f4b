//! The dedupe rules against a model of a few lines, over random histories.

use journal::{Appended, Journal, Options};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};

use crate::samples::{Fact, Home, draft, event};

const CHANNELS: [&str; 2] = ["shop", "till"];
const IDS: [&str; 3] = ["1", "2", "3"];
const VERSIONS: [&str; 2] = ["1", "2"];
const SAYS: [&str; 2] = ["x", "y"];
const KEYS: [Option<&str>; 4] = [None, None, Some("a"), Some("b")];

#[derive(Clone, Debug)]
struct Sent {
    channel: &'static str,
    key: Option<&'static str>,
    facts: Vec<Fact<'static>>,
    reopen: bool,
}

/// What the rules say must happen.
#[derive(Default)]
struct Model {
    head: u64,
    keys: BTreeMap<(&'static str, &'static str), (Vec<Fact<'static>>, u64)>,
    facts: BTreeMap<(&'static str, &'static str, &'static str), (&'static str, u64)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Want {
    Committed { seq: u64, events: Vec<String>, duplicates: u64, set_aside: u64 },
    Duplicate { seq: u64 },
    KeyReused { first_seq: u64 },
}

impl Model {
    fn append(&mut self, sent: &Sent) -> Want {
        if let Some(key) = sent.key
            && let Some((facts, seq)) = self.keys.get(&(sent.channel, key))
        {
            return if *facts == sent.facts {
                Want::Duplicate { seq: *seq }
            } else {
                Want::KeyReused { first_seq: *seq }
            };
        }
        let seq = self.head + 1;
        let (mut events, mut duplicates, mut set_aside, mut first) = (Vec::new(), 0, 0, None);
        for fact in &sent.facts {
            match self.facts.get(&(sent.channel, fact.0, fact.1)) {
                None => {
                    self.facts.insert((sent.channel, fact.0, fact.1), (fact.2, seq));
                    events.push(event(sent.channel, *fact).id.to_string());
                }
                Some((says, from)) if *says == fact.2 => {
                    duplicates += 1;
                    first = first.or(Some(*from));
                }
                Some(_) => set_aside += 1,
            }
        }
        if let Some(first) = first
            && events.is_empty()
            && set_aside == 0
        {
            return Want::Duplicate { seq: first };
        }
        self.head = seq;
        if let Some(key) = sent.key {
            self.keys.insert((sent.channel, key), (sent.facts.clone(), seq));
        }
        Want::Committed { seq, events, duplicates, set_aside }
    }
}

fn sent() -> impl Strategy<Value = Sent> {
    let fact = (prop::sample::select(&IDS[..]), prop::sample::select(&VERSIONS[..])).prop_flat_map(
        |(id, version)| prop::sample::select(&SAYS[..]).prop_map(move |says| (id, version, says)),
    );
    (
        prop::sample::select(&CHANNELS[..]),
        prop::sample::select(&KEYS[..]),
        prop::collection::vec(fact, 0..4),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(channel, key, facts, reopen)| Sent { channel, key, facts, reopen })
}

fn said(appended: Appended) -> Want {
    match appended {
        Appended::Committed { seq, events, duplicates, set_aside, .. } => {
            let events = events.iter().map(ToString::to_string).collect();
            Want::Committed { seq, events, duplicates, set_aside }
        }
        Appended::Duplicate { seq, .. } => Want::Duplicate { seq },
        Appended::KeyReused { first_seq } => Want::KeyReused { first_seq },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Hard cases H3 (redelivery) and H4 (re-sent file), and keys used again for
    /// other bytes: any history gives what the model gives, across restarts, with
    /// every source fact in the journal once.
    #[test]
    fn any_history_is_deduped_as_the_rules_say(history in prop::collection::vec(sent(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let home = Home::new();
            let open = || {
                let options = Options { linger: Duration::ZERO, ..home.options() };
                Journal::open(&home.path(), options).unwrap()
            };
            let mut journal = open();
            let mut model = Model::default();
            for one in &history {
                if one.reopen {
                    drop(journal);
                    journal = open();
                }
                let appended = journal.append(draft(one.channel, one.key, &one.facts)).await;
                prop_assert_eq!(said(appended.unwrap()), model.append(one), "{:?}", one);
            }
            prop_assert_eq!(journal.head(), model.head);
            Ok(())
        })?;
    }
}
