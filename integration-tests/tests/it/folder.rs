//! Files in a folder: Shift_JIS, bad rows, files that come again.

use serde_json::Value;
use testkit::{
    Result, TestHub,
    till::{Journal, Line, Receipt, journal::items},
    wait::Look,
};

fn receipt(number: u32, lines: Vec<Line>) -> Receipt {
    Receipt {
        register: "02",
        number,
        business_day: "20260105",
        at: "2026/01/05 12:00:58",
        member: "M000077",
        lines,
    }
}

fn three() -> Journal {
    let lines = |item| vec![Line::sale(item, 1)];
    Journal {
        receipts: vec![
            receipt(1, lines(&items::TEA)),
            receipt(2, lines(&items::CUP)),
            receipt(3, lines(&items::CAKE)),
        ],
    }
}

/// Waits until so many till transactions came, and gives them.
async fn transactions(hub: &TestHub, count: usize) -> Result<Vec<Value>> {
    hub.until(&format!("{count} transactions"), async |client| {
        let path = "/api/v1/events?channel=pos-legacy&entity=pos_transaction";
        let found = client.all(path).await?;
        let seen = found.len();
        Ok(Look::when(seen == count, found, || format!("{seen} transactions")))
    })
    .await
}

fn receipt_numbers(events: &[Value]) -> Vec<String> {
    let text =
        |it: &Value| it.pointer("/event/sourceid").and_then(Value::as_str).map(str::to_owned);
    let mut ids: Vec<String> = events.iter().filter_map(text).collect();
    ids.sort();
    ids
}

/// Goal: a store's Shift_JIS file becomes sales, and one bad row does not stop
/// the others: it is set aside with the field, the bytes and the reason.
#[tokio::test]
async fn h28_a_bad_row_is_set_aside_and_the_rest_is_committed() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut journal = three();
    journal.receipts[1].lines[0].quantity = "１個".to_owned();
    let bytes = journal.bytes()?;
    hub.world.till.drop_file("J20260105.csv", &bytes)?;

    let events = transactions(&hub, 2).await?;
    let names: Vec<String> = events
        .iter()
        .map(|it| {
            it["event"]["data"]["lines"][0]["title_snapshot"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert!(names.iter().any(|it| it.contains("髙田屋 羊羹")), "{names:?}");

    let letters = hub.letters(1).await?;
    let letter = &letters[0];
    assert_eq!(letter["channel"], "pos-legacy");
    let record = &letter["record"];
    assert_eq!(record["number"], 2, "{letter}");
    let offset = usize::try_from(record["offset"].as_u64().expect("an offset")).expect("fits");
    assert!(bytes[offset..].starts_with(b"0001,02,000002"), "the offset is the record's: {letter}");
    let fault = &record["faults"][0];
    assert!(
        fault["field"].as_str().is_some_and(|it| it.contains("数量") || it.contains("quantity")),
        "{letter}"
    );
    assert!(!fault["expected"].as_str().unwrap_or_default().is_empty(), "{letter}");
    Ok(())
}

/// Goal: the same file under a new name, with one receipt more, applies that one.
#[tokio::test]
async fn h4_a_file_that_comes_again_with_one_record_more_applies_that_one() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut journal = three();
    hub.world.till.drop_file("J20260105-01.csv", &journal.bytes()?)?;
    let first = transactions(&hub, 3).await?;

    journal.receipts.push(receipt(4, vec![Line::sale(&items::TEA, 2)]));
    hub.world.till.drop_file("J20260105-02.csv", &journal.bytes()?)?;
    let second = transactions(&hub, 4).await?;

    assert_eq!(receipt_numbers(&second)[..3], receipt_numbers(&first)[..]);
    let channels = hub.client().all("/api/v1/channels").await?;
    let pos = channels.iter().find(|it| it["channel"] == "pos-legacy").expect("the channel");
    // Known already: three receipts, their three lines, and the member of them all.
    assert_eq!((&pos["records"], &pos["set_aside"]), (&7.into(), &0.into()), "{pos}");
    assert!(pos["duplicates"].as_u64() >= Some(7), "{pos}");
    Ok(())
}

/// Goal: the very same file again, under another name, changes nothing.
#[tokio::test]
async fn the_same_file_again_changes_nothing() -> Result<()> {
    let hub = TestHub::start().await?;
    let bytes = three().bytes()?;
    hub.world.till.drop_file("J1.csv", &bytes)?;
    transactions(&hub, 3).await?;
    hub.world.till.drop_file("J2.csv", &bytes)?;
    hub.world.till.drop_file(
        "J3.csv",
        &Journal { receipts: vec![receipt(9, vec![Line::sale(&items::TEA, 1)])] }.bytes()?,
    )?;
    transactions(&hub, 4).await?;
    Ok(())
}

/// Goal: bytes that are not Shift_JIS are not guessed at, and the file is not lost.
#[tokio::test]
async fn a_file_in_another_charset_changes_no_character() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut bytes = three().bytes()?;
    let name = testkit::till::cp932("髙田屋")?;
    let at = bytes.windows(name.len()).position(|it| it == name).expect("the name");
    bytes[at] = 0xff;
    hub.world.till.drop_file("J1.csv", &bytes)?;

    let letters = hub.letters(1).await?;
    assert_eq!(letters[0]["code"], "undecodable", "{letters:?}");
    let events = hub.client().events("pos-legacy").await?;
    let text = serde_json::to_string(&events)?;
    assert!(!text.contains('\u{fffd}'), "no replacement character anywhere");
    Ok(())
}

/// Goal: a trailer that does not add up keeps the whole file out: half of a file
/// would be worse than none.
#[tokio::test]
async fn h27_a_file_whose_trailer_does_not_add_up_is_refused_as_a_whole() -> Result<()> {
    let hub = TestHub::start().await?;
    let bytes = three().bytes()?;
    let cut = bytes.len() - "END,3,2378\r\n".len();
    let mut short = bytes[..cut].to_vec();
    short.extend_from_slice(b"END,4,2378\r\n");
    hub.world.till.drop_file("J1.csv", &short)?;

    refused_as_a_whole(&hub).await
}

/// Goal: a file cut off within a character is refused as a whole, wherever the cut
/// is: nobody knows what else is missing.
#[tokio::test]
async fn h26_a_file_cut_within_a_character_is_refused_as_a_whole() -> Result<()> {
    let hub = TestHub::start().await?;
    let bytes = three().bytes()?;
    let name = testkit::till::cp932("羊羹")?;
    let at = bytes.windows(name.len()).rposition(|it| it == name).expect("the name");
    hub.world.till.drop_file("J1.csv", &bytes[..=at])?;
    refused_as_a_whole(&hub).await
}

/// Waits until the file is refused; nothing of it is taken, and it is not lost.
async fn refused_as_a_whole(hub: &TestHub) -> Result<()> {
    hub.until("the file is refused", async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let pos = channels.iter().find(|it| it.get("channel").is_some_and(|it| it == "pos-legacy"));
        let refusals = pos.and_then(|it| it.get("refusals")?.as_array());
        let refused = refusals.is_some_and(|it| !it.is_empty());
        Ok(Look::when(refused, (), || format!("{channels:?}")))
    })
    .await?;
    hub.events("pos-legacy", 0).await?;
    let name_is_there = std::fs::read_dir(hub.world.till.folder())?.flatten().count() > 0;
    assert!(name_is_there, "the file is still in the folder or below it");
    Ok(())
}
