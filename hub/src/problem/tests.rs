//! What callers see of a failure, and that each code has its page.

use super::*;
use std::collections::BTreeSet;

fn one_of_each() -> Vec<Refusal> {
    let text = String::new;
    let wait = Duration::from_millis(1500);
    let pass = Pass::for_test("pos-17", "store-sales", access::Strength::Token);
    let source = Arc::new(journal::Error::Closed { reason: "volume hub-data is gone".into() });
    let fault = Fault { record: 2, expected: "a number".into(), ..Fault::default() };
    vec![
        Refusal::UnknownChannel { name: text() },
        Refusal::NotAWebhook { channel: text() },
        Refusal::NotAdmitted { reason: "sig_bad".into() },
        Refusal::QuotaSpent { pass, wait },
        Refusal::PeerTooFast { peer: text(), wait },
        Refusal::TooBusy { limit: 1 },
        Refusal::BodyTooLarge { limit_bytes: 1 },
        Refusal::FileTooLarge { bytes: 2, because: "it is atomic".into() },
        Refusal::BodyTooSlow { limit: wait },
        Refusal::BodyBroken { reason: text() },
        Refusal::Malformed { detail: text() },
        Refusal::Undecodable { fault: fault.clone() },
        Refusal::UnknownRecord { detail: text() },
        Refusal::SchemaMismatch { faults: vec![fault.clone()] },
        Refusal::Unmappable { faults: vec![fault] },
        Refusal::FileHeld { reasons: Vec::new() },
        Refusal::KeyReused { first_seq: 1 },
        Refusal::WrongParty { parties: vec![Reason::new("party", "HUB2".into(), "HUB".into())] },
        Refusal::ControlReused { first_seq: 1, controls: vec!["7 of ACME".into()] },
        Refusal::JournalClosed { source },
        Refusal::TrailIncomplete,
        Refusal::NotSignedIn,
        Refusal::NotFound { what: text() },
        Refusal::MethodNotAllowed { method: text() },
        Refusal::BadParameter { name: text(), detail: text() },
        Refusal::Behind { at: 1, wanted: 2 },
        Refusal::Inside { detail: "table orders is locked".into() },
    ]
}

#[test]
fn each_code_has_its_page_and_each_page_both_languages() {
    let codes: BTreeSet<_> = one_of_each().iter().map(Refusal::code).collect();
    assert_eq!(codes.len(), one_of_each().len(), "codes are unique");
    for code in codes {
        assert!(pages::markdown(code).is_some(), "no page for {code}");
    }
    for (code, page) in pages::PAGES {
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        assert!(
            page.contains("**What to do.**") && page.contains("**どうすればよいか。**"),
            "{code}"
        );
    }
    let on_disk = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/problems")).unwrap();
    assert_eq!(on_disk.count(), pages::PAGES.len(), "every page is compiled in");
}

#[test]
fn each_code_of_the_map_checker_has_its_page() {
    for number in 0..=27 {
        let code = format!("M{number:02}");
        let page = pages::markdown(&code).unwrap_or_else(|| panic!("no page for {code}"));
        assert!(page.contains(&format!("\n## {code}: ")), "{code} has no Japanese title");
    }
}

#[test]
fn internals_stay_inside() {
    for refusal in one_of_each() {
        let body = serde_json::to_string(&refusal.to_problem("01JZ", Language::English)).unwrap();
        for internal in ["hub-data", "sig_bad", "orders is locked", "pos-17"] {
            assert!(!body.contains(internal), "{body}");
        }
    }
}

#[test]
fn a_problem_says_what_to_do_next() {
    let pass = Pass::for_test("pos-17", "store-sales", access::Strength::Token);
    let refusal = Refusal::QuotaSpent { pass, wait: Duration::from_millis(1500) };
    let problem = refusal.to_problem("01JZ", Language::Japanese);
    assert_eq!(
        serde_json::to_value(&problem).unwrap(),
        serde_json::json!({
            "type": "/problems/quota-spent",
            "title": "このチャネルの割り当てを使い切りました",
            "status": 429,
            "code": "quota-spent",
            "instance": "01JZ",
            "retry": { "after_seconds": 2 },
        })
    );
}

#[test]
fn the_first_known_language_wins() {
    let cases = [
        (None, Language::English),
        (Some("ja-JP,ja;q=0.9,en;q=0.8"), Language::Japanese),
        (Some("fr, en;q=0.5, ja;q=0.4"), Language::English),
        (Some("zz"), Language::English),
    ];
    for (header, want) in cases {
        assert_eq!(Language::from_header(header), want, "{header:?}");
    }
}
