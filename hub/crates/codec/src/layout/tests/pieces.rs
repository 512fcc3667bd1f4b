//! Each piece of an input, read on its own, gives what the whole gives there.

use proptest::prelude::*;

use super::{
    laws::mutate,
    stream::{CASES, Told, told, whole},
    *,
};

/// All pieces of an input that is pushed in parts of that length. From every
/// piece that divides by `resume` on, another cutter goes on.
fn cut(
    layout: &Layout,
    bytes: &[u8],
    limits: PieceLimits,
    (split, resume): (usize, usize),
) -> Vec<Piece> {
    let mut verifier = layout.verifier();
    verifier.push(bytes).expect("verified");
    let start = verifier.finish().expect("verified").start;
    let mut cutter = layout.cutter(start.clone(), limits).expect("its own");
    let (mut pieces, mut at) = (Vec::new(), 0);
    loop {
        while let Some(piece) = cutter.take().expect("verified") {
            if pieces.len() % resume == 0 && !piece.last {
                let (_, next) =
                    layout.read_piece(&piece.start, &piece.bytes, false).expect("reads");
                at = usize::try_from(next.offset()).expect("fits");
                cutter = layout.cutter(next.knowing(&start), limits).expect("its own");
            }
            pieces.push(piece);
            if at == bytes.len() {
                // As a reader does who knows how long the input is.
                cutter.finish();
            }
        }
        if pieces.last().is_some_and(|it| it.last) {
            return pieces;
        }
        let next = (at + split).min(bytes.len());
        cutter.push(&bytes[at..next]);
        at = next;
        if at == bytes.len() {
            cutter.finish();
        }
    }
}

/// Reads each piece from its stored state.
fn read(layout: &Layout, pieces: &[Piece]) -> Told {
    let mut out = Default::default();
    for piece in pieces {
        let stored = serde_json::to_string(&piece.start).expect("is stored");
        let start: Checkpoint = serde_json::from_str(&stored).expect("comes back");
        let (rows, next) = layout.read_piece(&start, &piece.bytes, piece.last)?;
        assert_eq!(rows.records, piece.records);
        assert_eq!(next.offset(), start.offset() + wide(piece.bytes.len()));
        assert_eq!(next.records().0, start.records().0 + piece.records);
        told(&rows, &mut out);
    }
    Ok(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_piece_alone_gives_its_part_of_the_whole(
        case in 0_usize..13,
        changes in prop::collection::vec(
            (any::<u16>(), any::<u8>(), prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\r'), Just(0x1A), Just(b'"')]),
            0..4,
        ),
        limits in (1_u64..80, 1_u64..4),
        split in 1_usize..100,
        resume in 1_usize..5,
    ) {
        let (layout, bytes) = &CASES[case];
        let bytes = mutate(bytes.clone(), &changes);
        let Ok(wanted) = whole(layout, &bytes) else { return Ok(()) };
        let limits = PieceLimits { bytes: limits.0, records: limits.1 };
        let pieces = cut(layout, &bytes, limits, (split, resume));
        let all: Vec<u8> = pieces.iter().flat_map(|it| it.bytes.clone()).collect();
        prop_assert_eq!(all, bytes);
        prop_assert_eq!(pieces.iter().filter(|it| it.last).count(), 1);
        prop_assert_eq!(read(layout, &pieces), Ok(wanted));
    }
}

#[test]
fn the_cases_are_cut_into_many_pieces() {
    for (layout, bytes) in CASES.iter() {
        let pieces = cut(layout, bytes, PieceLimits { bytes: 8, records: 1 }, (7, 2));
        let charset = &layout.profile().charset;
        assert!(pieces.len() >= 2, "{charset}: {}", pieces.len());
        assert_eq!(read(layout, &pieces), whole(layout, bytes), "{charset}");
    }
}

#[test]
fn a_piece_belongs_to_its_columns_and_ends_with_a_record() {
    let (journal, bytes) = &CASES[1];
    let pieces = cut(journal, bytes, PieceLimits { bytes: 8, records: 1 }, (7, 2));
    let Piece { start, bytes, .. } = &pieces[1];
    let cut = journal.read_piece(start, &bytes[..bytes.len() - 3], false).expect_err("is open");
    assert_eq!(cut.code, "piece-open");
    let text = include_str!("journal.layout.yaml");
    let text = text.split("  - name: end").next().expect("a first part");
    let newer = layout(&text.replace("version: 1", "version: 2"));
    assert!(newer.read_piece(start, bytes, false).is_ok(), "the same columns");
    let name = &journal.kinds[0].columns[0].field.name;
    let other = layout(&text.replace(name.as_str(), &format!("{name}2")));
    let refused = other.read_piece(start, bytes, false).expect_err("other columns");
    assert_eq!(refused.code, "checkpoint");
}
