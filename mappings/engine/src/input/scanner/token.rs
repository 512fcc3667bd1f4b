//! The parts of JSON that have no parts: strings, numbers, words, blanks.

use super::{Body, Scanned, Scanner};
use crate::input::{Slot, SlotKind, offset, text};

impl Scanner<'_> {
    /// The next byte; 0, which JSON has nowhere, at the end.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn blanks(&mut self) {
        if self.byte() <= b' ' {
            self.skip_blanks();
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    pub(super) fn word(&mut self, word: &'static str, kind: SlotKind) -> Scanned<Slot> {
        let at = self.at;
        if self.bytes.get(at..at + word.len()) != Some(word.as_bytes()) {
            return self.fault("a JSON value");
        }
        self.at += word.len();
        Ok(Slot::new(kind, 0, 0, offset(at)))
    }

    pub(super) fn number(&mut self) -> Scanned<Slot> {
        let start = self.at;
        if self.byte() == b'-' {
            self.at += 1;
        }
        match self.byte() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return self.fault("a digit"),
        }
        if self.byte() == b'.' {
            self.at += 1;
            if !self.byte().is_ascii_digit() {
                return self.fault("a digit after the point");
            }
            self.digits();
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            if !self.byte().is_ascii_digit() {
                return self.fault("a digit of the exponent");
            }
            self.digits();
        }
        Ok(Slot::new(SlotKind::Number, offset(start), offset(self.at - start), offset(start)))
    }

    #[inline]
    fn digits(&mut self) {
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }

    /// Reads to the closing quote.
    #[inline]
    pub(super) fn string(&mut self) -> Scanned<Body> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = text::next_special(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(_) => {
                    self.at = at;
                    return self.fault("no control characters in a string");
                }
                None => {
                    self.at = self.bytes.len();
                    return self.fault("a closing double quote");
                }
            }
        }
        self.at = at + 1;
        Ok(Body { start, end: at, escaped })
    }

    pub(super) fn text_slot(&mut self, body: Body, at: usize) -> Scanned<Slot> {
        if !body.escaped {
            let len = offset(body.end - body.start);
            return Ok(Slot::new(SlotKind::Text, offset(body.start), len, offset(at)));
        }
        let start = self.doc.side.len();
        let raw = self.input.get(body.start..body.end).unwrap_or_default();
        let read = text::decode_string(raw, body.start, &mut self.doc.side);
        read.or_else(|fault| self.stop(fault))?;
        let len = offset(self.doc.side.len() - start);
        Ok(Slot::new(SlotKind::Decoded, offset(start), len, offset(at)))
    }

    /// Checks the escapes of a string that nothing reads.
    #[cold]
    pub(super) fn check_escapes(&mut self, body: Body) -> Scanned<()> {
        let mut at = body.start;
        while at < body.end {
            if self.bytes.get(at) != Some(&b'\\') {
                at += 1;
                continue;
            }
            let width = match self.bytes.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Some(2),
                Some(b'u') => text::unicode(self.bytes, at).map(|(_, width)| width),
                _ => None,
            };
            let Some(width) = width else {
                self.at = at;
                return self.fault("an escape of JSON, surrogates in pairs");
            };
            at += width;
        }
        Ok(())
    }
}
