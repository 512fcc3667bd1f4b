//! Is the write-ahead log whole? SQLite ends its recovery at the first frame
//! that is not right and takes it for the end. After a crash that is so; after
//! damage, commits that were acknowledged stand behind it and would be written
//! over in silence.
//!
//! The two can be told apart: each commit is synced before the next one begins,
//! so a crash leaves at most one unfinished commit behind the last good frame,
//! perhaps with frames of an older try that was given up, which end in no commit.
//! A second commit behind the wrong frame was synced once.
//!
//! Layout and checksums: <https://www.sqlite.org/fileformat2.html#walformat>.

use std::{
    fs,
    io::{BufReader, Read},
    path::Path,
};

use crate::{Error, schema};

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;
const PAGE_BYTES_MAX: usize = 65_536;

/// What stands in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Frames that are right, from the start.
    pub(crate) frames: u64,
    /// Later commits behind the first wrong frame, without the one that a crash
    /// may leave there.
    pub(crate) cut_off: u64,
}

/// Refuses a journal whose log is damaged in the middle; when `accepted`, keeps
/// the damaged log under `{log}.damaged` and lets it go on with what is right.
pub(crate) fn check(path: &Path, accepted: bool) -> Result<(), Error> {
    let log = schema::beside(path, "-wal");
    let found = match fs::File::open(&log) {
        Ok(file) => {
            scan(BufReader::with_capacity(1 << 20, file)).map_err(Error::file("reading", &log))?
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("reading", &log)(error)),
    };
    if found.cut_off == 0 {
        return Ok(());
    }
    let kept = schema::beside(&log, ".damaged");
    if !accepted {
        return Err(Error::LogDamaged { path: log, frame: found.frames + 1, kept });
    }
    if kept.exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::file("keeping the damaged log as", &kept)(source));
    }
    schema::create_private(&kept)?;
    fs::copy(&log, &kept).map_err(Error::file("keeping the damaged log as", &kept))?;
    schema::sync_file(&kept)?;
    tracing::warn!(kept = %kept.display(), frame = found.frames + 1, "a damaged log was accepted");
    Ok(())
}

fn scan(mut log: impl Read) -> std::io::Result<Found> {
    let mut header = [0; HEADER_BYTES];
    if !fill(&mut log, &mut header)? {
        return Ok(Found::default());
    }
    let words = words_of(&header);
    let [magic, _, page, _, salt_1, salt_2, sum_1, sum_2] = words;
    let big = magic == MAGIC_BIG;
    let page = usize::try_from(page).unwrap_or(usize::MAX);
    let (checked, _) = header.split_at(24);
    let mut sum = checksum(big, [0, 0], checked);
    let right = (big || magic == MAGIC_LITTLE) && sum == [sum_1, sum_2];
    if !right || !page.is_power_of_two() || !(512..=PAGE_BYTES_MAX).contains(&page) {
        // Nothing in it can be read. A header is one sector: written whole or not.
        let mut rest = Vec::new();
        log.take(1 << 20).read_to_end(&mut rest)?;
        let used = rest.iter().any(|byte| *byte != 0);
        return Ok(Found { frames: 0, cut_off: u64::from(used) });
    }
    let mut found = Found::default();
    let (mut broken, mut behind) = (false, 0_u64);
    let mut frame = vec![0; FRAME_HEADER_BYTES + page];
    while fill(&mut log, &mut frame)? {
        let (head, content) = frame.split_at(FRAME_HEADER_BYTES);
        let [_, commit, one, two, sum_1, sum_2] = words_of(head);
        let ours = (one, two) == (salt_1, salt_2);
        if !broken {
            let (first, _) = head.split_at(8);
            sum = checksum(big, checksum(big, sum, first), content);
            if ours && sum == [sum_1, sum_2] {
                found.frames += 1;
                continue;
            }
            broken = true;
        }
        behind += u64::from(ours && commit != 0);
    }
    found.cut_off = behind.saturating_sub(1);
    Ok(found)
}

/// Fills `buffer`; false when the log ends before that.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The first `N` numbers of a header; they are big-endian whatever the magic.
fn words_of<const N: usize>(header: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(header.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}

/// Goes on with the log's checksum over `bytes`, whose length is a multiple of 8.
fn checksum(big: bool, [mut one, mut two]: [u32; 2], bytes: &[u8]) -> [u32; 2] {
    let word = |bytes: [u8; 4]| {
        if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    for [a, b, c, d, e, f, g, h] in bytes.as_chunks().0 {
        one = one.wrapping_add(word([*a, *b, *c, *d])).wrapping_add(two);
        two = two.wrapping_add(word([*e, *f, *g, *h])).wrapping_add(one);
    }
    [one, two]
}

#[cfg(test)]
mod tests;
