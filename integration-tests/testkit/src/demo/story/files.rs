//! The steps in which the hub fetches: files in folders, and the ERP's feed.

use super::{Actors, Told, cast::Counts};
use crate::{
    Result,
    far::erp,
    till::{Journal, Line, Receipt, fixed, journal::items},
};

const TODAY: &str = "20260105";

pub(super) async fn journal(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let journal = Journal { receipts: receipts(true) };
    let before = actors.counts("pos-legacy").await?;
    actors.world.till.drop_file("J20260105-01.csv", &journal.bytes()?)?;
    let what = "J20260105-01.csv, CP932, 5 receipts, one row unreadable";
    Ok(vec![actors.counted("pos-legacy", what, before, before.plus(5, 11, 0, 1)).await?])
}

/// Under a new name, with the bad row corrected and one receipt more.
pub(super) async fn journal_again(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let mut journal = Journal { receipts: receipts(false) };
    journal.receipts.push(Receipt {
        register: "02",
        number: 1047,
        business_day: TODAY,
        at: "2026/01/05 25:42:10",
        member: "",
        lines: vec![Line::sale(&items::CAKE, 2)],
    });
    let before = actors.counts("pos-legacy").await?;
    actors.world.till.drop_file("J20260105-02.csv", &journal.bytes()?)?;
    let what = "J20260105-02.csv, the same and one receipt more";
    Ok(vec![actors.counted("pos-legacy", what, before, before.plus(6, 4, 11, 0)).await?])
}

pub(super) async fn fixed_journal(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let receipt = |number, at, lines| Receipt {
        register: "1",
        number,
        business_day: TODAY,
        at,
        member: "",
        lines,
    };
    let morning = vec![Line::sale(&items::TEA, 1), Line::sale(&items::CAKE, 1)];
    let journal = Journal {
        receipts: vec![
            receipt(201, "2026/01/05 10:02:11", morning),
            receipt(202, "2026/01/05 18:30:00", vec![Line::taken_back(&items::CUP, 1)]),
            receipt(203, "2026/01/05 25:55:00", vec![Line::sale(&items::TEA, 4)]),
        ],
    };
    let before = actors.counts("pos-fixed").await?;
    actors.world.fixed_till.drop_file("S20260105.dat", &fixed::bytes(&journal)?)?;
    let what = "S20260105.dat, fixed width, 128 bytes, 3 receipts";
    Ok(vec![actors.counted("pos-fixed", what, before, before.plus(3, 7, 0, 0)).await?])
}

pub(super) async fn back_office(actors: &Actors<'_>) -> Result<Vec<Told>> {
    let before = actors.counts("erp").await?;
    actors.world.erp.publish(erp::one_day());
    let wanted = Counts { records: 7, events: 9, ..Counts::default() };
    let what = "feed, three pages: 2 goods receipts, 5 stock counts";
    Ok(vec![actors.counted("erp", what, before, wanted).await?])
}

/// What was rung up that day. One row can be unreadable: its quantity was typed
/// by hand as `２個`.
fn receipts(one_is_bad: bool) -> Vec<Receipt> {
    let receipt = |number, at, member, lines| Receipt {
        register: "02",
        number,
        business_day: TODAY,
        at,
        member,
        lines,
    };
    let mut typed = Line::sale(&items::CAKE, 2);
    if one_is_bad {
        typed.quantity = "２個".to_owned();
    }
    let lunch = vec![Line::sale(&items::TEA, 3), Line::sale(&items::CUP, 1)];
    vec![
        receipt(1042, "2026/01/05 12:00:58", "M000077", lunch),
        receipt(1043, "2026/01/05 15:20:07", "", vec![Line::sale(&items::CAKE, 1)]),
        receipt(1044, "2026/01/05 17:45:31", "M000077", vec![Line::taken_back(&items::CUP, 1)]),
        receipt(1045, "2026/01/05 21:12:44", "", vec![typed]),
        receipt(1046, "2026/01/05 25:10:33", "", vec![Line::sale(&items::TEA, 2)]),
    ]
}
