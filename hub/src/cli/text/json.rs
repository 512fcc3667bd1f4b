//! The report of `text inspect` for programs.

use super::Told;
use codec::{
    charset::Profile,
    inspect::{Evidence, Example, Finding, Lost, Oddity, Shape},
};
use serde_json::{Value, json};

/// The whole report.
pub(super) fn document(told: &Told) -> Value {
    let guesses = told.inspection.guesses.iter().map(|it| {
        let evidence =
            it.evidence.iter().map(|(what, count)| (word(*what).to_owned(), json!(count)));
        json!({
            "charset": it.charset.name(),
            "bad_bytes": it.bad_bytes,
            "likeness": it.likeness,
            "evidence": evidence.collect::<serde_json::Map<_, _>>(),
        })
    });
    let report = &told.report;
    let odd = report.odd.iter().map(|(oddity, it)| (oddity_word(*oddity).to_owned(), finding(it)));
    let targets = told.targets.iter().zip(&report.lost).zip(&report.more);
    let targets = targets.map(|((name, lost), more)| {
        let lost: Vec<Value> = lost.values().map(self::lost).collect();
        json!({ "charset": name, "lost": lost, "more": more })
    });
    json!({
        "file": told.file,
        "bytes": report.bytes,
        "characters": report.characters,
        "guesses": guesses.collect::<Vec<_>>(),
        "read_as": told.read_as.profile.charset.name(),
        "chosen": told.chosen,
        "layout": shape(told),
        "bad": finding(&report.bad),
        "suspicious": odd.collect::<serde_json::Map<_, _>>(),
        "to": targets.collect::<Vec<_>>(),
    })
}

fn shape(told: &Told) -> Value {
    let Shape { eof_mark, delimiter, quotes, header, line_bytes, records, .. } =
        &told.inspection.shape;
    let ends = told.report.ends;
    let records = records.iter().map(|it| {
        let code = |(c, count): &(char, usize)| (c.to_string(), json!(count));
        let codes: serde_json::Map<_, _> = it.codes.iter().map(code).collect();
        json!({ "bytes": it.bytes, "alike": it.alike, "codes": codes })
    });
    json!({
        "line_ends": { "crlf": ends.crlf, "lf": ends.lf, "cr": ends.cr, "last_open": ends.open },
        "eof_mark": eof_mark,
        "delimiter": delimiter.map(|it| it.0.to_string()),
        "columns": delimiter.map(|it| it.1),
        "header": header,
        "quotes": quotes,
        "line_bytes": line_bytes,
        "records": records.collect::<Vec<_>>(),
    })
}

fn finding(it: &Finding) -> Value {
    let examples: Vec<Value> = it.examples.iter().map(example).collect();
    json!({ "count": it.count, "examples": examples })
}

fn example(it: &Example) -> Value {
    json!({
        "offset": it.offset,
        "line": it.line,
        "before": hex(&it.before),
        "found": hex(&it.found),
        "after": hex(&it.after),
        "text": it.text,
    })
}

fn lost(it: &Lost) -> Value {
    json!({
        "text": it.text,
        "code_points": code_points(&it.text),
        "count": it.count,
        "offset": it.offset,
        "line": it.line,
        "instead": it.instead,
    })
}

/// `FB FC`.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02X}")).collect::<Vec<_>>().join(" ")
}

/// `U+304B U+3099`.
pub(super) fn code_points(text: &str) -> String {
    text.chars().map(|it| format!("U+{:04X}", u32::from(it))).collect::<Vec<_>>().join(" ")
}

fn word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::ByteOrderMark => "byte_order_mark",
        Evidence::Escapes => "escapes",
        Evidence::Shifts => "shifts",
        Evidence::Ascii => "ascii",
        Evidence::Kana => "kana",
        Evidence::Kanji => "kanji",
        Evidence::HalfKana => "half_width_kana",
        Evidence::UserDefined => "user_defined",
        Evidence::Control => "control",
        Evidence::Other => "other",
    }
}

fn oddity_word(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::Replaced => "replaced",
        Oddity::HtmlReference => "html_reference",
        Oddity::UserDefined => "user_defined",
        Oddity::Control => "control",
        Oddity::InnerByteOrderMark => "inner_byte_order_mark",
        Oddity::OtherCode => "other_code",
    }
}

/// The image of a user-defined character, if the profile's gaiji table has one.
pub(super) fn image<'p>(profile: &'p Profile, example: &Example) -> Option<&'p str> {
    let text = profile.decode(&example.found).ok()?;
    match profile.gaiji.as_ref()?.meaning(text.chars().next()?)? {
        codec::charset::Meaning::Image(image) => Some(image),
        codec::charset::Meaning::Text(_) => None,
    }
}
