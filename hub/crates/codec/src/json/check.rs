//! The one pass: a stack of open arrays and objects instead of recursion.

use super::{DEPTH_MAX, Fault};

/// More keys than that are sorted to find doubles; fewer are compared pairwise.
const KEYS_PAIRWISE_MAX: usize = 16;

/// Walks over the bytes of a document.
pub(super) struct Checker<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Keys of all open objects, innermost last.
    keys: Vec<Key>,
    /// The first fault that does not hide where the value ends.
    soft: Option<Fault>,
}

/// An open array or object.
#[derive(Clone, Copy)]
enum Open {
    Array,
    /// With the place of its first key in the list of keys.
    Object(usize),
}

/// A key between its quotes.
#[derive(Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
    escaped: bool,
}

/// What comes next within a value.
enum Step {
    Value,
    /// A value has just ended.
    After,
}

impl<'a> Checker<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        let checker = Self { bytes, at: 0, open: Vec::new(), keys: Vec::new(), soft: None };
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(checker.fault("bom", 0, "no byte order mark"));
        }
        Ok(checker)
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The fault of the last value, if it was of a kind that leaves its end known.
    pub(super) fn take_soft(&mut self) -> Option<Fault> {
        self.soft.take()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &str) -> Result<(), Fault> {
        if self.take(byte) { Ok(()) } else { Err(self.here(expected)) }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.peek().is_none() {
            return Ok(());
        }
        Err(self.fault("trailing", self.at, "the end of the document"))
    }

    /// Passes over one value.
    pub(super) fn value(&mut self) -> Result<(), Fault> {
        let base = self.open.len();
        let mut step = Step::Value;
        loop {
            step = match step {
                Step::Value => self.begin()?,
                Step::After => {
                    if self.open.len() == base {
                        return Ok(());
                    }
                    self.after()?
                }
            };
        }
    }

    /// Passes over a scalar, or opens an array or object.
    fn begin(&mut self) -> Result<Step, Fault> {
        match self.peek() {
            Some(b'{') => {
                self.push(Open::Object(self.keys.len()))?;
                self.space();
                if self.take(b'}') { Ok(self.pop()) } else { self.key() }
            }
            Some(b'[') => {
                self.push(Open::Array)?;
                self.space();
                if self.take(b']') { Ok(self.pop()) } else { Ok(Step::Value) }
            }
            Some(b'"') => self.string().map(|_| Step::After),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Step::After),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            _ => Err(self.here("a value")),
        }
    }

    /// Goes on behind a value within an array or object.
    fn after(&mut self) -> Result<Step, Fault> {
        self.space();
        let more = self.take(b',');
        match self.open.last() {
            Some(Open::Array) if more => {
                self.space();
                Ok(Step::Value)
            }
            Some(Open::Object(_)) if more => {
                self.space();
                self.key()
            }
            Some(Open::Array) => {
                self.expect(b']', "`,` or `]`")?;
                Ok(self.pop())
            }
            _ => {
                self.expect(b'}', "`,` or `}`")?;
                Ok(self.pop())
            }
        }
    }

    fn key(&mut self) -> Result<Step, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.here("a key in double quotes"));
        }
        let key = self.string()?;
        self.keys.push(key);
        self.space();
        self.expect(b':', "`:`")?;
        self.space();
        Ok(Step::Value)
    }

    fn push(&mut self, open: Open) -> Result<(), Fault> {
        if self.open.len() >= DEPTH_MAX {
            let expected = format!("at most {DEPTH_MAX} levels");
            return Err(self.fault("depth", self.at, &expected));
        }
        self.at += 1;
        self.open.push(open);
        Ok(())
    }

    fn pop(&mut self) -> Step {
        if let Some(Open::Object(first)) = self.open.pop() {
            if self.soft.is_none() {
                let keys = self.keys.get(first..).unwrap_or_default();
                let twice = self.twice(keys);
                self.soft =
                    twice.map(|it| self.fault("duplicate-key", it, "each key of an object once"));
            }
            self.keys.truncate(first);
        }
        Step::After
    }

    // --- scalars ---

    fn word(&mut self, word: &[u8]) -> Result<Step, Fault> {
        for byte in word {
            if self.peek() != Some(*byte) {
                return Err(self.here("true, false or null"));
            }
            self.at += 1;
        }
        Ok(Step::After)
    }

    fn number(&mut self) -> Result<(), Fault> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.here("a digit"));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Key, Fault> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            let run = self.at;
            let rest = self.bytes.get(run..).unwrap_or_default();
            let special = |it: &u8| matches!(it, b'"' | b'\\' | 0..=0x1F);
            self.at += rest.iter().position(special).unwrap_or(rest.len());
            self.utf_8(run);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Key { start, end: self.at - 1, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.here("a character or the closing quote")),
            }
        }
    }

    fn utf_8(&mut self, from: usize) {
        let run = self.bytes.get(from..self.at).unwrap_or_default();
        if let Err(error) = std::str::from_utf8(run)
            && self.soft.is_none()
        {
            let at = from + error.valid_up_to();
            self.soft = Some(self.fault("utf-8", at, "UTF-8"));
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                return Ok(());
            }
            Some(b'u') => self.at += 1,
            _ => return Err(self.here("an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")),
        }
        let first = self.hex()?;
        let lone = match first {
            0xD800..=0xDBFF => {
                let back = self.at;
                let low = self.take(b'\\') && self.take(b'u');
                let paired = low && matches!(self.hex()?, 0xDC00..=0xDFFF);
                if !paired {
                    self.at = back;
                }
                !paired
            }
            0xDC00..=0xDFFF => true,
            _ => false,
        };
        if lone && self.soft.is_none() {
            self.soft = Some(self.fault("surrogate", start, "a pair of surrogates"));
        }
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|it| char::from(it).to_digit(16));
            value = value * 16 + digit.ok_or_else(|| self.here("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(value)
    }

    // --- keys that stand twice ---

    /// Where a key stands for the second time.
    fn twice(&self, keys: &[Key]) -> Option<usize> {
        if keys.len() <= KEYS_PAIRWISE_MAX && keys.iter().all(|it| !it.escaped) {
            let at = |it: &Key| self.bytes.get(it.start..it.end);
            let second = (1..keys.len()).find(|index| {
                let (before, rest) = keys.split_at(*index);
                rest.first().is_some_and(|key| before.iter().any(|it| at(it) == at(key)))
            });
            return second.and_then(|it| keys.get(it)).map(|it| it.start - 1);
        }
        let mut names: Vec<(Vec<u8>, usize)> =
            keys.iter().map(|it| (self.unescaped(*it), it.start - 1)).collect();
        names.sort_unstable();
        let pairs = names.iter().zip(names.iter().skip(1));
        pairs.filter(|(a, b)| a.0 == b.0).map(|(_, b)| b.1).min()
    }

    /// The key's name; its syntax has been checked.
    fn unescaped(&self, key: Key) -> Vec<u8> {
        let raw = self.bytes.get(key.start..key.end).unwrap_or_default();
        if !key.escaped {
            return raw.to_vec();
        }
        let quoted = self.bytes.get(key.start - 1..key.end + 1).unwrap_or_default();
        // Lone surrogates cannot be unescaped, and are a fault anyway.
        serde_json::from_slice::<String>(quoted).map_or_else(|_| raw.to_vec(), String::into_bytes)
    }

    // --- faults ---

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn here(&self, expected: &str) -> Fault {
        let code = if self.peek().is_none() { "truncated" } else { "syntax" };
        self.fault(code, self.at, expected)
    }

    fn fault(&self, code: &'static str, offset: usize, expected: &str) -> Fault {
        let found = match self.bytes.get(offset).copied() {
            None => "the end".to_owned(),
            Some(byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
            Some(byte) => format!("byte {byte:02X}"),
        };
        Fault { code, offset, found, expected: expected.to_owned() }
    }
}
