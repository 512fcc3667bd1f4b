//! The fast path gives what full NFKC gives, for every code point.

use super::*;

fn folded(table: &WidthTable, text: &str) -> String {
    let mut out = String::new();
    table.fold(text, &mut out);
    out
}

fn table(to: Width, keep: &str) -> WidthTable {
    let mut keep: Vec<char> = keep.chars().collect();
    keep.sort_unstable();
    WidthTable { to, kana: Kana::Full, keep }
}

#[test]
fn every_code_point_agrees_with_nfkc() {
    let nfkc = table(Width::Nfkc, "");
    for c in '\0'..=char::MAX {
        let text = c.to_string();
        let want: String = text.nfkc().collect();
        assert_eq!(folded(&nfkc, &text), want, "U+{:04X}", u32::from(c));
    }
}

#[test]
fn pairs_agree_with_nfkc() {
    let nfkc = table(Width::Nfkc, "");
    let chars: Vec<char> = ('\u{3000}'..='\u{30FF}')
        .chain('\u{FF00}'..='\u{FFEE}')
        .chain("aé亜\u{301}\u{3099}".chars())
        .collect();
    for first in &chars {
        for second in &chars {
            let text = String::from_iter([*first, *second]);
            let want: String = text.nfkc().collect();
            assert_eq!(folded(&nfkc, &text), want, "{text:?}");
        }
    }
}

#[test]
fn narrow_does_what_people_mean_and_nothing_else() {
    let narrow = table(Width::Narrow, "");
    assert_eq!(folded(&narrow, "ＡＢＣ１２３　ｶﾞｷﾞﾊﾟ㈱①㍉髙"), "ABC123 ガギパ㈱①㍉髙");
    assert_eq!(folded(&table(Width::Narrow, "～"), "１０～２０"), "10～20");
    assert_eq!(folded(&table(Width::Nfkc, "㈱①～"), "㈱Ａ①～Ⅳ"), "㈱A①～IV");
    // All letters, digits, signs and kana of the block of half and full widths.
    for c in ('\u{FF01}'..='\u{FF5E}').chain('\u{FF61}'..='\u{FF9D}') {
        let text = c.to_string();
        let want: String = text.nfkc().collect();
        assert_eq!(folded(&narrow, &text), want, "{text}");
    }
}

#[test]
fn wide_and_half_come_back() {
    let wide = WidthTable { to: Width::Wide, kana: Kana::Full, keep: Vec::new() };
    assert_eq!(folded(&wide, "ABC 1ｶﾞ"), "ＡＢＣ　１ガ");
    let half = WidthTable { to: Width::Narrow, kana: Kana::Half, keep: Vec::new() };
    assert_eq!(folded(&half, "ガギＡ"), "ｶﾞｷﾞA");
}
