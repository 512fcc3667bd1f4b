//! Compressed input: gzip, zstd and zip, with bounds on what comes out, so that a
//! small file cannot fill the memory. What is damaged is refused, never cut.

mod stream;
mod zip;
mod zstd;

pub use self::zstd::unzstd;
pub use stream::{Broken, Unpacking};
pub use zip::{Archive, Index, unzip};

use std::{fmt, io::Read};

use flate2::read::MultiGzDecoder;

/// Below that no ratio is looked at: short files of zeros are honest.
const RATIO_FROM_BYTES: usize = 1 << 20;

/// What may come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of all files together.
    pub bytes_max: usize,
    /// Bytes out for each byte in.
    pub ratio_max: usize,
    pub files_max: usize,
}

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// As the archive says, not to be used as a path.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Gzip,
    Zip,
    Zstd,
}

/// Why it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable word: `compressed-damaged`, `compressed-too-large`,
    /// `compressed-unsupported`.
    pub code: &'static str,
    /// Byte offset in the compressed input, as near as is known.
    pub offset: usize,
    pub message: String,
}

/// What a file is, if it is compressed in a way known here.
pub fn kind(bytes: &[u8]) -> Option<Kind> {
    match bytes {
        [0x1F, 0x8B, ..] => Some(Kind::Gzip),
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Kind::Zstd),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Zip),
        _ => None,
    }
}

/// Unpacks gzip, all members of it; their checksums are verified.
///
/// # Errors
/// Damage, bytes behind the end, or more than the caps allow.
pub fn gunzip(bytes: &[u8], caps: &Caps) -> Result<Vec<u8>, Fault> {
    inflate(MultiGzDecoder::new(bytes), (0, bytes.len()), (caps.bytes_max, 0), caps)
}

/// Unpacks what holds one file, in whichever way: gzip, zstd, or a zip archive
/// with nothing else in it. `None`: it is packed in no way known here.
///
/// # Errors
/// As of each way; `compressed-too-large` for an archive of several files.
pub fn unpack(bytes: &[u8], caps: &Caps) -> Result<Option<Vec<u8>>, Fault> {
    let caps = Caps { files_max: caps.files_max.min(1), ..*caps };
    Ok(Some(match kind(bytes) {
        None => return Ok(None),
        Some(Kind::Gzip) => gunzip(bytes, &caps)?,
        Some(Kind::Zstd) => unzstd(bytes, &caps)?,
        Some(Kind::Zip) => {
            let file = unzip(bytes, &caps)?.pop();
            file.ok_or_else(|| damaged(0, "the archive has no file"))?.bytes
        }
    }))
}

/// Reads all of it, up to `bytes_max` and the caps' ratio, of which `before` bytes
/// are used up. `from` is the offset of the packed bytes and their number.
fn inflate(
    reader: impl Read,
    from: (usize, usize),
    (bytes_max, before): (usize, usize),
    caps: &Caps,
) -> Result<Vec<u8>, Fault> {
    let ratio_bytes = from.1.saturating_mul(caps.ratio_max).max(RATIO_FROM_BYTES);
    let limit = bytes_max.min(ratio_bytes.saturating_sub(before));
    let mut out = Vec::new();
    // One byte beyond tells what ends at the limit from what goes on.
    let read = reader.take(wide(limit).saturating_add(1)).read_to_end(&mut out);
    read.map_err(|error| damaged(from.0, format!("it cannot be unpacked: {error}")))?;
    if out.len() > limit {
        let message = format!("more than {} bytes come out of {}", limit + before, from.1);
        return Err(Fault { code: "compressed-too-large", offset: from.0, message });
    }
    Ok(out)
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn damaged(offset: usize, message: impl Into<String>) -> Fault {
    Fault { code: "compressed-damaged", offset, message: message.into() }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.code, self.offset, self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
pub(crate) mod packing;
#[cfg(test)]
mod tests;
