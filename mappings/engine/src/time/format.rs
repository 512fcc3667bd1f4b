//! Patterns of times: `yyyy/MM/dd HH:mm:ss`, for reading and for writing.

use std::fmt::Write;

use super::{Date, Instant, rfc3339};

/// A pattern, cut into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// A letter of the table below and how often it stands there.
    Field(char, usize),
    Literal(char),
}

/// What a text says that fits a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    /// May pass 23 where the map allows extended hours.
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    pub(crate) ms: i64,
    pub(crate) offset: Option<i16>,
}

/// Letters with the counts they may have.
const LETTERS: [(char, &[usize], &str); 8] = [
    ('y', &[4, 2], "yyyy"),
    ('M', &[2, 1], "MM or M"),
    ('d', &[2, 1], "dd or d"),
    ('H', &[2, 1], "HH or H"),
    ('m', &[2, 1], "mm or m"),
    ('s', &[2, 1], "ss or s"),
    ('S', &[3], "SSS"),
    ('X', &[1, 3], "XXX for an offset such as +09:00"),
];

// === impl Format ===

impl Format {
    /// Reads a pattern.
    ///
    /// # Errors
    /// In words: the letter that has no meaning, or stands there twice.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut quoted = false;
        for c in text.chars() {
            let letter = LETTERS.iter().any(|(letter, ..)| *letter == c);
            match (c, parts.last_mut()) {
                ('\'', _) => quoted = !quoted,
                (c, _) if quoted => parts.push(Part::Literal(c)),
                (c, Some(Part::Field(last, count))) if *last == c => *count += 1,
                (c, _) if letter => parts.push(Part::Field(c, 1)),
                (c, _) if c.is_ascii_alphabetic() && c != 'T' && c != 'Z' => {
                    return Err(format!("`{c}` has no meaning in a time pattern"));
                }
                (c, _) => parts.push(Part::Literal(c)),
            }
        }
        let mut seen = String::new();
        for part in &parts {
            let Part::Field(letter, count) = part else { continue };
            let known = LETTERS.iter().find(|(it, ..)| it == letter);
            if known.is_none_or(|(_, counts, _)| !counts.contains(count)) {
                let want = known.map_or("", |(.., want)| want);
                return Err(format!("write {want}, not `{}`", letter.to_string().repeat(*count)));
            }
            if seen.contains(*letter) {
                return Err(format!("`{letter}` stands there twice"));
            }
            seen.push(*letter);
        }
        Ok(Self { parts })
    }

    /// Whether the pattern has that letter.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Field(it, _) if *it == letter))
    }

    /// Whether the pattern gives a year with two digits only.
    pub(crate) fn short_year(&self) -> bool {
        self.parts.contains(&Part::Field('y', 2))
    }

    /// Reads all of `text`.
    pub(crate) fn read(&self, text: &str) -> Option<Parts> {
        let mut found = Parts { month: 1, day: 1, ..Parts::default() };
        let mut rest = text;
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(c) => rest = rest.strip_prefix(*c)?,
                Part::Field('X', _) => {
                    let end = rest.len().min(self.offset_width(index, rest));
                    let (shown, after) = rest.split_at_checked(end)?;
                    found.offset = Some(rfc3339::offset(shown)?);
                    rest = after;
                }
                Part::Field(letter, count) => {
                    let width = match *count {
                        1 => rest.bytes().take(2).take_while(u8::is_ascii_digit).count().max(1),
                        count => count,
                    };
                    let mut value = 0;
                    for byte in rest.as_bytes().get(..width)? {
                        let digit = byte.wrapping_sub(b'0');
                        if digit > 9 {
                            return None;
                        }
                        value = value * 10 + i64::from(digit);
                    }
                    found.set(*letter, *count, value);
                    rest = rest.get(width..)?;
                }
            }
        }
        rest.is_empty().then_some(found)
    }

    fn offset_width(&self, index: usize, rest: &str) -> usize {
        let last = index + 1 == self.parts.len();
        match rest.as_bytes() {
            [b'Z' | b'z', ..] => 1,
            _ if last => rest.len(),
            _ => 6,
        }
    }

    /// Writes a time in its own offset.
    pub(crate) fn write(&self, instant: Instant, out: &mut String) -> Option<()> {
        let (date, ms) = instant.local()?;
        for part in &self.parts {
            let Part::Field(letter, count) = part else {
                if let Part::Literal(c) = part {
                    out.push(*c);
                }
                continue;
            };
            let value = match letter {
                'y' if *count == 2 => i64::from(date.year % 100),
                'y' => i64::from(date.year),
                'M' => i64::from(date.month),
                'd' => i64::from(date.day),
                'H' => ms / 3_600_000,
                'm' => ms / 60_000 % 60,
                's' => ms / 1000 % 60,
                'S' => ms % 1000,
                _ => {
                    write_offset(instant.offset, out);
                    continue;
                }
            };
            let _infallible = write!(out, "{value:0count$}");
        }
        Some(())
    }
}

fn write_offset(offset: i16, out: &mut String) {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.unsigned_abs();
    let _infallible = write!(out, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
}

// === impl Parts ===

impl Parts {
    fn set(&mut self, letter: char, count: usize, value: i64) {
        match letter {
            'y' if count == 2 => self.year = 2000 + value,
            'y' => self.year = value,
            'M' => self.month = value,
            'd' => self.day = value,
            'H' => self.hour = value,
            'm' => self.minute = value,
            's' => self.second = value,
            _ => self.ms = value,
        }
    }

    /// The day named, if it exists.
    pub(crate) fn date(&self) -> Option<Date> {
        Date::new(
            i32::try_from(self.year).ok()?,
            u8::try_from(self.month).ok()?,
            u8::try_from(self.day).ok()?,
        )
    }

    /// Milliseconds from the start of the named day, if the clock time exists
    /// with hours up to `hours_max`.
    pub(crate) fn ms_of_day(&self, hours_max: i64) -> Option<i64> {
        let real = self.hour <= hours_max && self.minute <= 59 && self.second <= 59;
        real.then_some(((self.hour * 60 + self.minute) * 60 + self.second) * 1000 + self.ms)
    }
}
