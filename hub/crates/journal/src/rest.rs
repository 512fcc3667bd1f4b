//! A journal at rest: on an orderly close the hash of the whole file is noted
//! beside it, so that a later change of any byte is seen, even of bytes that
//! belong to no entry; the hashes of its pieces tell where. It protects against
//! rot, not against a forger; for that there is the ledger.

use aws_lc_rs::digest::{Context, SHA256};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{Error, schema};

/// Larger files are not hashed: closing must not take long.
const BYTES_MAX: u64 = 4 << 30;
/// A piece is a page of the file, or as many as keep the note short.
const PAGE_BYTES: u64 = 4096;
const PIECES_MAX: u64 = 1024;
/// A place that nobody knows.
pub(crate) const SOMEWHERE: &str = "some of its bytes";
/// Places that are told; there may be more.
const PLACES_MAX: usize = 5;

/// How a file stands to what was noted when it was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is in use, was not closed in an orderly way, or is too large.
    Unknown,
    /// Every byte is as it was.
    Same,
    /// It is not; where, in words: `bytes 4096 to 8191`.
    Changed(String),
}

/// What a file is like: its size, its hash, and the hashes of its pieces. A note of
/// an older program has no pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    bytes: u64,
    whole: String,
    piece_bytes: u64,
    pieces: Vec<String>,
}

/// Notes the hash of a file that has just been closed and has no log.
pub(crate) fn note(path: &Path) -> Result<(), Error> {
    let facts = fs::metadata(path).map_err(Error::file("reading", path))?;
    if facts.len() > BYTES_MAX || has_log(path) {
        return Ok(());
    }
    let text = look(path, facts.len())?.text();
    let part = schema::beside(&noted(path), ".new");
    fs::write(&part, text).map_err(Error::file("writing", &part))?;
    fs::rename(&part, noted(path)).map_err(Error::file("writing", &noted(path)))
}

/// Compares a file with what was noted of it.
pub(crate) fn compare(path: &Path) -> Result<Rest, Error> {
    let Ok(text) = fs::read_to_string(noted(path)) else { return Ok(Rest::Unknown) };
    if has_log(path) || !text.ends_with('\n') {
        return Ok(Rest::Unknown);
    }
    let Ok(facts) = fs::metadata(path) else { return Ok(Rest::Unknown) };
    let Some(was) = Look::read(&text) else { return Ok(Rest::Unknown) };
    let piece_bytes = if was.pieces.is_empty() { facts.len() } else { was.piece_bytes };
    let found = look_in_pieces(path, piece_bytes)?;
    // A hub that started meanwhile took the note away before its first write.
    let still = fs::read_to_string(noted(path)).is_ok_and(|it| it == text);
    Ok(match (still, found.bytes == was.bytes && found.whole == was.whole) {
        (true, true) => Rest::Same,
        (true, false) => Rest::Changed(was.compare(&found)),
        (false, _) => Rest::Unknown,
    })
}

/// Takes the note away, durably, before the file is written to.
pub(crate) fn forget(path: &Path) -> Result<(), Error> {
    match fs::remove_file(noted(path)) {
        Ok(()) => schema::sync_parent(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file("removing", &noted(path))(error)),
    }
}

fn noted(path: &Path) -> PathBuf {
    schema::beside(path, ".rest")
}

fn has_log(path: &Path) -> bool {
    fs::metadata(schema::beside(path, "-wal")).is_ok_and(|it| it.len() > 0)
}

/// The file as it is, in pieces that suit its size.
fn look(path: &Path, bytes: u64) -> Result<Look, Error> {
    look_in_pieces(path, bytes.div_ceil(PIECES_MAX).max(1).next_multiple_of(PAGE_BYTES))
}

fn look_in_pieces(path: &Path, piece_bytes: u64) -> Result<Look, Error> {
    let work = || -> std::io::Result<Look> {
        let mut file = fs::File::open(path)?;
        let mut whole = Context::new(&SHA256);
        let (mut bytes, mut pieces, mut buffer) = (0, Vec::new(), vec![0; 1 << 20]);
        loop {
            let (mut piece, mut left) = (Context::new(&SHA256), piece_bytes.max(1));
            while left > 0 {
                let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                let read = file.read(buffer.get_mut(..want).unwrap_or_default())?;
                let Some(part) = buffer.get(..read).filter(|it| !it.is_empty()) else { break };
                whole.update(part);
                piece.update(part);
                left -= read as u64;
            }
            let length = piece_bytes.max(1) - left;
            bytes += length;
            if length > 0 {
                pieces.push(hex::encode(piece.finish()));
            }
            if left > 0 {
                let whole = hex::encode(whole.finish());
                return Ok(Look { bytes, whole, piece_bytes, pieces });
            }
        }
    };
    work().map_err(Error::file("reading", path))
}

// === impl Look ===

impl Look {
    /// As it is noted: a line for the whole, one for the size of a piece, and one for
    /// each piece.
    fn text(&self) -> String {
        let Self { bytes, whole, piece_bytes, pieces } = self;
        let mut text = format!("{bytes} {whole}\npieces {piece_bytes}\n");
        for piece in pieces {
            text.push_str(piece);
            text.push('\n');
        }
        text
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (bytes, whole) = lines.next()?.split_once(' ')?;
        let piece_bytes = lines.next().and_then(|it| it.strip_prefix("pieces ")?.parse().ok());
        let pieces = lines.map(str::to_owned).collect();
        let (bytes, whole) = (bytes.parse().ok()?, whole.to_owned());
        Some(Self { bytes, whole, piece_bytes: piece_bytes.unwrap_or(0), pieces })
    }

    /// Where `now` is another file, in words.
    fn compare(&self, now: &Self) -> String {
        let mut places: Vec<(u64, u64)> = Vec::new();
        let common = self.bytes.min(now.bytes);
        for (index, (was, is)) in (0..).zip(self.pieces.iter().zip(&now.pieces)) {
            let start = index * self.piece_bytes;
            let end = (start + self.piece_bytes).min(common);
            if was == is || start >= end {
                continue;
            }
            match places.last_mut() {
                Some(last) if last.1 == start => last.1 = end,
                _ => places.push((start, end)),
            }
        }
        let told = places.iter().take(PLACES_MAX);
        let mut told: Vec<String> =
            told.map(|(start, end)| format!("bytes {start} to {}", end - 1)).collect();
        if places.len() > PLACES_MAX {
            told.push(format!("{} more places", places.len() - PLACES_MAX));
        }
        if self.bytes != now.bytes {
            told.push(format!("it has {} bytes and had {}", now.bytes, self.bytes));
        }
        if told.is_empty() {
            // The note of an older program does not say where.
            told.push(SOMEWHERE.to_owned());
        }
        told.join(", ")
    }
}
