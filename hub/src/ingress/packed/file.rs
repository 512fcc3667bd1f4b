//! Files that are compressed. Their first bytes say how, never their names; what
//! is in them is read as if it had come by itself.

use super::RATIO_MAX;
use crate::problem::{Fault, Refusal};
use codec::compressed::{self, Archive, Broken, Caps, Index, Kind, Unpacking, gunzip, unzstd};
use std::io::{BufRead, Seek};

/// The part that every workbook has and no other zip (ECMA-376 part 2).
const WORKBOOK_PART: &str = "[Content_Types].xml";
/// Entries of a zip that are looked at: workbooks have some hundreds.
const FILES_MAX: usize = 10_000;
/// Where macOS keeps what it knows of the other files of a zip.
const MACOS_FOLDER: &str = "__MACOSX/";
/// Files of a zip that a refusal names.
const NAMED_MAX: usize = 3;
/// Bytes of a name, as file systems have it.
const NAME_BYTES_MAX: usize = 255;

/// What was in a compressed file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    /// What it is called: by the zip, else the file's own without its ending.
    pub(crate) name: String,
    /// All of it.
    pub(crate) bytes: Vec<u8>,
}

/// Unpacks the file `name`, to at most `bytes_max`; `None` when it is not
/// compressed, or is a workbook. What is in it is not unpacked once more.
///
/// # Errors
///
/// [`Refusal::Undecodable`] for one that is damaged, and for a zip of none or
/// several files; [`Refusal::FileTooLarge`] when too much comes out.
pub(crate) fn inside(name: &str, bytes: &[u8], bytes_max: u64) -> Result<Option<Inside>, Refusal> {
    let Some(kind) = compressed::kind(bytes) else { return Ok(None) };
    let caps = caps(bytes_max);
    let unpacked = match kind {
        Kind::Gzip => gunzip(bytes, &caps),
        Kind::Zstd => unzstd(bytes, &caps),
        Kind::Zip => return zipped(name, bytes, &caps),
    };
    let bytes = unpacked.map_err(|it| refusal((kind, wide(bytes.len())), &it, WHOLE))?;
    Ok(Some(Inside { name: without(name, endings(kind)), bytes }))
}

/// What is in a file that is compressed and too large to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    /// As of [`Inside`].
    pub(crate) name: String,
    /// What it is called in a zip.
    member: String,
}

/// What is in the file `name`, without unpacking it; `None` when it is not
/// compressed, or is a workbook.
///
/// # Errors
///
/// As [`inside`], in [`Untold::Refused`]; [`Untold::Unread`] when it cannot be read.
pub(crate) fn stored(
    name: &str,
    mut packed: impl BufRead + Seek,
) -> Result<Option<Stored>, Untold> {
    let Some(kind) = kind(&mut packed)? else { return Ok(None) };
    if kind != Kind::Zip {
        let name = without(name, endings(kind));
        return Ok(Some(Stored { kind, name, member: String::new() }));
    }
    let bytes = packed.seek(std::io::SeekFrom::End(0))?;
    let index = Index::read(&mut packed, &caps(u64::MAX)).map_err(|it| untold(it, bytes))?;
    let names = || index.files().map(|(name, _)| name);
    if is_workbook(names()) {
        return Ok(None);
    }
    let member = only(names())?;
    Ok(Some(Stored { kind, name: called(&member, name), member }))
}

/// How a file is compressed, by its first bytes.
pub(crate) fn kind(packed: &mut impl BufRead) -> std::io::Result<Option<Kind>> {
    Ok(compressed::kind(packed.fill_buf()?))
}

/// What is in a zip, with the bytes that each has, as it says.
///
/// # Errors
///
/// Damage, or too many files.
pub(crate) fn members(
    packed: &mut (impl std::io::Read + Seek),
) -> Result<Vec<(String, u64)>, Broken> {
    let index = Index::read(packed, &caps(u64::MAX))?;
    Ok(index.files().map(|(name, bytes)| (name.to_owned(), bytes)).collect())
}

/// Whether a zip with files of these names is a workbook.
pub(crate) fn is_workbook<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    names.any(|it| it == WORKBOOK_PART)
}

impl Stored {
    /// All that is in a gzip or zstd file.
    pub(crate) fn alone(kind: Kind) -> Self {
        Self { kind, name: String::new(), member: String::new() }
    }

    /// A file of a zip.
    pub(crate) fn in_zip(name: &str) -> Self {
        Self { kind: Kind::Zip, name: name.to_owned(), member: name.to_owned() }
    }

    /// Unpacks it as a stream, to at most `bytes_max`.
    ///
    /// # Errors
    ///
    /// As [`Unpacking::of_zipped`].
    pub(crate) fn open<R: BufRead + Seek>(
        &self,
        mut packed: R,
        bytes_max: u64,
    ) -> Result<Unpacking<R>, Broken> {
        let caps = caps(bytes_max);
        if self.kind != Kind::Zip {
            return Unpacking::of(self.kind, packed, &caps);
        }
        let index = Index::read(&mut packed, &caps)?;
        Unpacking::of_zipped(&index, &self.member, packed, &caps)
    }

    /// Why it is refused, that has so many bytes as it came.
    pub(crate) fn refusal(&self, bytes: u64, fault: &compressed::Fault) -> Refusal {
        refusal((self.kind, bytes), fault, IN_PIECES)
    }
}

/// Why it is not known what is in a file.
#[derive(Debug)]
pub(crate) enum Untold {
    Unread(std::io::Error),
    Refused(Refusal),
}

impl From<std::io::Error> for Untold {
    fn from(cause: std::io::Error) -> Self {
        Self::Unread(cause)
    }
}

impl From<Refusal> for Untold {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

fn untold(broken: Broken, bytes: u64) -> Untold {
    match broken {
        Broken::Io(cause) => Untold::Unread(cause),
        Broken::Packed(fault) => Untold::Refused(refusal((Kind::Zip, bytes), &fault, IN_PIECES)),
    }
}

fn caps(bytes_max: u64) -> Caps {
    Caps {
        bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
        ratio_max: RATIO_MAX,
        files_max: FILES_MAX,
    }
}

fn endings(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Gzip => &[".gz", ".gzip"],
        Kind::Zstd => &[".zst", ".zstd"],
        Kind::Zip => &[".zip"],
    }
}

/// The one file of a zip; `None` for a workbook.
fn zipped(name: &str, bytes: &[u8], caps: &Caps) -> Result<Option<Inside>, Refusal> {
    let refuse = |it| refusal((Kind::Zip, wide(bytes.len())), &it, WHOLE);
    let mut archive = Archive::open(bytes, caps).map_err(refuse)?;
    if is_workbook(archive.names()) {
        return Ok(None);
    }
    let file = only(archive.names())?;
    let bytes = archive.file(&file).map_err(refuse)?.unwrap_or_default();
    Ok(Some(Inside { name: called(&file, name), bytes }))
}

/// The one file of a zip.
fn only<'n>(names: impl Iterator<Item = &'n str>) -> Result<String, Refusal> {
    let files: Vec<&str> = names.filter(|it| !it.starts_with(MACOS_FOLDER)).collect();
    match files.as_slice() {
        [file] => Ok((*file).to_owned()),
        _ => Err(not_one(&files)),
    }
}

/// A zip may call its file what it likes: a path, a sentence, nothing.
fn called(member: &str, zip: &str) -> String {
    let own = member.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_name = (1..=NAME_BYTES_MAX).contains(&own.len()) && !own.contains(char::is_control);
    if is_name { own.to_owned() } else { without(zip, endings(Kind::Zip)) }
}

fn not_one(files: &[&str]) -> Refusal {
    let named: Vec<String> =
        files.iter().take(NAMED_MAX).map(|it| it.escape_debug().to_string()).collect();
    let more = if files.len() > NAMED_MAX { ", …" } else { "" };
    let found = format!("{} files: {}{more}", files.len(), named.join(", "));
    undecodable(None, format!("a zip with one file in it; this one has {found}"))
}

/// The cap of a file that is unpacked whole, and of one that is taken in pieces.
const WHOLE: &str = "body_bytes_max";
const IN_PIECES: &str = "file_bytes_max";

fn refusal((kind, bytes): (Kind, u64), fault: &compressed::Fault, cap: &str) -> Refusal {
    if fault.code == "compressed-too-large" {
        let because = format!(
            "it is compressed ({}): {} (`{cap}` at most, and {RATIO_MAX} for each byte that came)",
            word(kind),
            fault.message
        );
        return Refusal::FileTooLarge { bytes, because };
    }
    undecodable(
        u64::try_from(fault.offset).ok(),
        format!("a sound {} file; {}: {}", word(kind), fault.code, fault.message),
    )
}

/// What was expected says it all: only that is kept in the journal.
fn undecodable(offset: Option<u64>, expected: String) -> Refusal {
    Refusal::Undecodable {
        fault: Fault {
            offset,
            found: "a compressed file".to_owned(),
            expected,
            ..Fault::default()
        },
    }
}

/// A name without its ending, ASCII letters in either case; never an empty one.
fn without(name: &str, endings: &[&str]) -> String {
    let ends = |it: &&&str| {
        let at = name.len().checked_sub(it.len()).filter(|at| *at > 0);
        at.and_then(|at| name.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(it))
    };
    let cut = endings.iter().find(ends).map_or(0, |it| it.len());
    name.get(..name.len() - cut).unwrap_or(name).to_owned()
}

pub(crate) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Gzip => "gzip",
        Kind::Zip => "zip",
        Kind::Zstd => "zstd",
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
