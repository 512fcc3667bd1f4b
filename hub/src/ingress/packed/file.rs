//! Files that are compressed. Their first bytes say how, never their names; what
//! is in them is read as if it had come by itself.

use super::RATIO_MAX;
use crate::problem::{Fault, Refusal};
use codec::compressed::{self, Archive, Caps, Kind, gunzip, unzstd};

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

/// How a file is compressed, by its first bytes. A workbook is a zip too.
pub(crate) fn kind(head: &[u8]) -> Option<&'static str> {
    compressed::kind(head).map(word)
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
    let caps = Caps {
        bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
        ratio_max: RATIO_MAX,
        files_max: FILES_MAX,
    };
    let unpacked = match kind {
        Kind::Gzip => gunzip(bytes, &caps),
        Kind::Zstd => unzstd(bytes, &caps),
        Kind::Zip => return zipped(name, bytes, &caps),
    };
    let bytes = unpacked.map_err(|it| refusal(kind, bytes, &it))?;
    let endings: &[&str] = if kind == Kind::Gzip { &[".gz", ".gzip"] } else { &[".zst", ".zstd"] };
    Ok(Some(Inside { name: without(name, endings), bytes }))
}

/// The one file of a zip; `None` for a workbook.
fn zipped(name: &str, bytes: &[u8], caps: &Caps) -> Result<Option<Inside>, Refusal> {
    let refuse = |it| refusal(Kind::Zip, bytes, &it);
    let mut archive = Archive::open(bytes, caps).map_err(refuse)?;
    if archive.names().any(|it| it == WORKBOOK_PART) {
        return Ok(None);
    }
    let files: Vec<String> =
        archive.names().filter(|it| !it.starts_with(MACOS_FOLDER)).map(str::to_owned).collect();
    let [file] = files.as_slice() else { return Err(not_one(&files)) };
    let bytes = archive.file(file).map_err(refuse)?.unwrap_or_default();
    // A zip may call its file what it likes: a path, a sentence, nothing.
    let own = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_name = (1..=NAME_BYTES_MAX).contains(&own.len()) && !own.contains(char::is_control);
    let name = if is_name { own.to_owned() } else { without(name, &[".zip"]) };
    Ok(Some(Inside { name, bytes }))
}

fn not_one(files: &[String]) -> Refusal {
    let named: Vec<String> =
        files.iter().take(NAMED_MAX).map(|it| it.escape_debug().to_string()).collect();
    let more = if files.len() > NAMED_MAX { ", …" } else { "" };
    let found = format!("{} files: {}{more}", files.len(), named.join(", "));
    undecodable(None, format!("a zip with one file in it; this one has {found}"))
}

fn refusal(kind: Kind, bytes: &[u8], fault: &compressed::Fault) -> Refusal {
    if fault.code == "compressed-too-large" {
        let because = format!(
            "it is compressed ({}) and unpacked whole: {} (`body_bytes_max` at most, and \
             {RATIO_MAX} for each byte that came)",
            word(kind),
            fault.message
        );
        return Refusal::FileTooLarge { bytes: wide(bytes.len()), because };
    }
    undecodable(
        Some(wide(fault.offset)),
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

fn word(kind: Kind) -> &'static str {
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
