//! The directory of an archive that is not in memory: its end is read, and of its
//! files the one that is asked for.

use std::{
    collections::HashSet,
    io::{Read, Seek, SeekFrom},
};

use super::{
    COMMENT_BYTES_MAX, END_BYTES, Entry, LOCAL_BYTES, Window, end_of, entries, name, start_of,
    unsupported,
};
use crate::compressed::{Broken, Caps, Fault, damaged, wide};

/// Bytes of a directory that are read.
const DIRECTORY_BYTES_MAX: usize = 16 << 20;

/// What is in an archive, in the order of its directory; folders are left out.
#[derive(Debug)]
pub struct Index {
    entries: Vec<(String, Entry)>,
}

/// Where a file of an archive lies, and what its directory promises.
#[derive(Debug)]
pub(in crate::compressed) struct Member {
    pub(in crate::compressed) start: u64,
    pub(in crate::compressed) packed: u64,
    pub(in crate::compressed) unpacked: u64,
    pub(in crate::compressed) crc: u32,
    pub(in crate::compressed) stored: bool,
}

impl Index {
    /// Reads the directory of an archive; nothing is unpacked.
    ///
    /// # Errors
    /// Damage, a name that stands twice, or more files than the caps allow.
    pub fn read(archive: &mut (impl Read + Seek), caps: &Caps) -> Result<Self, Broken> {
        let length = archive.seek(SeekFrom::End(0)).map_err(Broken::Io)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let base = length.saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
        let tail = part(archive, base, length - base)?;
        let end = end_of(Window { base, bytes: &tail }, caps).map_err(Broken::Packed)?;
        let size = end.end - end.at;
        if size > DIRECTORY_BYTES_MAX {
            let message = format!("a directory of {size} bytes; {DIRECTORY_BYTES_MAX} are read");
            let fault = Fault { code: "compressed-too-large", offset: end.at, message };
            return Err(Broken::Packed(fault));
        }
        let bytes = part(archive, end.at, size)?;
        let found = entries(Window { base: end.at, bytes: &bytes }, &end);
        let (mut entries, mut names) = (Vec::new(), HashSet::new());
        for entry in found.map_err(Broken::Packed)? {
            let name = name(&entry).map_err(Broken::Packed)?;
            if name.ends_with('/') {
                continue;
            }
            if !names.insert(name.clone()) {
                let message = "two files have the same name";
                return Err(Broken::Packed(damaged(entry.at, message)));
            }
            entries.push((name, entry));
        }
        Ok(Self { entries })
    }

    /// What its files are called, and the bytes that are in each, as the archive
    /// says.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), wide(entry.unpacked)))
    }

    /// Where the file of that name lies, ASCII letters in either case.
    pub(in crate::compressed) fn find(
        &self,
        name: &str,
        archive: &mut (impl Read + Seek),
    ) -> Result<Member, Broken> {
        let found = self.entries.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        let (_, entry) = found.ok_or_else(|| {
            Broken::Packed(damaged(0, format!("the archive has no file {}", name.escape_debug())))
        })?;
        if !matches!(entry.method, 0 | 8) {
            let message = format!("method {} is not known here; deflate is", entry.method);
            return Err(Broken::Packed(unsupported(entry.at, message)));
        }
        let header = part(archive, entry.local, LOCAL_BYTES)?;
        let start = start_of(Window { base: entry.local, bytes: &header }, entry);
        let start = start.map_err(Broken::Packed)?;
        Ok(Member {
            start: wide(start),
            packed: wide(entry.packed),
            unpacked: wide(entry.unpacked),
            crc: entry.crc,
            stored: entry.method == 0,
        })
    }
}

/// So many bytes of an archive, or those that are left.
fn part(archive: &mut (impl Read + Seek), from: usize, length: usize) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    archive.seek(SeekFrom::Start(wide(from))).map_err(Broken::Io)?;
    archive.take(wide(length)).read_to_end(&mut bytes).map_err(Broken::Io)?;
    Ok(bytes)
}
