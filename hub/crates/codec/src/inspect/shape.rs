//! Lines, delimiters and record lengths of a text.

use std::collections::BTreeMap;

use crate::charset::Charset;

/// Lines and records that are looked at.
const LINES_MAX: usize = 200;
/// Lengths that records may have, and how many are told.
const RECORD_BYTES: std::ops::RangeInclusive<usize> = 16..=4096;
const RECORDS_TOLD: usize = 3;
/// Of a hundred bytes, how many must be of the same kind as in the record before.
const ALIKE_LEAST: usize = 60;
/// Kinds of records by their first byte that are still a sign.
const CODES_MAX: usize = 8;

/// How the text is cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub ends: Ends,
    /// The byte 1A stands at the end.
    pub eof_mark: bool,
    /// The delimiter that cuts all lines alike, and into how many columns.
    pub delimiter: Option<(char, usize)>,
    /// Quotes stand in it.
    pub quotes: bool,
    /// The first line, cut, if no cell of it is a number and one below is.
    pub header: Vec<String>,
    /// All lines have so many bytes, without their ends.
    pub line_bytes: Option<usize>,
    /// What records without line ends may be, the likeliest first.
    pub records: Vec<Records>,
}

/// Records of fixed length without line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    pub bytes: usize,
    /// Of a hundred bytes, how many are of the same kind (digit, space, letter,
    /// other) as the one at the same place in the record before.
    pub alike: usize,
    /// First characters of records and how many begin so; empty if they are many.
    pub codes: Vec<(char, usize)>,
}

/// How many lines end how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub crlf: u64,
    pub lf: u64,
    pub cr: u64,
    /// The last line has no end.
    pub open: bool,
}

impl Shape {
    /// Looks at a sample of a file of so many bytes.
    pub(super) fn of(charset: Charset, text: &str, bytes: &[u8], file_bytes: u64) -> Self {
        let body = text.trim_end_matches('\u{1A}');
        let ends = Ends::of(body);
        let delimiter =
            [',', '\t', ';', '|'].into_iter().filter_map(|it| Some((it, columns(body, it)?)));
        let delimiter = delimiter.max_by_key(|(_, count)| *count);
        let single = ends == Ends { open: true, ..Ends::default() } && !body.is_empty();
        let marks = text.len() - body.len();
        let raw = bytes.get(..bytes.len() - marks.min(bytes.len())).unwrap_or(bytes);
        let length = file_bytes - u64::try_from(marks).unwrap_or(0).min(file_bytes);
        Self {
            ends,
            eof_mark: marks > 0,
            header: delimiter.map(|it| header(body, it)).unwrap_or_default(),
            line_bytes: if charset.is_ascii_safe() { line_bytes(raw) } else { None },
            delimiter,
            quotes: body.contains('"'),
            records: if single { records(charset, raw, length) } else { Vec::new() },
        }
    }
}

impl Ends {
    fn of(text: &str) -> Self {
        let mut ends = Self::default();
        ends.add(text, None);
        ends.open = !text.is_empty() && !text.ends_with(['\n', '\r']);
        ends
    }

    /// Counts the ends of a piece; `before` is what stands before it. A last CR
    /// counts, and turns into a CRLF if LF begins the next piece.
    pub(super) fn add(&mut self, text: &str, before: Option<char>) {
        let mut last = before;
        for byte in text.bytes() {
            match (last, byte) {
                (Some('\r'), b'\n') => {
                    self.cr -= 1;
                    self.crlf += 1;
                }
                (_, b'\n') => self.lf += 1,
                (_, b'\r') => self.cr += 1,
                _ => {}
            }
            last = Some(char::from(byte));
        }
    }

    /// Lines that have an end.
    pub fn lines(&self) -> u64 {
        self.crlf + self.lf + self.cr
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|it| !it.is_empty()).take(LINES_MAX)
}

/// Columns of every line, if all but the last have the same number, over one.
fn columns(text: &str, delimiter: char) -> Option<usize> {
    let mut counts = lines(text).map(|line| cells(line, delimiter).len());
    let first = counts.next().filter(|it| *it > 1)?;
    let others: Vec<usize> = counts.collect();
    // A trailer may have fewer.
    let body = others.split_last().map_or(others.as_slice(), |(_, body)| body);
    body.iter().all(|it| *it == first).then_some(first)
}

/// The cells of a line, with their quotes.
fn cells(line: &str, delimiter: char) -> Vec<&str> {
    let mut quoted = false;
    let between = |c: char| {
        quoted ^= c == '"';
        !quoted && c == delimiter
    };
    line.split(between).collect()
}

/// The names of a header: a line without numbers above one with numbers.
fn header(text: &str, (delimiter, count): (char, usize)) -> Vec<String> {
    let mut lines = lines(text);
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let unquoted = |it: &str| it.trim_matches('"').to_owned();
    let names: Vec<String> = cells(first, delimiter).into_iter().map(unquoted).collect();
    let number = |it: &str| {
        let digits = it.trim_matches('"').trim_start_matches(['-', '¥', '\\']);
        digits.starts_with(|c: char| c.is_ascii_digit())
    };
    let below = cells(second, delimiter).into_iter().any(number);
    let good = names.len() == count && names.iter().all(|it| !it.is_empty() && !number(it));
    if good && below { names } else { Vec::new() }
}

/// The length of all lines, if they have the same.
fn line_bytes(bytes: &[u8]) -> Option<usize> {
    let mut lines = bytes.split(|it| *it == b'\n').map(|it| it.strip_suffix(b"\r").unwrap_or(it));
    let first = lines.next().map(<[u8]>::len).filter(|it| *it > 0)?;
    let others: Vec<usize> = lines.take(LINES_MAX).map(<[u8]>::len).collect();
    // What is behind the last end is empty, or cut by the sample.
    let (_, body) = others.split_last()?;
    (body.len() > 1 && body.iter().all(|it| *it == first)).then_some(first)
}

/// Lengths that divide the file and put like under like.
fn records(charset: Charset, bytes: &[u8], file_bytes: u64) -> Vec<Records> {
    let divides = |it: &usize| file_bytes.is_multiple_of(u64::try_from(*it).unwrap_or(u64::MAX));
    let two = |it: &usize| it * 2 <= bytes.len();
    let mut found: Vec<(usize, usize)> = RECORD_BYTES
        .filter(divides)
        .filter(two)
        .map(|it| (alike(charset, bytes, it), it))
        .filter(|(alike, _)| *alike >= ALIKE_LEAST)
        .collect();
    // Twice the length puts like under like as well: the shortest comes first.
    let best = found.iter().map(|(alike, _)| *alike).max().unwrap_or(0);
    found.sort_by_key(|(alike, length)| (*alike + 3 < best, *length));
    found.truncate(RECORDS_TOLD);
    let told = found.into_iter();
    told.map(|(alike, length)| Records {
        bytes: length,
        alike,
        codes: codes(charset, bytes, length),
    })
    .collect()
}

fn alike(charset: Charset, bytes: &[u8], length: usize) -> usize {
    let (mut same, mut all) = (0_usize, 0_usize);
    let records: Vec<&[u8]> = bytes.chunks_exact(length).take(LINES_MAX).collect();
    for pair in records.windows(2) {
        let [above, below] = pair else { continue };
        all += length;
        let of = |it: &u8| kind(charset, *it);
        same += above.iter().zip(*below).filter(|(a, b)| of(a) == of(b)).count();
    }
    (same * 100).checked_div(all).unwrap_or(0)
}

/// Digit, space, letter, other; of EBCDIC or of ASCII.
fn kind(charset: Charset, byte: u8) -> u8 {
    if charset.is_host() {
        return match byte {
            0xF0..=0xF9 => 0,
            0x40 => 1,
            0x81..=0xE9 => 2,
            _ => 3,
        };
    }
    match byte {
        b'0'..=b'9' => 0,
        b' ' => 1,
        b'A'..=b'Z' | b'a'..=b'z' => 2,
        _ => 3,
    }
}

fn codes(charset: Charset, bytes: &[u8], length: usize) -> Vec<(char, usize)> {
    let mut counts = BTreeMap::new();
    let profile = crate::charset::Profile::new(charset);
    for record in bytes.chunks_exact(length) {
        let text = profile.decode(record.get(..1).unwrap_or_default()).unwrap_or_default();
        let Some(c) = text.chars().next() else { return Vec::new() };
        *counts.entry(c).or_insert(0) += 1;
        if counts.len() > CODES_MAX {
            return Vec::new();
        }
    }
    counts.into_iter().collect()
}
