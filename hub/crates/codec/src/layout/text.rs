//! From the text that maps see to a cell as it stands in a file: the inverse of
//! [`super::cell`]. Errors are what was expected.

use std::borrow::Cow;

use super::{
    binary,
    cell::{self, is_date, number, sample},
    model::{CellFormat, Column, Csv, Ends, Header, Kind, Negative, Number, Quoting, Storage},
};
use crate::charset::{Policy, Profile, Substitution, Unwritable};

/// The text of a cell in the file's form, without quotes and padding.
pub(super) fn plain(column: &Column, text: &str) -> Result<String, String> {
    if text.is_empty() {
        let missing = column.field.required;
        return if missing { Err("a text; it is empty".to_owned()) } else { Ok(String::new()) };
    }
    fits(column, text)?;
    let known = &column.field.one_of;
    if !known.is_empty() && !known.iter().any(|it| it == text) {
        return Err(format!("one of {}", known.join(", ")));
    }
    match &column.cell {
        CellFormat::Date(parts) if !is_date(parts, text) => {
            Err(format!("a date or time such as {}", sample(parts)))
        }
        CellFormat::Text | CellFormat::Date(_) | CellFormat::Bytes => Ok(text.to_owned()),
        CellFormat::Number(format) => written(format, text),
    }
}

/// The sign and the digits of a number in normal form, zeros behind up to the
/// scale if the point is not written.
pub(super) fn digits(format: &Number, text: &str) -> Result<(bool, String), String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |it: &str| it.bytes().all(|b| b.is_ascii_digit());
    let scale = usize::try_from(format.scale).unwrap_or(0);
    if whole.is_empty() || !good(whole) || !good(fraction) || fraction.len() > scale {
        return Err(format!("a number with at most {scale} digits after the point"));
    }
    if negative && format.negative == Negative::Refused {
        return Err("a number not below zero".to_owned());
    }
    let mut out = whole.to_owned();
    if format.implied {
        out.push_str(fraction);
        out.extend(std::iter::repeat_n('0', scale - fraction.len()));
        let zeros = out.len() - out.trim_start_matches('0').len();
        out.drain(..zeros.min(out.len() - 1));
    } else if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    Ok((negative, out))
}

/// A number in normal form as the file writes it.
fn written(format: &Number, text: &str) -> Result<String, String> {
    let (negative, mut out) = digits(format, text)?;
    let punch = number::punch(format.negative);
    let signed = number::is_signed(format.negative);
    if let Some(width) = format.digits {
        let sign = match format.negative {
            Negative::Parentheses => 2,
            _ => usize::from(punch.is_none()),
        };
        let room = width.saturating_sub(if negative || signed { sign } else { 0 });
        if out.len() > room {
            return Err(format!("a number of at most {room} digits"));
        }
        out.insert_str(0, &"0".repeat(room - out.len()));
    }
    if let Some(punch) = punch {
        return punch.write(negative, &out).ok_or_else(|| "digits without a point".to_owned());
    }
    if !negative && !signed {
        return Ok(out);
    }
    let sign = if negative { '-' } else { '+' };
    Ok(match format.negative {
        Negative::TrailingMinus => format!("{out}-"),
        Negative::Sign => format!("{sign}{out}"),
        Negative::TrailingSign => format!("{out}{sign}"),
        Negative::Triangle => format!("▲{out}"),
        Negative::Parentheses => format!("({out})"),
        Negative::Minus | Negative::Overpunch | Negative::Zone | Negative::Refused => {
            format!("-{out}")
        }
    })
}

/// A CSV cell with its quotes.
pub(super) fn csv(csv: &Csv, column: &Column, text: &str) -> Result<String, String> {
    quoted(csv, column.quoting.unwrap_or(csv.quoting), plain(column, text)?)
}

/// The text as the character set has it, with what the policy puts in the place of
/// other characters. What is decided by a text is decided by this one: a substitute may
/// be longer, or have quotes in it.
pub(super) fn replaced(
    (profile, policy): (&Profile, &Policy),
    text: String,
    changes: &mut Vec<Substitution>,
) -> Result<String, Unwritable> {
    let mut changed = Vec::new();
    profile.encode(&text, policy, &mut Vec::new(), &mut changed)?;
    if changed.is_empty() {
        return Ok(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for it in &changed {
        out.push_str(text.get(at..it.at).unwrap_or_default());
        out.push_str(&it.after);
        at = it.at + it.before.len();
    }
    out.push_str(text.get(at..).unwrap_or_default());
    changes.append(&mut changed);
    Ok(out)
}

/// The text fits the column with what was put in the place of characters, too.
pub(super) fn fits(column: &Column, text: &str) -> Result<(), String> {
    let max = column
        .field
        .chars_max
        .filter(|max| text.chars().count() > usize::try_from(*max).unwrap_or(usize::MAX));
    max.map_or(Ok(()), |max| Err(format!("at most {max} characters")))
}

/// A text as a CSV cell.
pub(super) fn quoted(csv: &Csv, quoting: Quoting, mut text: String) -> Result<String, String> {
    // As the reader: tabs are text, and line breaks are looked at below.
    let control = |it: u8| (it < b' ' && !matches!(it, b'\t' | b'\r' | b'\n')) || it == 0x7F;
    if !csv.controls && (text.bytes().any(control) || cell::has_unseen(&text)) {
        return Err("no control characters".to_owned());
    }
    let Some(quote) = csv.quote.map(char::from) else {
        return if text.contains([char::from(csv.delimiter), '\r', '\n']) {
            Err("no delimiter or line break, since the layout has no quote".to_owned())
        } else {
            Ok(text)
        };
    };
    let special = [char::from(csv.delimiter), quote, '\r', '\n'];
    let needed = text.contains(special);
    if !csv.multiline && text.contains(['\r', '\n']) {
        return Err("no line break, since the layout is not `multiline`".to_owned());
    }
    let quoted = match quoting {
        Quoting::Always => true,
        Quoting::Needed => needed,
        Quoting::Never if needed => return Err("no delimiter, quote or line break".to_owned()),
        Quoting::Never => false,
    };
    if quoted {
        let twice = [quote, quote].iter().collect::<String>();
        text = format!("{quote}{}{quote}", text.replace(quote, &twice));
    }
    Ok(text)
}

/// What ends each line of a CSV file.
pub(super) fn csv_end(csv: &Csv) -> String {
    let trailing = csv.trailing_delimiter.then_some(char::from(csv.delimiter));
    trailing.into_iter().chain(csv.ends.written().chars()).collect()
}

/// The header row of a CSV file; empty if the layout has none. Names are quoted where
/// they need it.
pub(super) fn header(
    csv: &Csv,
    kind: Option<&Kind>,
    mut written: impl FnMut(&str) -> Result<String, String>,
) -> Result<String, String> {
    let Some(kind) = kind.filter(|_| csv.header != Header::None) else { return Ok(String::new()) };
    let names = kind.columns.iter().map(|it| quoted(csv, Quoting::Needed, written(&it.header)?));
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    Ok(names.join(&char::from(csv.delimiter).to_string()) + &csv_end(csv))
}

/// Appends the bytes of a fixed field, filled up to its length.
pub(super) fn fixed(
    (profile, policy): (&Profile, &Policy),
    column: &Column,
    text: &str,
    out: &mut Vec<u8>,
    changes: &mut Vec<Substitution>,
) -> Result<(), String> {
    if let CellFormat::Number(number) = &column.cell
        && number.storage != Storage::Display
        && !(text.is_empty() && number.storage == Storage::Packed)
    {
        if text.is_empty() {
            return Err("a number: a binary field cannot be empty".to_owned());
        }
        return binary::write(number, column.bytes, text, out);
    }
    if column.cell == CellFormat::Bytes && !(column.is_filler() && text.is_empty()) {
        let bytes = binary::from_hex(text).filter(|it| it.len() == column.bytes);
        out.extend(bytes.ok_or_else(|| format!("{} hexadecimal digits", column.bytes * 2))?);
        return Ok(());
    }
    let own = column.own.as_ref();
    let profile = own.map_or(profile, |it| &it.profile);
    let text = plain(column, text)?;
    let text = replaced((profile, policy), text, changes).map_err(|it| it.to_string())?;
    fits(column, &text)?;
    if !cell::is_printable(&text) {
        return Err("no control characters".to_owned());
    }
    let mut field = Vec::with_capacity(column.bytes);
    let too_wide = || format!("at most {} bytes in {}", column.bytes, profile.charset);
    profile
        .encode(&text, &Policy::exact(), &mut field, &mut Vec::new())
        .map_err(|it| it.to_string())?;
    let bare = |it: Vec<u8>| match own {
        Some(own) => own.bare(&it).map(<[u8]>::to_vec).ok_or("double-byte characters only"),
        None => Ok(it),
    };
    let field = bare(field)?;
    let room = column.bytes.checked_sub(field.len()).ok_or_else(too_wide)?;
    let pad = profile.encode_exact(&column.pad.to_string()).map_err(|it| it.to_string())?;
    let pad = bare(pad)?;
    let fill = pad.iter().copied().cycle().take(room);
    if room % pad.len().max(1) != 0 {
        return Err(format!("a text that leaves whole `{}` to fill up with", column.pad));
    }
    if column.right {
        out.extend(fill);
        out.extend(field);
    } else {
        out.extend(field);
        out.extend(fill);
    }
    Ok(())
}

/// Appends a whole record, of the texts of its columns. Returns the columns that
/// cannot be written, and why.
pub(super) fn record<'a>(
    (profile, policy): (&Profile, &Policy),
    kind: &Kind,
    text: impl Fn(usize) -> Cow<'a, str>,
    out: &mut Vec<u8>,
    changes: &mut Vec<(usize, Substitution)>,
) -> Vec<(usize, String)> {
    let (from, mut faults) = (out.len(), Vec::new());
    let space = profile.encode_exact(" ").unwrap_or_default();
    let end = kind.tail.as_ref().map_or(Some(kind.bytes), |it| it.end(&text(it.counter)));
    for (index, column) in kind.columns.iter().enumerate() {
        let there = column.is_there(&text);
        if let Some(max) = column.count_max
            && text(index).parse::<usize>().is_ok_and(|it| it > max)
        {
            faults.push((index, format!("at most {max}")));
        }
        let lost = !there && column.constant.is_none() && !text(index).is_empty();
        if lost {
            faults.push((index, "nothing: by what stands before it, it is not there".to_owned()));
        }
        if end.is_some_and(|it| column.start >= it) {
            continue;
        }
        // What lies over others is written if it is known that it is there.
        if column.overlay && (!there || column.conditions.is_empty()) {
            continue;
        }
        let (mut bytes, mut changed) = (Vec::with_capacity(column.bytes), Vec::new());
        let result = if there {
            fixed((profile, policy), column, &text(index), &mut bytes, &mut changed)
        } else {
            bytes.extend(space.iter().cycle().take(column.bytes));
            Ok(())
        };
        faults.extend(result.err().map(|it| (index, it)));
        changes.extend(changed.into_iter().map(|it| (index, it)));
        if column.overlay {
            let start = from + column.start;
            if let Some(place) = out.get_mut(start..start + bytes.len()) {
                place.copy_from_slice(&bytes);
            }
        } else {
            out.extend(bytes);
        }
    }
    faults
}

impl Ends {
    pub(super) fn written(self) -> &'static str {
        match self {
            Self::Crlf | Self::Any => "\r\n",
            Self::Lf => "\n",
            Self::Cr => "\r",
        }
    }
}
