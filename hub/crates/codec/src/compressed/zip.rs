//! Zip archives (APPNOTE 6.3): stored and deflated files by the central
//! directory. Encrypted, split and 64-bit archives are refused, and so are
//! files that overlap, which only bombs do.

mod index;

pub use index::Index;

use std::collections::HashSet;

use flate2::{Crc, read::DeflateDecoder};

use super::{Caps, Fault, File, damaged, inflate};
use crate::charset::{Charset, Profile};

/// Bytes of the record that ends an archive, without its comment.
const END_BYTES: usize = 22;
/// Bytes of an entry of the central directory, without its texts.
const ENTRY_BYTES: usize = 46;
/// Bytes of a file's own header, without its texts.
const LOCAL_BYTES: usize = 30;
/// Longest comment at the end.
const COMMENT_BYTES_MAX: usize = 0xFFFF;

/// An archive whose files are unpacked one by one, up to its caps together.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<(String, Entry)>,
    caps: Caps,
    /// Bytes that may still come out.
    room: usize,
}

/// One entry of the central directory.
#[derive(Debug)]
struct Entry {
    at: usize,
    flags: u16,
    method: u16,
    crc: u32,
    packed: usize,
    unpacked: usize,
    local: usize,
    name: Vec<u8>,
}

/// Unpacks all files of a zip archive, in the order of its directory; folders
/// are left out. Names are UTF-8 if the archive says so, else CP932.
///
/// # Errors
/// Damage, a wrong checksum, a name that stands twice, a method that is not
/// known, or more than the caps allow.
pub fn unzip(bytes: &[u8], caps: &Caps) -> Result<Vec<File>, Fault> {
    let mut archive = Archive::open(bytes, caps)?;
    let mut files = Vec::new();
    for (name, entry) in std::mem::take(&mut archive.entries) {
        let bytes = archive.unpack(&entry)?;
        files.push(File { name, bytes });
    }
    Ok(files)
}

// === impl Archive ===

impl<'a> Archive<'a> {
    /// Reads the directory of an archive; nothing is unpacked.
    ///
    /// # Errors
    /// Damage, a name that stands twice, files that lie over each other, or
    /// more files than the caps allow.
    pub fn open(bytes: &'a [u8], caps: &Caps) -> Result<Self, Fault> {
        let (mut entries, mut names) = (Vec::new(), HashSet::new());
        let mut spans: Vec<(usize, usize, usize)> = Vec::new();
        for entry in directory(bytes, caps)? {
            let name = name(&entry)?;
            if name.ends_with('/') {
                continue;
            }
            if !names.insert(name.clone()) {
                return Err(damaged(entry.at, "two files have the same name"));
            }
            let (start, end) = span(bytes, &entry)?;
            spans.push((start, end, entry.at));
            entries.push((name, entry));
        }
        spans.sort_unstable();
        for pair in spans.windows(2) {
            if let [(_, end, _), (start, _, at)] = pair
                && start < end
            {
                return Err(damaged(*at, "two files lie over each other"));
            }
        }
        Ok(Self { bytes, entries, caps: *caps, room: caps.bytes_max })
    }

    /// What its files are called, in the order of its directory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// Unpacks the file of that name, ASCII letters in either case; `None` if
    /// there is none.
    ///
    /// # Errors
    /// Damage, a wrong checksum, a method that is not known, or more than the
    /// caps allow for all that was unpacked so far.
    pub fn file(&mut self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let found = self.entries.iter().position(|(it, _)| it.eq_ignore_ascii_case(name));
        let Some(found) = found else { return Ok(None) };
        let entries = std::mem::take(&mut self.entries);
        let bytes = entries.get(found).map(|(_, entry)| self.unpack(entry)).transpose();
        self.entries = entries;
        bytes
    }

    fn unpack(&mut self, entry: &Entry) -> Result<Vec<u8>, Fault> {
        let (start, end) = span(self.bytes, entry)?;
        let packed = self.bytes.get(start..end).unwrap_or_default();
        let from = (start, packed.len());
        let unpacked = match entry.method {
            0 => inflate(packed, from, (self.room, 0), &self.caps)?,
            8 => inflate(DeflateDecoder::new(packed), from, (self.room, 0), &self.caps)?,
            method => {
                let message = format!("method {method} is not known here; deflate is");
                return Err(unsupported(entry.at, message));
            }
        };
        let mut crc = Crc::new();
        crc.update(&unpacked);
        if unpacked.len() != entry.unpacked || crc.sum() != entry.crc {
            return Err(damaged(start, "the checksum or the length of a file is wrong"));
        }
        self.room -= unpacked.len();
        Ok(unpacked)
    }
}

/// Bytes of an archive, from some place of it to its end or less.
#[derive(Clone, Copy)]
struct Window<'a> {
    base: usize,
    bytes: &'a [u8],
}

/// What the record at the end of an archive says of its directory.
struct End {
    entries: u16,
    at: usize,
    /// Where the directory ends, and the record itself begins.
    end: usize,
}

/// Reads the central directory.
fn directory(bytes: &[u8], caps: &Caps) -> Result<Vec<Entry>, Fault> {
    let window = Window { base: 0, bytes };
    entries(window, &end_of(window, caps)?)
}

/// Finds the end of an archive in its last bytes.
fn end_of(window: Window<'_>, caps: &Caps) -> Result<End, Fault> {
    let from = window.bytes.len().saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
    let tail = window.bytes.get(from..).unwrap_or_default();
    let found = tail.windows(4).rposition(|it| it == b"PK\x05\x06");
    let length = window.base + window.bytes.len();
    let end = found.map(|it| window.base + from + it);
    let end = end.ok_or_else(|| damaged(length, "the archive's directory is missing"))?;
    if end + END_BYTES + usize::from(window.short(end + 20)?) != length {
        return Err(damaged(end, "the archive does not end where it says"));
    }
    let entries = window.short(end + 10)?;
    let (size, at) = (window.long(end + 12)?, window.long(end + 16)?);
    if window.short(end + 4)? != 0 || entries == 0xFFFF || at == 0xFFFF_FFFF {
        return Err(unsupported(end, "split and 64-bit archives are not read"));
    }
    if usize::from(entries) > caps.files_max {
        let message = format!("{entries} files; at most {} are taken", caps.files_max);
        return Err(Fault { code: "compressed-too-large", offset: end, message });
    }
    if at.checked_add(size) != Some(end) {
        return Err(damaged(end, "the directory is not where the archive says"));
    }
    Ok(End { entries, at, end })
}

/// Reads the entries of the directory, which lies in the window.
fn entries(window: Window<'_>, end: &End) -> Result<Vec<Entry>, Fault> {
    let (mut at, mut entries) = (end.at, Vec::new());
    for _ in 0..end.entries {
        if window.get(at, 4) != Some(b"PK\x01\x02") {
            return Err(damaged(at, "an entry of the directory is missing"));
        }
        let texts = [window.short(at + 28)?, window.short(at + 30)?, window.short(at + 32)?];
        let [name, extra, comment] = texts.map(usize::from);
        let start = at + ENTRY_BYTES;
        let bytes_of_name = window.get(start, name);
        entries.push(Entry {
            at,
            flags: window.short(at + 8)?,
            method: window.short(at + 10)?,
            crc: u32::try_from(window.long(at + 16)?).unwrap_or(0),
            packed: window.long(at + 20)?,
            unpacked: window.long(at + 24)?,
            local: window.long(at + 42)?,
            name: bytes_of_name.ok_or_else(|| damaged(at, "a name is cut"))?.to_vec(),
        });
        at = start + name + extra + comment;
    }
    if at != end.end {
        // A file that is not counted would be passed over in silence.
        return Err(damaged(at, "the directory has more than the archive counts"));
    }
    Ok(entries)
}

/// Where the packed bytes of a file lie.
fn span(bytes: &[u8], entry: &Entry) -> Result<(usize, usize), Fault> {
    let start = start_of(Window { base: 0, bytes }, entry)?;
    let end = start.saturating_add(entry.packed);
    if end > bytes.len() {
        return Err(damaged(start, "a file is cut"));
    }
    Ok((start, end))
}

/// Where the packed bytes of a file begin, whose own header lies in the window.
fn start_of(window: Window<'_>, entry: &Entry) -> Result<usize, Fault> {
    if entry.flags & 1 != 0 {
        return Err(unsupported(entry.at, "an encrypted file"));
    }
    let at = entry.local;
    if window.get(at, 4) != Some(b"PK\x03\x04") {
        return Err(damaged(at, "a file is not where the directory says"));
    }
    let texts = usize::from(window.short(at + 26)?) + usize::from(window.short(at + 28)?);
    Ok(at + LOCAL_BYTES + texts)
}

fn name(entry: &Entry) -> Result<String, Fault> {
    let utf_8 = entry.flags & 0x0800 != 0;
    let profile = Profile::new(if utf_8 { Charset::Utf8 } else { Charset::Cp932 });
    let text = profile.decode(&entry.name);
    text.map(|it| it.into_owned()).map_err(|it| damaged(entry.at, format!("a file's name: {it}")))
}

// === impl Window ===

impl<'a> Window<'a> {
    fn get(&self, at: usize, length: usize) -> Option<&'a [u8]> {
        let from = at.checked_sub(self.base)?;
        self.bytes.get(from..from.checked_add(length)?)
    }

    fn short(&self, at: usize) -> Result<u16, Fault> {
        match self.get(at, 2) {
            Some(&[a, b]) => Ok(u16::from_le_bytes([a, b])),
            _ => Err(damaged(at, "the archive is cut")),
        }
    }

    fn long(&self, at: usize) -> Result<usize, Fault> {
        match self.get(at, 4) {
            Some(&[a, b, c, d]) => {
                Ok(usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX))
            }
            _ => Err(damaged(at, "the archive is cut")),
        }
    }
}

fn unsupported(offset: usize, message: impl Into<String>) -> Fault {
    Fault { code: "compressed-unsupported", offset, message: message.into() }
}
