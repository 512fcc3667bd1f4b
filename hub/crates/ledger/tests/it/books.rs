//! A journal with a ledger beside it.

use canon::entry::{Act, Boundary, Deed, Refusal, SetAside};
use journal::{Draft, Journal};
use ledger::{Inputs, Ledger, Options, Report, note::PublicKey, verify};
use std::path::PathBuf;

use crate::samples::{Home, arrival, draft};

pub(crate) const ORIGIN: &str = "hub.example/acme/journal";

impl Home {
    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::open(self.ledger_options()).unwrap()
    }

    pub(crate) fn ledger_options(&self) -> Options {
        let key = self.folder.path().join("ledger.key");
        Options::new(self.ledger_path(), key, ORIGIN, self.clock.clone())
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        let path = self.folder.path().join("ledger.key.pub");
        PublicKey::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    pub(crate) fn verify(&self) -> Report {
        self.verify_with(&[])
    }

    pub(crate) fn verify_with(&self, outside: &[String]) -> Report {
        let (journal, ledger, key) = (self.path(), self.ledger_path(), self.public_key());
        let inputs = Inputs {
            journal: &journal,
            ledger: &ledger,
            public_key: &key,
            seal_key: Some(&self.key()),
            outside,
        };
        verify(inputs).unwrap()
    }
}

/// One entry of each kind that has something to lose: arrivals with and without
/// keys, a duplicate, a conflict, a newer version, a cursor, a refusal, an act.
pub(crate) async fn fill(journal: &Journal) {
    let conflict = [("2", "1", "other"), ("3", "1", "z"), ("1", "2", "newer")];
    let (mut pulled, raw) = arrival("feed", None, &[("7", "1", "p")]);
    pulled.cursor = Some("page-2".to_owned());
    pulled.set_aside.push(SetAside {
        record: 2,
        offset: 0,
        length: 4,
        boundary: Boundary::Validate,
        code: "schema-mismatch".to_owned(),
        faults: Vec::new(),
        record_sha256: None,
    });
    let refusal = Refusal {
        id: "r1".to_owned(),
        channel: Some("shop".to_owned()),
        principal: None,
        origin: "192.0.2.7".to_owned(),
        received_at: canon::clock::Timestamp::from_ms(0),
        trail: Vec::new(),
        code: "signature-bad".to_owned(),
        detail: "no signature header".to_owned(),
        raw_sha256: None,
        interchanges: 0,
        file: None,
        count: 1,
    };
    let act = Act { actor: "hub".to_owned(), act: Deed::Stopped };
    for draft in [
        draft("shop", Some("k1"), &[("1", "1", "x"), ("2", "1", "y")]),
        draft("shop", Some("k2"), &conflict),
        Draft::arrival(pulled, Some(raw), [0; 32]),
        Draft::Refusal(Box::new(refusal)),
        Draft::Act(Box::new(act)),
    ] {
        journal.append(draft).await.unwrap();
    }
}
