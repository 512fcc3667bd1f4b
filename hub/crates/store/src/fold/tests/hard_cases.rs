//! Hard cases of tills and stock, by their names, over random input and in whatever
//! order it comes.

use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

use super::goods::{count, ea, on_hand, sale, voiding};
use crate::{
    Page,
    testing::{Bench, Fact},
};

const NOON: &str = "2026-01-05T12:00:00+09:00";

/// So many minutes after nine.
fn at(minute: u32) -> String {
    format!("2026-01-05T{:02}:{:02}:00+09:00", 9 + minute / 60, minute % 60)
}

/// The same things in an order, and in arrivals, that the numbers choose.
fn arrive(bench: &mut Bench, mut facts: Vec<Fact>, choices: &[usize]) {
    for (index, choice) in choices.iter().enumerate() {
        let to = choice % facts.len();
        let from = index % facts.len();
        facts.swap(from, to);
    }
    let size = choices.first().map_or(1, |it| it % 3 + 1);
    for some in facts.chunks(size) {
        bench.arrive(some);
    }
}

fn choices() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(any::<usize>(), 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// H6: sales of a register that was offline count by when they were made: what
    /// was before the count is in it.
    #[test]
    fn h6_sales_in_any_order_count_by_when_they_were_made(
        sales in prop::collection::vec((0..240_u32, 1..9_u32), 1..12),
        counted in 0..240_u32, order in choices(),
    ) {
        // Odd minutes and even ones: no sale is at the minute of the count.
        let sold = sales.iter().zip(1..).map(|((minute, quantity), number)| {
            sale(&format!("{number:04}"), &at(minute * 2 + 1), &quantity.to_string())
        });
        let mut facts: Vec<Fact> = sold.collect();
        facts.push(count("c1", &at(counted * 2), "500"));
        let mut bench = Bench::new();
        arrive(&mut bench, facts, &order);
        let after: u32 =
            sales.iter().filter(|(minute, _)| *minute >= counted).map(|(_, it)| it).sum();
        prop_assert_eq!(on_hand(&bench), (500 - i64::from(after)).to_string());
    }

    /// H9: the numbers that are missing are told, whatever came in whatever order,
    /// and none is once all have come.
    #[test]
    fn h9_every_missing_number_is_raised_and_cleared(
        seen in prop::collection::btree_set(101..140_u32, 2..30), order in choices(),
    ) {
        let receipts = |numbers: &BTreeSet<u32>| -> Vec<Fact> {
            numbers.iter().map(|it| sale(&format!("{it:04}"), NOON, "1")).collect()
        };
        let mut bench = Bench::new();
        arrive(&mut bench, receipts(&seen), &order);
        let (first, last) = (*seen.first().unwrap(), *seen.last().unwrap());
        let all: BTreeSet<u32> = (first..=last).collect();
        let missing: BTreeSet<u32> = all.difference(&seen).copied().collect();
        let told: BTreeSet<u32> = bench
            .reader()
            .gaps(false, &Page::of(99))
            .unwrap()
            .items
            .iter()
            .flat_map(|it| it.from as u32..=it.to as u32)
            .collect();
        prop_assert_eq!(told, missing.clone());
        if !missing.is_empty() {
            arrive(&mut bench, receipts(&missing), &order);
        }
        prop_assert!(bench.reader().gaps(false, &Page::of(99)).unwrap().items.is_empty());
    }

    /// H19: a void undoes what it names and nothing else, so an even chain of them
    /// leaves the sale, in whatever order they come.
    #[test]
    fn h19_an_even_chain_of_voids_leaves_the_sale(length in 0..6_u32, order in choices()) {
        let mut facts = vec![sale("0001", NOON, "2")];
        for number in 2..length + 2 {
            let kind = if number == 2 { "void" } else { "post_void" };
            let voided = format!("001/01/2026-01-05/{:04}", number - 1);
            facts.push(voiding(&format!("{number:04}"), kind, &voided));
        }
        let mut bench = Bench::new();
        arrive(&mut bench, facts, &order);
        let wanted = if length % 2 == 0 { "-2" } else { "no level" };
        prop_assert_eq!(on_hand(&bench), wanted);
    }

    /// H20: whatever is rung up in training is seen, and moves nothing.
    #[test]
    fn h20_training_among_sales_moves_nothing(
        receipts in prop::collection::vec((any::<bool>(), 1..9_i64), 1..12), order in choices(),
    ) {
        let rung = |((training, quantity), number): (&(bool, i64), u32)| {
            let mut fact = sale(&format!("{number:04}"), NOON, &quantity.to_string());
            fact.data["flags"] = json!({"training": training});
            fact
        };
        let facts: Vec<Fact> = receipts.iter().zip(1..).map(rung).collect();
        let mut bench = Bench::new();
        arrive(&mut bench, facts.clone(), &order);
        let real: Vec<i64> =
            receipts.iter().filter(|(training, _)| !training).map(|(_, it)| *it).collect();
        let wanted = match real[..] {
            [] => "no level".to_owned(),
            _ => (-real.iter().sum::<i64>()).to_string(),
        };
        prop_assert_eq!(on_hand(&bench), wanted);
        for fact in &facts {
            prop_assert!(bench.reader().event(&fact.event_id()).unwrap().is_some(), "seen");
        }
    }

    /// H23: lines of a sale that come back, or are none, keep their sign.
    #[test]
    fn h23_quantities_of_lines_keep_their_sign(
        quantities in prop::collection::vec(-5..6_i64, 1..8),
    ) {
        let lines = quantities.iter().zip(1..).map(|(quantity, line): (&i64, u32)| {
            json!({"line_id": line.to_string(), "sku": "TEA", "return": *quantity < 0,
                "qty_ordered": ea(&quantity.to_string())})
        });
        let mut mixed = sale("0001", NOON, "1");
        mixed.data["lines"] = lines.collect();
        let mut bench = Bench::new();
        bench.arrive(&[mixed]);
        let sum: i64 = quantities.iter().sum();
        let moves = quantities.iter().any(|it| *it != 0);
        let wanted = if moves { (-sum).to_string() } else { "no level".to_owned() };
        prop_assert_eq!(on_hand(&bench), wanted);
    }
}
