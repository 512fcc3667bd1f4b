//! Lines, delimiters and record lengths of a text.

/// Lines that are looked at for a delimiter.
const LINES_MAX: usize = 200;

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
    /// Lengths that a file without line ends can be records of.
    pub record_bytes: Vec<usize>,
}

/// How many lines end how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub crlf: usize,
    pub lf: usize,
    pub cr: usize,
    /// The last line has no end.
    pub open: bool,
}

impl Shape {
    /// Looks at the text of so many bytes.
    pub(super) fn of(text: &str, bytes: usize) -> Self {
        let body = text.trim_end_matches('\u{1A}');
        let ends = Ends::of(body);
        let delimiter =
            [',', '\t', ';', '|'].into_iter().filter_map(|it| Some((it, columns(body, it)?)));
        let single = ends == Ends { open: true, ..Ends::default() } && !body.is_empty();
        let record_bytes = match single {
            true => {
                [80, 128, 256, 512].into_iter().filter(|it| bytes.is_multiple_of(*it)).collect()
            }
            false => Vec::new(),
        };
        Self {
            ends,
            eof_mark: body.len() < text.len(),
            delimiter: delimiter.max_by_key(|(_, count)| *count),
            quotes: body.contains('"'),
            record_bytes,
        }
    }
}

impl Ends {
    fn of(text: &str) -> Self {
        let mut ends = Self::default();
        let bytes = text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if at > 0 && bytes.get(at - 1) == Some(&b'\r') => ends.crlf += 1,
                b'\n' => ends.lf += 1,
                b'\r' if bytes.get(at + 1) != Some(&b'\n') => ends.cr += 1,
                _ => {}
            }
        }
        ends.open = !text.is_empty() && !text.ends_with(['\n', '\r']);
        ends
    }
}

/// Columns of every line, if all but the last have the same number, over one.
fn columns(text: &str, delimiter: char) -> Option<usize> {
    let lines = text.lines().filter(|it| !it.is_empty()).take(LINES_MAX);
    let mut counts = lines.map(|line| {
        let mut quoted = false;
        let outside = |c: &char| {
            quoted ^= *c == '"';
            !quoted && *c == delimiter
        };
        line.chars().filter(outside).count() + 1
    });
    let first = counts.next().filter(|it| *it > 1)?;
    let others: Vec<usize> = counts.collect();
    // A trailer may have fewer.
    let body = others.split_last().map_or(others.as_slice(), |(_, body)| body);
    body.iter().all(|it| *it == first).then_some(first)
}
