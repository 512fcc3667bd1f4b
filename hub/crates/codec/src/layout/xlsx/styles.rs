//! Number formats: what tells a date from a number, and zeros that are shown
//! before a code.

use std::{collections::HashMap, rc::Rc};

use super::part::{Part, Piece};
use crate::layout::LayoutFault;

/// Formats of a workbook, and styles of its cells: what spreadsheets take.
const FORMATS_MAX: usize = 65_490;
/// Characters of a format's code that are kept, for the same reason.
const CODE_CHARS_MAX: usize = 255;

/// What a number format says of its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The number is shown as it is.
    General,
    /// A whole number with so many digits at least.
    Zeros(usize),
    /// A date or a time; `elapsed`: hours go on beyond 24.
    Date { elapsed: bool },
    /// Anything else, as written.
    Other(Rc<str>),
}

/// The formats of `styles.xml`, by the number that cells have.
pub(super) fn formats(mut part: Part<'_>) -> Result<Vec<Format>, LayoutFault> {
    let (mut own, mut cells) = (Vec::new(), Vec::new());
    loop {
        match part.next()? {
            Piece::Open(tag) if tag.is("numFmts") => own = list(&mut part, "numFmt", numbered)?,
            Piece::Open(tag) if tag.is("cellXfs") => {
                cells = list(&mut part, "xf", |tag| number(tag, "numFmtId"))?;
            }
            Piece::Open(tag) if !tag.is("styleSheet") => part.skip()?,
            Piece::Open(_) | Piece::Close | Piece::Text(_) => {}
            Piece::End => break,
        }
    }
    let mut known = HashMap::new();
    for (id, format) in own {
        known.entry(id).or_insert(format);
    }
    let format = |id: u32| known.get(&id).cloned().unwrap_or_else(|| built_in(id));
    Ok(cells.into_iter().map(format).collect())
}

/// What stands in the elements of that name, up to the end of the element that
/// was just opened.
fn list<T>(
    part: &mut Part<'_>,
    name: &str,
    read: impl Fn(&super::part::Tag<'_>) -> Result<T, LayoutFault>,
) -> Result<Vec<T>, LayoutFault> {
    let mut out = Vec::new();
    loop {
        match part.next()? {
            Piece::Open(tag) => {
                if tag.is(name) {
                    if out.len() >= FORMATS_MAX {
                        let expected = format!("at most {FORMATS_MAX} of `{name}`");
                        return Err(part.fault("too-large", "too many formats").expected(expected));
                    }
                    out.push(read(&tag)?);
                }
                part.skip()?;
            }
            Piece::Text(_) => {}
            Piece::Close => return Ok(out),
            Piece::End => return Err(part.fault("truncated", "it ends within a list")),
        }
    }
}

fn numbered(tag: &super::part::Tag<'_>) -> Result<(u32, Format), LayoutFault> {
    let format = classify(&tag.attribute("formatCode")?.unwrap_or_default());
    Ok((number(tag, "numFmtId")?, format))
}

fn number(tag: &super::part::Tag<'_>, name: &str) -> Result<u32, LayoutFault> {
    Ok(tag.attribute(name)?.and_then(|it| it.parse().ok()).unwrap_or(0))
}

/// Formats that have no code in the file (ECMA-376 part 1, 18.8.30), with those
/// of the East Asian versions.
fn built_in(id: u32) -> Format {
    match id {
        0 | 49 => Format::General,
        1 => Format::Zeros(1),
        46 => Format::Date { elapsed: true },
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Format::Date { elapsed: false },
        id => Format::Other(format!("number {id}").into()),
    }
}

/// What a format's code says: its first section, that of numbers above zero.
fn classify(code: &str) -> Format {
    if code.eq_ignore_ascii_case("general") || code == "G/標準" || code == "@" || code == "#" {
        return Format::General;
    }
    if !code.is_empty() && code.bytes().all(|it| it == b'0') {
        return Format::Zeros(code.len());
    }
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|it| it != '"') {},
            '\\' | '_' | '*' => drop(chars.next()),
            '[' => {
                let inner: String = chars.by_ref().take_while(|it| *it != ']').collect();
                let letters = inner.to_ascii_lowercase();
                let unit = letters.chars().next().filter(|it| matches!(it, 'h' | 'm' | 's'));
                if unit.is_some_and(|unit| letters.chars().all(|it| it == unit)) {
                    return Format::Date { elapsed: true };
                }
            }
            // `0.00E+00`
            'E' | 'e' if matches!(chars.peek(), Some('+' | '-')) => {}
            ';' => break,
            c if matches!(
                c.to_ascii_lowercase(),
                'y' | 'm' | 'd' | 'h' | 's' | 'g' | 'e' | 'a'
            ) =>
            {
                return Format::Date { elapsed: false };
            }
            _ => {}
        }
    }
    Format::Other(code.chars().take(CODE_CHARS_MAX).collect::<String>().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_numbers() {
        let date = Format::Date { elapsed: false };
        let elapsed = Format::Date { elapsed: true };
        for code in [
            "yyyy/m/d",
            "[$-411]ggge\"年\"m\"月\"d\"日\"",
            "[$-411]ge.m.d",
            "h:mm AM/PM",
            "aaaa",
            "[Red]mm:ss.0",
            "m\\/d",
            "YYYY-MM-DD",
            "[DBNum1]e",
        ] {
            assert_eq!(classify(code), date, "{code}");
        }
        for code in ["[h]:mm:ss", "[mm]:ss", "[S]"] {
            assert_eq!(classify(code), elapsed, "{code}");
        }
        for code in [
            "#,##0",
            "0.00E+00",
            "\"day\" 0",
            "[Red]0;[Blue]d",
            "\\d0",
            "[$¥-411]#,##0",
            "_-0",
            "000\\-0000",
            "0.0%",
            "*d0",
        ] {
            assert_eq!(classify(code), Format::Other(code.into()), "{code}");
        }
        assert_eq!(classify("General"), Format::General);
        assert_eq!(classify("0000"), Format::Zeros(4));
        assert_eq!((built_in(14), built_in(46), built_in(31)), (date.clone(), elapsed, date));
    }

    #[test]
    fn only_the_formats_of_cells_count() {
        let xml = "<styleSheet><numFmts count='1'><numFmt numFmtId='164' formatCode='yyyy&quot;年&quot;'/></numFmts>\
                   <cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'><alignment/></xf>\
                   <xf numFmtId='164'/></cellXfs><dxfs><dxf><numFmt numFmtId='164' formatCode='0'/></dxf></dxfs></styleSheet>";
        let formats = formats(Part::new("t", xml)).expect("reads");
        assert_eq!(formats, [Format::General, Format::Date { elapsed: false }]);
    }

    #[test]
    fn formats_are_bounded_and_the_first_of_a_number_counts() {
        let book = |codes: &str, count: usize| {
            let cells = "<xf numFmtId='164'/>".repeat(count);
            let xml = format!(
                "<styleSheet><numFmts>{codes}</numFmts><cellXfs>{cells}</cellXfs></styleSheet>"
            );
            formats(Part::new("t", &xml)).map_err(|it| it.code)
        };
        let code = |code: &str| format!("<numFmt numFmtId='164' formatCode='{code}'/>");
        assert_eq!(book(&[code("00"), code("0")].concat(), 1), Ok(vec![Format::Zeros(2)]));
        let long = book(&code(&"#".repeat(300)), FORMATS_MAX).expect("reads");
        assert_eq!(long.len(), FORMATS_MAX);
        assert_eq!(long.first(), Some(&Format::Other("#".repeat(255).into())));
        // All cells with the format have the one text of it.
        let (Format::Other(one), Format::Other(two)) = (&long[0], &long[1]) else { panic!() };
        assert!(Rc::ptr_eq(one, two));
        assert_eq!(book("", FORMATS_MAX + 1), Err("too-large"));
        assert_eq!(book(&code("0").repeat(FORMATS_MAX + 1), 1), Err("too-large"));
    }
}
