//! Fixed-width files, cut by byte; the channel takes all of a file or nothing.

use serde_json::Value;
use testkit::{
    Result, TestHub,
    till::{Journal, Line, Receipt, fixed, journal::items},
    wait::Look,
};

fn two() -> Journal {
    let receipt = |number, lines| Receipt {
        register: "1",
        number,
        business_day: "20260105",
        at: "2026/01/05 25:10:33",
        member: "",
        lines,
    };
    Journal {
        receipts: vec![
            receipt(201, vec![Line::sale(&items::CUP, 2)]),
            receipt(202, vec![Line::taken_back(&items::CAKE, 1)]),
        ],
    }
}

fn transactions(events: &[Value]) -> Vec<&Value> {
    let kind = |it: &Value| it.pointer("/event/type").map(Value::to_string).unwrap_or_default();
    events.iter().filter(|it| kind(it).contains(".pos_transaction.")).collect()
}

/// Goal: names whose second byte is a backslash come out as they are, and a sale
/// past midnight belongs to the business day of its journal.
#[tokio::test]
async fn h8_a_fixed_width_file_becomes_sales() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.fixed_till.drop_file("S1.dat", &fixed::bytes(&two())?)?;
    let found = hub
        .until("two transactions", async |client| {
            let events = client.events("pos-fixed").await?;
            let found: Vec<Value> = transactions(&events).into_iter().cloned().collect();
            let seen = format!("{} of {} events", found.len(), events.len());
            Ok(Look::when(found.len() == 2, found, || seen))
        })
        .await?;
    let data = &found[0]["event"]["data"];
    assert_eq!(data["lines"][0]["title_snapshot"], items::CUP.name, "{data}");
    assert_eq!(data["business_date"], "2026-01-05", "{data}");
    assert!(
        found[0]["event"]["time"].as_str().is_some_and(|it| it.starts_with("2026-01-06T01:10:33")),
        "25:10 of the fifth is 01:10 of the sixth: {}",
        found[0]["event"]["time"]
    );
    Ok(())
}

/// Goal: one bad line refuses the whole file of an `atomic` channel.
#[tokio::test]
async fn h28_a_bad_line_refuses_the_whole_file() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut bytes = fixed::bytes(&two())?;
    // The quantity of the first line, `00000200`: a letter O for a zero.
    let at = 2 * 128 + 54 + 3;
    assert_eq!(bytes[at], b'0');
    bytes[at] = b'O';
    hub.world.fixed_till.drop_file("S1.dat", &bytes)?;
    hub.until("the file is refused", async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let channel = channels.iter().find(|it| it["channel"] == "pos-fixed");
        let refusals = channel.and_then(|it| it["refusals"].as_array()).map_or(0, Vec::len);
        Ok(Look::when(refusals > 0, (), || format!("{channels:?}")))
    })
    .await?;
    hub.events("pos-fixed", 0).await?;
    Ok(())
}
