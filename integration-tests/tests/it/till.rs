//! Hard cases of tills, by their names: what a sales journal says stays as it is said.

use serde_json::{Value, json};
use testkit::{
    Result, TestHub,
    till::{Journal, Line, Receipt, journal::items},
    wait::Look,
};

fn receipt(number: u32, at: &'static str, lines: Vec<Line>) -> Receipt {
    Receipt { register: "02", number, business_day: "20260105", at, member: "", lines }
}

/// Drops these receipts in one file and gives the transactions they became, by number.
async fn taken(receipts: Vec<Receipt>) -> Result<Vec<Value>> {
    let (hub, count) = (TestHub::start().await?, receipts.len());
    hub.world.till.drop_file("J1.csv", &Journal { receipts }.bytes()?)?;
    let found = hub
        .until("the receipts", async |client| {
            let path = "/api/v1/events?channel=pos-legacy&entity=pos_transaction";
            let found = client.all(path).await?;
            let seen = found.len();
            Ok(Look::when(seen == count, found, || format!("{seen} transactions")))
        })
        .await?;
    let data = |it: Value| it.pointer("/event/data").cloned().unwrap_or_default();
    let mut found: Vec<Value> = found.into_iter().map(data).collect();
    found.sort_by_key(|it| it.get("sequence").map(ToString::to_string));
    Ok(found)
}

/// H7: a register whose clock is 47 minutes ahead, and one a day behind: the sales
/// keep the time that was printed, and the business day is the journal's.
#[tokio::test]
async fn h7_the_business_day_is_the_journals_and_not_the_clocks() -> Result<()> {
    let clocks = ["2026/01/05 12:47:58", "2026/01/04 12:00:58", "2026/01/05 25:20:00"];
    let receipts = clocks
        .iter()
        .zip(1..)
        .map(|(at, number)| receipt(number, at, vec![Line::sale(&items::TEA, 1)]));
    let found = taken(receipts.collect()).await?;
    let days: Vec<&Value> = found.iter().map(|it| &it["business_date"]).collect();
    assert_eq!(days, ["2026-01-05"; 3]);
    let times: Vec<&str> = found.iter().filter_map(|it| it["end_at"].as_str()).collect();
    assert_eq!(times.len(), 3);
    for (time, wanted) in
        times.iter().zip(["2026-01-05T12:47", "2026-01-04T12:00", "2026-01-06T01:20"])
    {
        assert!(time.starts_with(wanted), "as it was printed: {time}");
    }
    Ok(())
}

/// H21: a source that rounds line by line: its amounts are neither made anew nor
/// smoothed, whatever a rounding of the whole would give.
#[tokio::test]
async fn h21_amounts_stay_as_the_source_rounded_them() -> Result<()> {
    let mut lines = vec![Line::sale(&items::TEA, 3), Line::sale(&items::CUP, 1)];
    // Rounded up on its own: three times 198 are 594.
    lines[0].amount = 595;
    let found = taken(vec![receipt(1, "2026/01/05 12:00:58", lines)]).await?;
    let amounts: Vec<&Value> = found[0]["lines"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| &it["gross"]["minor"])
        .collect();
    assert_eq!(amounts, [&json!(595), &json!(1100)]);
    assert_eq!(found[0]["totals"]["grand"]["minor"], 1695, "the sum of what was said");
    Ok(())
}

/// H22: one article at both rates in one basket, the second switched to eating in at
/// the till: each line has the rate that was rung up.
#[tokio::test]
async fn h22_the_tax_class_of_a_line_wins_over_the_articles() -> Result<()> {
    let mut eaten_in = Line::sale(&items::TEA, 1);
    eaten_in.rate = 10;
    let lines = vec![Line::sale(&items::TEA, 1), eaten_in, Line::sale(&items::CUP, 1)];
    let found = taken(vec![receipt(1, "2026/01/05 12:00:58", lines)]).await?;
    let taxes: Vec<(&Value, &Value)> = found[0]["lines"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| (&it["tax_class"], &it["tax_rate"]))
        .collect();
    let (reduced, standard) =
        ((json!("reduced"), json!("0.08")), (json!("standard"), json!("0.1")));
    let wanted = [&reduced, &standard, &standard].map(|(class, rate)| (class, rate));
    assert_eq!(taxes, wanted);
    Ok(())
}
