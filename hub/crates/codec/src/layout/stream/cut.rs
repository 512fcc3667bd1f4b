//! Where a piece of delimited text may be cut: behind a line end, with enough
//! lines left behind it that may be footers.

use crate::{
    charset::{Charset, HalfKana, Profile},
    layout::{
        around::Around,
        model::{Csv, Ends},
    },
};

/// The whole lines of a piece that is not the last; empty if it has none.
pub(super) fn lines<'a>(profile: &Profile, csv: &Csv, piece: &'a [u8]) -> &'a [u8] {
    let unit = match profile.charset {
        Charset::Utf16Le | Charset::Utf16Be => 2,
        _ => 1,
    };
    let encode = |text: &str| profile.encode_exact(text).unwrap_or_default();
    let (lf, cr) = (encode("\n"), encode("\r"));
    let known = matches!(csv.footers, Around::Known(_));
    let blank = csv.skip_blank || known;
    let alone = matches!(csv.ends, Ends::Cr | Ends::Any);
    // Footers are looked for among the last lines, empty ones not counted; those
    // before a known one belong to it, so one more line stays.
    let (mut left, mut below) = (csv.footers.lines_max() + usize::from(known), None);
    let mut at = piece.len() - piece.len() % unit;
    // A last CR may be the first half of a line end.
    let mut behind: &[u8] = &lf;
    while let Some(from) = at.checked_sub(unit) {
        let found = piece.get(from..at).unwrap_or_default();
        let crlf = behind == lf;
        if found == lf || alone && found == cr && !crlf {
            let line = below.and_then(|it| piece.get(at..it));
            let is_line = line.is_some_and(|it| !it.is_empty() && it != cr);
            if below.is_some() && (is_line || !blank) {
                left = left.saturating_sub(1);
            }
            if left == 0 {
                return piece.get(..at).unwrap_or_default();
            }
            below = Some(from);
        }
        (behind, at) = (found, from);
    }
    &[]
}

/// What turns to the set that holds behind whole lines. In ISO-2022-JP a line
/// end turns back from double bytes, and from nothing else.
pub(super) fn shift(profile: &Profile, lines: &[u8], shift: &mut String) {
    let escapes = matches!(profile.charset, Charset::Iso2022Jp | Charset::Iso2022JpStrict);
    let kana = profile.charset == Charset::Iso2022Jp && profile.half_kana == HalfKana::Allowed;
    let shifts = matches!(profile.charset, Charset::Cp930 | Charset::Cp939);
    let mut escapes = lines.windows(3).rev().filter(|_| escapes).filter_map(|it| match it {
        b"\x1B(B" | b"\x1B$@" | b"\x1B$B" => Some(""),
        b"\x1B(J" => Some("\x1B(J"),
        b"\x1B(I" if kana => Some("\x1B(I"),
        _ => None,
    });
    // Neither is a part of a double byte.
    let mut shifts = lines.iter().rev().filter(|_| shifts).filter_map(|it| match it {
        0x0E => Some("\x0E"),
        0x0F => Some(""),
        _ => None,
    });
    if let Some(set) = escapes.next().or_else(|| shifts.next()) {
        set.clone_into(shift);
    }
}
