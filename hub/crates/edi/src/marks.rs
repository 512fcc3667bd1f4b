//! The characters that cut an interchange, and the characters it is written in.

/// Which of the two standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    X12,
    Edifact,
}

/// The characters that cut an interchange into segments, elements and components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub element: u8,
    pub component: u8,
    /// Between values of an element that repeats; none before X12 00402 and
    /// before version 4 of EDIFACT.
    pub repetition: Option<u8>,
    /// What stands before a mark that is text; X12 has none.
    pub release: Option<u8>,
    pub segment: u8,
    /// The decimal point: `.` or `,`.
    pub decimal: u8,
    /// What stands in a service string advice where version 4 has the repetition.
    pub reserved: u8,
}

/// What the bytes of a text mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Capitals, digits and some signs (UNOA).
    Capitals,
    /// The printable characters of ASCII (UNOB, and X12 unless told otherwise).
    Ascii,
    /// ISO 8859-1 (UNOC).
    Latin1,
    /// UNOW, UNOY.
    Utf8,
}

// === impl Dialect ===

impl Dialect {
    pub fn name(self) -> &'static str {
        match self {
            Self::X12 => "x12",
            Self::Edifact => "edifact",
        }
    }
}

// === impl Marks ===

impl Marks {
    /// The usual ones of X12: `*`, `:`, `^`, `~`.
    pub const X12: Self = Self {
        element: b'*',
        component: b':',
        repetition: Some(b'^'),
        release: None,
        segment: b'~',
        decimal: b'.',
        reserved: b' ',
    };

    /// The usual ones of EDIFACT: `+`, `:`, `?`, `'`.
    pub const EDIFACT: Self = Self {
        element: b'+',
        component: b':',
        repetition: None,
        release: Some(b'?'),
        segment: b'\'',
        decimal: b'.',
        reserved: b' ',
    };

    /// Whether no two marks are the same and none could be part of a word.
    pub fn are_sound(&self) -> bool {
        let given = [
            Some(self.element),
            Some(self.component),
            self.repetition,
            self.release,
            Some(self.segment),
        ];
        let given: Vec<u8> = given.into_iter().flatten().collect();
        let distinct =
            given.iter().enumerate().all(|(at, it)| !given.iter().take(at).any(|x| x == it));
        distinct
            && given.iter().all(|it| !it.is_ascii_alphanumeric() && *it != b' ' && it.is_ascii())
    }

    /// Whether that byte cuts.
    pub fn cuts(&self, byte: u8) -> bool {
        byte == self.element
            || byte == self.component
            || byte == self.segment
            || Some(byte) == self.repetition
            || Some(byte) == self.release
    }
}

// === impl Charset ===

impl Charset {
    /// The set that a syntax identifier names (ISO 9735, data element 0001).
    pub fn of_edifact(identifier: &str) -> Option<Self> {
        match identifier {
            "UNOA" => Some(Self::Capitals),
            "UNOB" => Some(Self::Ascii),
            "UNOC" => Some(Self::Latin1),
            "UNOW" | "UNOY" => Some(Self::Utf8),
            _ => None,
        }
    }

    /// Reads bytes as text.
    ///
    /// # Errors
    /// The offset of the first byte that is no character of the set.
    pub fn decode(self, bytes: &[u8]) -> Result<String, usize> {
        match self {
            Self::Capitals | Self::Ascii => match bytes.iter().position(|it| !is_printable(*it)) {
                Some(at) => Err(at),
                None => Ok(bytes.iter().map(|it| char::from(*it)).collect()),
            },
            Self::Latin1 => match bytes.iter().position(|it| is_control(char::from(*it))) {
                Some(at) => Err(at),
                None => Ok(bytes.iter().map(|it| char::from(*it)).collect()),
            },
            Self::Utf8 => {
                let text = std::str::from_utf8(bytes).map_err(|fault| fault.valid_up_to())?;
                match text.char_indices().find(|(_, it)| is_control(*it)) {
                    Some((at, _)) => Err(at),
                    None => Ok(text.to_owned()),
                }
            }
        }
    }

    /// Writes a text as bytes.
    ///
    /// # Errors
    /// The first character that the set does not have.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        if let Some(bad) = text.chars().find(|it| is_control(*it)) {
            return Err(bad);
        }
        match self {
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Latin1 => {
                text.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| c)).collect()
            }
            Self::Capitals | Self::Ascii => text
                .chars()
                .map(|c| match u8::try_from(u32::from(c)) {
                    Ok(byte)
                        if is_printable(byte)
                            && !(self == Self::Capitals && byte.is_ascii_lowercase()) =>
                    {
                        Ok(byte)
                    }
                    _ => Err(c),
                })
                .collect(),
        }
    }

    /// For faults.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capitals => "UNOA",
            Self::Ascii => "ASCII",
            Self::Latin1 => "ISO 8859-1",
            Self::Utf8 => "UTF-8",
        }
    }
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7F).contains(&byte)
}

fn is_control(c: char) -> bool {
    c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_could_be_text_are_not_sound() {
        assert!(Marks::X12.are_sound());
        assert!(Marks::EDIFACT.are_sound());
        assert!(!Marks { element: b'A', ..Marks::X12 }.are_sound());
        assert!(!Marks { element: b':', ..Marks::X12 }.are_sound());
        assert!(!Marks { release: Some(b' '), ..Marks::EDIFACT }.are_sound());
    }

    #[test]
    fn each_set_refuses_what_it_does_not_have() {
        assert_eq!(Charset::Ascii.decode(b"ab\xE9"), Err(2));
        assert_eq!(Charset::Latin1.decode(b"ab\xE9"), Ok("abé".to_owned()));
        assert_eq!(Charset::Utf8.decode(b"ab\xE9"), Err(2));
        assert_eq!(Charset::Latin1.decode(b"a\x85"), Err(1));
        assert_eq!(Charset::Latin1.encode("é"), Ok(vec![0xE9]));
        assert_eq!(Charset::Latin1.encode("あ"), Err('あ'));
        assert_eq!(Charset::Capitals.encode("Ab"), Err('b'));
        assert_eq!(Charset::Utf8.encode("あ"), Ok("あ".as_bytes().to_vec()));
    }
}
