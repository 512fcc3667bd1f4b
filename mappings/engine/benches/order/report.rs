//! The candidates and what is measured of them, for both programs that print
//! the table.

use std::hint::black_box;

use mapping::{RunContext, Scratch, explain_json};
use serde_json::Value;

use crate::{
    hand,
    inputs::{self, Schema},
    measure::{self, Unit},
};

/// A program from outside: its name and what it makes of an order. It need not
/// write hub ids.
pub(crate) type Peer<'p> = (&'static str, &'p dyn Fn(&[u8]) -> Vec<u8>);

/// Prints all tables.
pub(crate) fn report(peer: Option<Peer<'_>>) {
    for (name, bytes) in inputs::documents() {
        order(name, &bytes, peer);
    }
    rows();
    desk();
}

/// One candidate alone, so many times.
pub(crate) fn once(candidate: &str, document: usize, runs: usize) {
    let (_, bytes) = inputs::documents().into_iter().nth(document).expect("0 or 1");
    let ctx = inputs::context();
    let mut scratch = Scratch::default();
    if candidate == "hand" {
        (0..runs).for_each(|_| drop(black_box(hand::map(black_box(&bytes), &ctx))));
        return;
    }
    if candidate == "rows" {
        let (layout, file) = inputs::movements();
        let map = inputs::movement_map();
        for _ in 0..runs {
            let rows = layout.read(black_box(&file)).expect("rows");
            for row in &rows.rows {
                let ctx = RunContext { record: row.number, ..ctx };
                drop(black_box(map.run_row(&rows, row, &ctx, &mut scratch)));
            }
        }
        return;
    }
    let map = inputs::order_map(Schema::AsPublished);
    (0..runs).for_each(|_| drop(black_box(map.run_json(black_box(&bytes), &ctx, &mut scratch))));
}

/// One webhook through all candidates, their outputs compared first.
fn order(name: &str, bytes: &[u8], peer: Option<Peer<'_>>) {
    let checked = inputs::order_map(Schema::AsPublished);
    let bare = inputs::order_map(Schema::WithoutAssertions);
    let ctx = inputs::context();
    let mut scratch = Scratch::default();
    let want = hand::map(bytes, &ctx);
    let ours = checked.run_json(bytes, &ctx, &mut scratch).expect("the order maps").data;
    same(&ours, &want);
    same(&bare.run_json(bytes, &ctx, &mut scratch).expect("the order maps").data, &want);
    let mut other = Scratch::default();
    let mut by_hand = || drop(black_box(hand::map(black_box(bytes), &ctx)));
    let mut with = || drop(black_box(checked.run_json(black_box(bytes), &ctx, &mut scratch)));
    let mut without = || drop(black_box(bare.run_json(black_box(bytes), &ctx, &mut other)));
    let mut candidates: Vec<measure::Candidate<'_>> = vec![
        ("serde structs by hand, no checks", &mut by_hand),
        ("map engine, checks on", &mut with),
        ("map engine, schema without assertions", &mut without),
    ];
    let mut foreign = peer.map(|(name, run)| {
        let narrow = inputs::narrow(bytes);
        same(&without_hub_ids(&hand::map(&narrow, &ctx)), &run(&narrow));
        (name, move || drop(black_box(run(black_box(&narrow)))))
    });
    if let Some((name, run)) = &mut foreign {
        candidates.push((name, run));
    }
    println!("\n{name}: {} bytes in, {} bytes out", bytes.len(), ours.len());
    measure::table(Unit::Document, &mut candidates);
}

/// Rows of a CP932 file: decoding and mapping, and each alone.
fn rows() {
    let (layout, file) = inputs::movements();
    let map = inputs::movement_map();
    let ctx = inputs::context();
    let mut scratch = Scratch::default();
    let decoded = layout.read(&file).expect("the layout reads it");
    let count = u32::try_from(decoded.rows.len()).expect("a few rows");
    let first = map.run_row(&decoded, &decoded.rows[0], &ctx, &mut scratch).expect("a row maps");
    println!("\nCSV, CP932, 8 columns, {count} rows: {}", String::from_utf8_lossy(&first.data));
    let run_all = |rows: &codec::rows::Rows, scratch: &mut Scratch| {
        for row in &rows.rows {
            let ctx = RunContext { record: row.number, ..ctx };
            drop(black_box(map.run_row(rows, row, &ctx, scratch)));
        }
    };
    let mut other = Scratch::default();
    measure::table(
        Unit::Rows(count),
        &mut [
            ("decoded and mapped", &mut || {
                run_all(&layout.read(black_box(&file)).expect("rows"), &mut scratch);
            }),
            ("decoded", &mut || drop(black_box(layout.read(black_box(&file))))),
            ("mapped", &mut || run_all(&decoded, &mut other)),
        ],
    );
}

/// What a person waits for: a map checked, a field explained.
fn desk() {
    let map = inputs::order_map(Schema::AsPublished);
    let documents = inputs::documents();
    let (ctx, bytes) = (inputs::context(), &documents[1].1);
    let explained = explain_json(&map, bytes, &ctx);
    println!("\n{}", explained.field("lines[0].net").expect("the field is written").text());
    let files = inputs::Files::order(Schema::AsPublished);
    measure::table(
        Unit::Document,
        &mut [
            ("load and check the order map", &mut || drop(black_box(files.compile()))),
            ("explain one field of the 12 KB order", &mut || {
                let explained = explain_json(&map, black_box(bytes), &ctx);
                drop(black_box(explained.field("lines[0].net").map(|it| it.text())));
            }),
        ],
    );
}

/// Stops when two outputs are not the same document.
fn same(ours: &[u8], theirs: &[u8]) {
    let ours: Value = serde_json::from_slice(ours).expect("JSON");
    let theirs: Value = serde_json::from_slice(theirs).expect("JSON");
    assert_eq!(ours, theirs);
}

/// The output without what only the hub has a function for.
fn without_hub_ids(bytes: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(bytes).expect("JSON");
    value.as_object_mut().expect("an order").remove("hub_id");
    value["buyer"].as_object_mut().expect("a buyer").remove("party");
    serde_json::to_vec(&value).expect("JSON")
}
