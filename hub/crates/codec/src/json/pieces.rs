//! NDJSON that is too large to be held whole: checked from end to end first, then
//! cut behind lines. Each piece is read on its own, from the place where it begins.

use serde::{Deserialize, Serialize};

use super::{Fault, Record, check, check::Checker};

/// Bytes of one line.
const LINE_BYTES_MAX: usize = 1 << 23;

/// A place between two lines of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Bytes before it.
    pub offset: u64,
    /// Records before it, readable or not.
    pub records: u64,
}

/// The first of two passes: nothing of an input is used before it has said yes.
#[derive(Clone, Debug, Default)]
pub struct Verifier {
    place: Place,
    unreadable: u64,
    /// A line whose end has not come.
    open: Vec<u8>,
}

/// Cuts an input behind lines. Push bytes and take pieces in turn.
#[derive(Clone, Debug)]
pub struct Cutter {
    start: Place,
    bytes_max: u64,
    records_max: u64,
    /// What was pushed and is in no piece yet, and how much of it was looked at.
    bytes: Vec<u8>,
    looked_at: usize,
    records: u64,
    finished: bool,
    ended: bool,
}

/// Whole lines of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From where [`read_piece`] reads it.
    pub start: Place,
    pub bytes: Vec<u8>,
    /// The input ends with it.
    pub last: bool,
}

/// Reads whole lines that begin at `start` of an input; offsets and numbers are
/// those of the input. Says where the next piece begins.
///
/// # Errors
/// A byte order mark at the start of the input, a last line that is cut,
/// `record-too-long` for a line of more than 8 MiB, and `piece-open` for lines that
/// are not the last and do not end with one.
pub fn read_piece(start: Place, bytes: &[u8], last: bool) -> Result<(Vec<Record>, Place), Fault> {
    if start.offset == 0 {
        Checker::new(bytes)?;
    }
    if !last && !bytes.is_empty() && !bytes.ends_with(b"\n") {
        return Err(fault("piece-open", end_of(start, bytes), "no line end", "whole lines"));
    }
    let (mut records, mut number) = (Vec::new(), start.records);
    let mut at = narrow(start.offset);
    for line in bytes.split_inclusive(|it| *it == b'\n') {
        if line.strip_suffix(b"\n").unwrap_or(line).len() > LINE_BYTES_MAX {
            return Err(too_long(at));
        }
        let text = line.trim_ascii();
        let offset = at + (line.len() - line.trim_ascii_start().len());
        at += line.len();
        if text.is_empty() {
            continue;
        }
        let fault = check(text).err().map(|it| it.moved(offset));
        if let Some(cut) = fault.as_ref().filter(|it| it.code == "truncated")
            && !line.ends_with(b"\n")
        {
            return Err(cut.clone());
        }
        number += 1;
        records.push(Record { number, offset, length: text.len(), fault });
    }
    Ok((records, Place { offset: wide(at), records: number }))
}

// === impl Verifier ===

impl Verifier {
    /// Takes the next bytes of the input.
    ///
    /// # Errors
    /// When the input as a whole is refused.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let whole = bytes.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
        let (lines, rest) = bytes.split_at_checked(whole).unwrap_or_default();
        if !lines.is_empty() {
            self.open.extend_from_slice(lines);
            let lines = std::mem::take(&mut self.open);
            self.read(&lines, false)?;
        }
        self.open.extend_from_slice(rest);
        if self.open.len() > LINE_BYTES_MAX {
            return Err(too_long(narrow(self.place.offset)));
        }
        Ok(())
    }

    /// Records that are checked.
    pub fn records(&self) -> u64 {
        self.place.records
    }

    /// There are no more bytes: says how many records there are, and how many of
    /// them cannot be read; the others can.
    ///
    /// # Errors
    /// When the input as a whole is refused.
    pub fn finish(mut self) -> Result<(u64, u64), Fault> {
        let rest = std::mem::take(&mut self.open);
        self.read(&rest, true)?;
        Ok((self.place.records, self.unreadable))
    }

    fn read(&mut self, lines: &[u8], last: bool) -> Result<(), Fault> {
        let (records, place) = read_piece(self.place, lines, last)?;
        self.place = place;
        self.unreadable += wide(records.iter().filter(|it| it.fault.is_some()).count());
        Ok(())
    }
}

// === impl Cutter ===

impl Cutter {
    /// Of an input that was verified, from `start` on. A piece ends with the line in
    /// which it reaches either limit.
    pub fn new(start: Place, (bytes_max, records_max): (u64, u64)) -> Self {
        Self {
            start,
            bytes_max,
            records_max,
            bytes: Vec::new(),
            looked_at: 0,
            records: 0,
            finished: false,
            ended: false,
        }
    }

    /// Takes the next bytes of the input.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// There are no more bytes. To be said before the last piece is taken.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next piece. `None`: more bytes are needed, or nothing is left.
    pub fn take(&mut self) -> Option<Piece> {
        while !self.ended {
            let rest = self.bytes.get(self.looked_at..).unwrap_or_default();
            let length = rest.iter().position(|it| *it == b'\n').map(|it| it + 1);
            let length = length.or_else(|| self.finished.then_some(rest.len()))?;
            let line = rest.get(..length).unwrap_or_default();
            self.records += u64::from(!line.trim_ascii().is_empty());
            self.looked_at += length;
            let at_end = self.finished && self.looked_at == self.bytes.len();
            let full = wide(self.looked_at) >= self.bytes_max || self.records >= self.records_max;
            if at_end || full {
                self.ended = at_end;
                return Some(self.cut());
            }
        }
        None
    }

    fn cut(&mut self) -> Piece {
        let rest = self.bytes.split_off(self.looked_at.min(self.bytes.len()));
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let start = self.start;
        self.start.offset += wide(bytes.len());
        self.start.records += self.records;
        (self.looked_at, self.records) = (0, 0);
        Piece { start, bytes, last: self.ended }
    }
}

fn fault(code: &'static str, offset: usize, found: &str, expected: &str) -> Fault {
    Fault { code, offset, found: found.to_owned(), expected: expected.to_owned() }
}

fn too_long(at: usize) -> Fault {
    let expected = format!("lines of at most {LINE_BYTES_MAX} bytes");
    fault("record-too-long", at, "a line that is longer", &expected)
}

fn end_of(start: Place, bytes: &[u8]) -> usize {
    narrow(start.offset).saturating_add(bytes.len())
}

fn narrow(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: &[u8] = b"{\"n\":1}\r\n\n {\"n\":x\n{\"n\":3}\n\n{\"n\":4}";

    fn cut(input: &[u8], step: usize, limits: (u64, u64)) -> Vec<Piece> {
        let (mut cutter, mut pieces) = (Cutter::new(Place::default(), limits), Vec::new());
        let mut chunks = input.chunks(step).peekable();
        while let Some(chunk) = chunks.next() {
            cutter.push(chunk);
            if chunks.peek().is_none() {
                cutter.finish();
            }
            pieces.extend(std::iter::from_fn(|| cutter.take()));
        }
        pieces
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let (whole, _) = read_piece(Place::default(), INPUT, true).unwrap();
        assert_eq!(whole.len(), 4);
        for step in 1..=INPUT.len() {
            for limits in [(1, 9), (9, 9), (99, 1), (99, 2), (99, 9)] {
                let pieces = cut(INPUT, step, limits);
                let (mut read, mut next) = (Vec::new(), Place::default());
                for piece in &pieces {
                    assert_eq!(piece.start, next, "{step} {limits:?}");
                    let (records, end) = read_piece(next, &piece.bytes, piece.last).unwrap();
                    assert!(records.len() as u64 <= limits.1, "{step} {limits:?}");
                    read.extend(records);
                    next = end;
                }
                assert_eq!((read, next.offset), (whole.clone(), INPUT.len() as u64));
                let last: Vec<bool> = pieces.iter().map(|it| it.last).collect();
                assert_eq!(last.iter().position(|it| *it), Some(pieces.len() - 1), "{last:?}");
                let mut verifier = Verifier::default();
                INPUT.chunks(step).for_each(|it| verifier.push(it).unwrap());
                assert_eq!(verifier.finish(), Ok((4, 1)));
            }
        }
    }

    #[test]
    fn what_the_whole_refuses_the_first_pass_refuses() {
        let verify = |input: &[u8]| {
            let mut verifier = Verifier::default();
            input.chunks(3).try_for_each(|it| verifier.push(it))?;
            verifier.finish()
        };
        for input in [&b"\xEF\xBB\xBF{}\n{}\n"[..], b"{}\n{\"n\":"] {
            let whole = read_piece(Place::default(), input, true).unwrap_err();
            assert_eq!(verify(input), Err(whole));
        }
        let long = [&b"{}\n"[..], &vec![b' '; LINE_BYTES_MAX + 1]].concat();
        let fault = verify(&long).unwrap_err();
        assert_eq!((fault.code, fault.offset), ("record-too-long", 3));
        let whole = [long.as_slice(), b"\n{}\n"].concat();
        let pushed_at_once = Verifier::default().push(&whole).unwrap_err();
        assert_eq!(pushed_at_once, fault);
        assert_eq!(read_piece(Place::default(), &whole, true).unwrap_err(), fault);
        let fits = [&vec![b' '; LINE_BYTES_MAX][..], b"\n{}\n"].concat();
        assert_eq!(read_piece(Place::default(), &fits, true).unwrap().0.len(), 1);
        let open = read_piece(Place { offset: 9, records: 1 }, b"{}\n{}", false).unwrap_err();
        assert_eq!((open.code, open.offset), ("piece-open", 14));
    }
}
