//! Dead letters of records: looked at, edited, brought again with mended maps.

use crate::orders;
use serde_json::{Value, json};
use testkit::{
    Result, TestHub,
    config::{Config, repository},
    far::shopify,
    hub::Output,
    till::{Journal, Line, Receipt, journal::items},
    wait::Look,
};

const MAP: &str = "own/generic-pos-csv/maps/pos-transaction.map.yaml";
const NO_RATES: &str = r#"rate: { "0": "0", "*": fault }"#;
const SOME_RATES: &str = r#"rate: { "8": "0.08", "*": fault }"#;
const RATES: &str = r#"rate: { "8": "0.08", "10": "0.1", "0": "0" }"#;

fn journal() -> Journal {
    let receipt = |number, item| Receipt {
        register: "02",
        number,
        business_day: "20260105",
        at: "2026/01/05 12:00:58",
        member: "M000077",
        lines: vec![Line::sale(item, 1)],
    };
    Journal {
        receipts: vec![receipt(1, &items::TEA), receipt(2, &items::CUP), receipt(3, &items::CAKE)],
    }
}

/// Own copies of packages, whose maps a test may change.
pub(crate) fn own_package(config: &Config, name: &str) -> Result<()> {
    let from = repository().join("adapters/packages").join(name);
    Config::copy(&from, &config.path(&format!("own/{name}")))?;
    config.replace("hub.yaml", "packages:\n", "packages:\n  - own\n")
}

async fn transactions(hub: &TestHub, count: usize) -> Result<Vec<Value>> {
    hub.until(&format!("{count} transactions"), async |client| {
        let path = "/api/v1/events?channel=pos-legacy&entity=pos_transaction";
        let found = client.all(path).await?;
        let seen = found.len();
        Ok(Look::when(seen == count, found, || format!("{seen} transactions")))
    })
    .await
}

/// Waits until the hub has read its configuration anew for the nth time.
pub(crate) async fn reloaded(hub: &TestHub, times: usize) -> Result<()> {
    hub.until("the configuration is read anew", async |_| {
        let seen = hub.hub.log().matches("configuration reloaded").count();
        Ok(Look::when(seen >= times, (), || format!("{seen} times")))
    })
    .await
}

fn ok(output: Output) -> String {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    output.stdout
}

/// Goal: a record with a wrong quantity is seen with the field in its place,
/// edited, and comes in once; the original stays where it was.
#[tokio::test]
async fn a_record_is_shown_edited_and_comes_in_once() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let mut file = journal();
    file.receipts[1].lines[0].quantity = "１個".to_owned();
    let original = file.bytes()?;
    hub.world.till.drop_file("=J1.csv", &original)?;
    let id = hub.letters(1).await?[0]["id"].as_str().expect("an id").to_owned();

    let shown = ok(hub.hub.command(&["letters", "show", &id]).await?);
    assert!(shown.contains("[１個]"), "the field in its place: {shown}");
    assert!(!shown.contains("M000077"), "what stands around it is masked: {shown}");
    let found = ok(hub.hub.command(&["letters", "list", "--text", "数量"]).await?);
    assert!(found.contains(&id), "{found}");
    // A table for people does not run what came from elsewhere; JSON is for machines.
    let table = ok(hub.hub.command(&["letters", "list", "--format", "csv"]).await?);
    assert!(table.starts_with("\u{FEFF}\"id\",\"at\",\"kind\",\"channel\""), "{table}");
    assert!(table.contains(",\"'=J1.csv\",\"2\","), "{table}");
    let json = ok(hub.hub.command(&["letters", "list", "--json"]).await?);
    assert!(json.contains("\"origin\":\"=J1.csv\""), "{json}");
    let none = ok(hub.hub.command(&["letters", "list", "--since", "2199-01-01T00:00:00Z"]).await?);
    assert_eq!(none.trim(), "none");

    let record = hub.world.config.path("record.csv").display().to_string();
    ok(hub.hub.command(&["letters", "record", &id, "--out", &record]).await?);
    let bytes = std::fs::read(&record)?;
    let wrong = testkit::till::cp932("１個")?;
    let at = bytes.windows(wrong.len()).position(|it| it == wrong).expect("the quantity");
    let with = |new: &[u8]| [&bytes[..at], new, &bytes[at + wrong.len()..]].concat();
    let edit = ["letters", "edit", &id, "--in", &record, "--reason", "typed by hand"];

    std::fs::write(&record, with(b"one"))?;
    let refused = hub.hub.command(&edit).await?;
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(refused.stderr.contains("undecodable"), "{}", refused.stderr);
    assert!(refused.stderr.contains("a number"), "{}", refused.stderr);
    std::fs::write(&record, [with(b"1"), with(b"2")].concat())?;
    let two = hub.hub.command(&edit).await?;
    assert!(two.stderr.contains("undecodable"), "{}{}", two.stdout, two.stderr);
    hub.letters(1).await?;

    std::fs::write(&record, with(b"1"))?;
    ok(hub.hub.command(&edit).await?);
    hub.letters(0).await?;
    transactions(&hub, 3).await?;
    let again = hub.hub.command(&edit).await?;
    assert!(again.stderr.contains("letter-settled"), "{}{}", again.stdout, again.stderr);

    let letter = hub.client().get(&format!("/api/v1/dead-letters/{id}")).await?;
    assert_eq!((&letter["state"], &letter["edited"]), (&"resubmitted".into(), &true.into()));
    assert_eq!(letter["settled_why"], "typed by hand");
    let who = letter["settled_by"].as_str().unwrap_or_default();
    assert!(who.starts_with("operator:"), "{letter}");
    ok(hub.hub.command(&["letters", "record", &id, "--out", &record]).await?);
    assert_eq!(std::fs::read(&record)?, bytes, "the original is kept");

    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    hub.letters(0).await?;
    transactions(&hub, 3).await?;
    ok(hub.hub.command(&["ledger", "verify"]).await?);
    Ok(())
}

/// Goal: records that no map could read come in with the mended map, all at
/// once, and each once, whoever asks how often; what still cannot be read stays.
#[tokio::test]
async fn records_come_in_with_the_mended_map_in_bulk() -> Result<()> {
    let mut hub = TestHub::with(|config| {
        own_package(config, "generic-pos-csv")?;
        config.replace(MAP, RATES, NO_RATES)
    })
    .await?;
    for number in 1..=3 {
        hub.world.till.drop_file(&format!("J{number}.csv"), &journal().bytes()?)?;
    }
    // The same file three times: each record that cannot be used shows.
    hub.letters(9).await?;
    let resubmit =
        ["letters", "resubmit", "--channel", "pos-legacy", "--reason", "rates are known now"];
    let too_early = hub.hub.command(&resubmit).await?;
    assert_eq!(too_early.code, Some(1), "{}", too_early.stdout);
    assert!(too_early.stdout.contains("0 to be sent again"), "{}", too_early.stdout);
    assert!(too_early.stdout.contains("stays"), "{}", too_early.stdout);

    hub.world.config.replace(MAP, NO_RATES, SOME_RATES)?;
    reloaded(&hub, 1).await?;
    let some = hub.hub.command(&resubmit).await?;
    assert_eq!(some.code, Some(1), "{}", some.stdout);
    let left = hub.letters(3).await?;
    assert!(left.iter().all(|it| it["record"]["number"] == 2), "the cup has 10 %: {left:?}");
    transactions(&hub, 2).await?;

    hub.world.config.replace(MAP, SOME_RATES, RATES)?;
    reloaded(&hub, 2).await?;
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    let (one, other) = tokio::join!(hub.hub.command(&resubmit), hub.hub.command(&resubmit));
    for output in [one?, other?] {
        assert!(matches!(output.code, Some(0 | 1)), "{}{}", output.stdout, output.stderr);
    }
    hub.letters(0).await?;
    transactions(&hub, 3).await?;
    let none = ok(hub.hub.command(&resubmit).await?);
    assert_eq!(none.trim(), "none");
    ok(hub.hub.command(&["ledger", "verify"]).await?);
    Ok(())
}

/// Goal: the bytes of an open letter outlive their age, so that it can still be mended.
#[tokio::test]
async fn the_bytes_of_an_open_letter_are_not_dropped_by_age() -> Result<()> {
    let mut hub = TestHub::with(|config| {
        let text = std::fs::read_to_string(config.path("hub.yaml"))?;
        config.write("hub.yaml", &format!("{text}\nkeep: {{ raw: 1ms }}\n"))
    })
    .await?;
    hub.world.till.drop_file("J1.csv", &journal().bytes()?)?;
    transactions(&hub, 3).await?;
    let mut file = journal();
    file.receipts[0].lines[0].quantity = "?".to_owned();
    hub.world.till.drop_file("J2.csv", &file.bytes()?)?;
    let id = hub.letters(1).await?[0]["id"].as_str().expect("an id").to_owned();
    // What is old is looked for at each start.
    hub.hub.stop().await?;
    hub.hub.restart().await?;
    hub.until("old bytes are dropped", async |_| {
        let log = hub.hub.log();
        Ok(Look::when(log.contains("old raw bytes were dropped"), (), || log.clone()))
    })
    .await?;
    let record = ok(hub.hub.command(&["letters", "record", &id]).await?);
    assert!(record.contains('?'), "{record}");
    Ok(())
}

/// Goal: a record is given up with a reason, which stands with it for ever.
#[tokio::test]
async fn a_record_is_given_up_with_a_reason() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut file = journal();
    file.receipts[0].lines[0].quantity = "?".to_owned();
    hub.world.till.drop_file("J1.csv", &file.bytes()?)?;
    let id = hub.letters(1).await?[0]["id"].as_str().expect("an id").to_owned();
    let given_up = ["letters", "discard", &id, "--reason", "a test receipt"];
    ok(hub.hub.command(&given_up).await?);
    hub.letters(0).await?;
    let letter = hub.client().get(&format!("/api/v1/dead-letters/{id}")).await?;
    assert_eq!(
        (&letter["state"], &letter["settled_why"]),
        (&"discarded".into(), &"a test receipt".into())
    );
    let again = hub.hub.command(&given_up).await?;
    assert_eq!(again.code, Some(1), "{}", again.stdout);
    transactions(&hub, 2).await?;
    Ok(())
}

/// Goal: a record that contradicts what is stored stays the letter it is when it
/// is brought again, also in other bytes that contradict it; no second letter comes.
#[tokio::test]
async fn a_version_conflict_stays_the_letter_it_is() -> Result<()> {
    let hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    let mut other = shopify::order(orders::id(1001), 1001, "pending", orders::PLACED)?;
    other["name"] = "#1001-B".into();
    let sent = hub.world.shopify.webhook("orders/create", "evt-other", &other);
    assert_eq!(sent.send(&hub.url()).await?.status, 202);
    let letters = hub.letters(1).await?;
    let id = letters[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(letters[0]["code"], "version-conflict");

    let again = ["letters", "resubmit", &id, "--reason", "once more"];
    let again = hub.hub.command(&again).await?;
    assert_eq!(again.code, Some(1), "{}", again.stdout);
    assert!(again.stdout.contains("0 to be sent again"), "{}", again.stdout);
    assert!(again.stdout.contains(&format!("{id}  version-conflict")), "{}", again.stdout);

    let record = hub.world.config.path("record.json");
    other["name"] = "#1001-C".into();
    std::fs::write(&record, json!(other).to_string())?;
    let record = record.display().to_string();
    let edit = ["letters", "edit", &id, "--in", &record, "--reason", "typed by hand"];
    let edited = hub.hub.command(&edit).await?;
    assert_eq!(edited.code, Some(1), "{}", edited.stdout);
    assert!(edited.stderr.contains("version-conflict"), "{}", edited.stderr);
    let left = hub.letters(1).await?;
    assert_eq!(left[0]["id"].as_str(), Some(id.as_str()), "the same letter: {left:?}");
    Ok(())
}
