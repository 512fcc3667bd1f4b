//! Answers to partners that send EDI: what was accepted of what they sent.
//!
//! In a folder an answer is written hidden, under the name of its file and the hash
//! of what is in it; then the file is moved away, then the answer is given its name.
//! A crash before the move means that the file is read again, and the same answer is
//! written over itself; a crash behind it leaves a hidden answer whose file is gone
//! (another one may have its name by then), and the next look names it. So each file
//! that was taken is answered exactly once.

use crate::{
    app::{Rooms, house::Channel},
    arrival::Answer,
    numbers,
    problem::{Refusal, Retry},
};
use adapter_kit::package::Acknowledged;
use bytes::Bytes;
use canon::clock::Timestamp;
use http::HeaderMap;
use journal::failpoint;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use tracing::{error, info};

/// Where answers lie in a channel's folder.
const FOLDER: &str = "ack";
/// Ending of an answer that has no name yet.
const PENDING: &str = ".pending";
/// Of the hash of a file's content, in the name of its answer before it has one.
const HASH_CHARS: usize = 16;
/// Bytes of a file's name in those of its answer, which have some of their own.
const NAME_BYTES_MAX: usize = 180;
/// What became of an arrival, and its entry in the journal.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome<'o> {
    Taken(&'o Answer),
    /// The entry is not known when the journal could not take it.
    Refused(&'o Refusal, Option<u64>),
}

/// An answer in the channel's folder that has no name yet.
#[derive(Debug)]
pub(super) struct Pending {
    file: PathBuf,
    name: OsString,
}

// === impl Outcome ===

impl Outcome<'_> {
    /// Its entry, by which the answer is numbered; none where nothing is answered.
    pub(super) fn entry(self) -> Option<u64> {
        match self {
            Self::Taken(answer) => Some(answer.sequence),
            Self::Refused(refusal, entry) => entry.filter(|_| is_answered(refusal)),
        }
    }

    fn is_refused(self) -> bool {
        matches!(self, Self::Refused(..))
    }
}

/// Only what was read and will not be taken is worth telling: a stranger is told
/// nothing, and what may be sent again is not answered yet.
pub(super) fn is_answered(refusal: &Refusal) -> bool {
    let read = matches!(
        refusal,
        Refusal::Undecodable { .. }
            | Refusal::UnknownRecord { .. }
            | Refusal::SchemaMismatch { .. }
            | Refusal::Unmappable { .. }
            | Refusal::VersionConflict { .. }
            | Refusal::ControlReused { .. }
    );
    read && matches!(refusal.facts().retry, Retry::Never)
}

/// The answer to an arrival, if its format has answers; with whether it says no.
///
/// # Errors
/// When the store cannot say its number.
pub(super) async fn answer(
    rooms: &Rooms,
    channel: &Arc<Channel>,
    bytes: &Bytes,
    outcome: Outcome<'_>,
    at: Timestamp,
) -> Result<Option<(Acknowledged, bool)>, Refusal> {
    let Some(entry) = outcome.entry().filter(|_| channel.package().acknowledges()) else {
        return Ok(None);
    };
    rooms.reached(Some(entry)).await?;
    let (package, bytes) = (Arc::clone(channel.package()), bytes.clone());
    let (name, refused) = (channel.name().to_owned(), outcome.is_refused());
    let written = rooms.ask_store(move |reader| {
        let came = package.interchanges(&bytes);
        let places = reader.answers(&name, entry, &came)?;
        let controls: Vec<u64> = places.into_iter().map(numbers::of_answer).collect();
        Ok(package.acknowledge(&bytes, refused, at, &controls).map(|it| (it, refused)))
    });
    written.await
}

/// Whether the caller asks for the answer in place of the hub's own.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(http::header::ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut kinds = accept.flat_map(|it| it.split(','));
    kinds.any(|it| {
        let kind = it.split(';').next().unwrap_or_default().trim();
        ["application/edi-x12", "application/edifact"]
            .iter()
            .any(|it| it.eq_ignore_ascii_case(kind))
    })
}

/// Writes an answer to the file `name` of `folder`, whose content has this hash,
/// without a name of its own yet.
///
/// # Errors
/// When it cannot be stored; the file must stay where it is.
pub(super) fn prepare(
    folder: &Path,
    (name, sha256): (&str, &str),
    (answer, refused): &(Acknowledged, bool),
) -> io::Result<Pending> {
    let place = folder.join(FOLDER);
    fs::create_dir_all(&place)?;
    let (name, hash) = (kept(name), sha256.get(..HASH_CHARS).unwrap_or(sha256));
    // A refusal that is told again after a crash has another number: the answer
    // of the first telling is taken over, not added to. Another content under the
    // same name is another file.
    let mark = if *refused { "refused" } else { "taken" };
    let hidden = format!(".{name}.{hash}.{mark}.{}{PENDING}", answer.extension);
    let file = place.join(hidden);
    let part = place.join(format!(".{name}.{hash}.{mark}.tmp"));
    let mut out = File::create(&part)?;
    out.write_all(&answer.bytes)?;
    out.sync_all()?;
    fs::rename(&part, &file)?;
    File::open(&place)?.sync_all()?;
    failpoint::pass("answer.prepared");
    let name = OsString::from(format!("{name}.ack.{}", answer.extension));
    Ok(Pending { file, name })
}

/// As much of a file's name as goes into names of its answer.
fn kept(name: &str) -> &str {
    name.get(..name.floor_char_boundary(NAME_BYTES_MAX)).unwrap_or(name)
}

/// Gives an answer its name; nothing is written over.
pub(super) fn publish(pending: &Pending) {
    let Some(place) = pending.file.parent() else { return };
    let mut to = place.join(&pending.name);
    for number in 1.. {
        if !to.exists() {
            break;
        }
        let mut other = pending.name.clone();
        other.push(format!(".{number}"));
        to = place.join(other);
    }
    match fs::rename(&pending.file, &to) {
        Ok(()) => {
            failpoint::pass("answer.named");
            info!(file = %to.display(), "acknowledged");
        }
        Err(cause) => {
            error!(%cause, file = %pending.file.display(), "cannot be given its name yet")
        }
    }
}

/// Names the answers whose files are gone: what a crash left behind.
pub(super) fn publish_left(folder: &Path) {
    let Ok(found) = fs::read_dir(folder.join(FOLDER)) else { return };
    for entry in found.flatten() {
        let hidden = entry.file_name().to_string_lossy().into_owned();
        let Some(rest) = hidden.strip_prefix('.').and_then(|it| it.strip_suffix(PENDING)) else {
            continue;
        };
        let mut parts = rest.rsplitn(4, '.');
        let (Some(extension), Some(_), Some(hash), Some(name)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        // Where it cannot be looked, the file may be there still.
        if is_there(folder, name, hash).is_ok_and(|it| !it) {
            let name = OsString::from(format!("{name}.ack.{extension}"));
            publish(&Pending { file: entry.path(), name });
        }
    }
}

/// Whether the file with that name and content still waits, as it was dropped or
/// among those that were held: it will be read again and answered then.
fn is_there(folder: &Path, name: &str, hash: &str) -> io::Result<bool> {
    let dropped = fs::read_dir(folder)?;
    let held = match fs::read_dir(folder.join(super::folder::HELD)) {
        Ok(held) => Some(held),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(cause),
    };
    for entry in dropped.chain(held.into_iter().flatten()) {
        let entry = entry?;
        let full = entry.file_name();
        let own = super::folder::dropped_as(&full).unwrap_or(&full).to_string_lossy();
        let is_so_named = kept(&own) == name || kept(&full.to_string_lossy()) == name;
        if is_so_named
            && entry.file_type()?.is_file()
            && canon::id::sha256_hex(&fs::read(entry.path())?).starts_with(hash)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, refused: bool) -> (Acknowledged, bool) {
        let (media_type, extension) = ("application/edi-x12", "x12");
        (Acknowledged { bytes: text.as_bytes().to_vec(), media_type, extension }, refused)
    }

    /// Drops a file, and writes the answer to it as far as a crash lets it.
    fn prepared(folder: &Path, name: &str, content: &str) -> PathBuf {
        let file = folder.join(name);
        fs::write(&file, content).unwrap();
        let hash = canon::id::sha256_hex(content.as_bytes());
        prepare(folder, (name, &hash), &answer(content, false)).unwrap();
        file
    }

    /// The answers that have a name, and what they say.
    fn named(folder: &Path) -> Vec<(String, String)> {
        let read = fs::read_dir(folder.join(FOLDER)).unwrap().map(|it| it.unwrap().path());
        let name = |it: &PathBuf| it.file_name().unwrap().to_string_lossy().into_owned();
        let named = read.filter(|it| !name(it).starts_with('.'));
        let mut all: Vec<_> =
            named.map(|it| (name(&it), fs::read_to_string(it).unwrap())).collect();
        all.sort();
        all
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn an_answer_is_named_once_its_file_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let file = prepared(dir.path(), "orders.v1.edi", "one");
        // A crash before the move: the file is still there, so it is read again.
        publish_left(dir.path());
        assert_eq!(named(dir.path()), []);
        prepared(dir.path(), "orders.v1.edi", "one");
        fs::remove_file(&file).unwrap();
        // A crash behind the move: the answer is named, and only once.
        publish_left(dir.path());
        publish_left(dir.path());
        assert_eq!(named(dir.path()), [pair("orders.v1.edi.ack.x12", "one")]);
    }

    #[test]
    fn another_file_of_the_same_name_takes_no_answer_away() {
        let dir = tempfile::tempdir().unwrap();
        // The hub dies behind the move of the first; the partner drops the next one.
        prepared(dir.path(), "orders.edi", "one");
        let file = prepared(dir.path(), "orders.edi", "two");
        publish_left(dir.path());
        assert_eq!(named(dir.path()), [pair("orders.edi.ack.x12", "one")]);
        fs::remove_file(file).unwrap();
        publish_left(dir.path());
        let both = [pair("orders.edi.ack.x12", "one"), pair("orders.edi.ack.x12.1", "two")];
        assert_eq!(named(dir.path()), both);
    }

    #[test]
    fn a_released_file_is_not_answered_before_it_is_moved() {
        let dir = tempfile::tempdir().unwrap();
        let name = format!("{}.edi", "n".repeat(240));
        fs::rename(prepared(dir.path(), &name, "one"), dir.path().join("file")).unwrap();
        let held = dir.path().join("held");
        fs::create_dir(&held).unwrap();
        let id = "01933a3c-7b7c-7c63-9f6e-3c3a7c1c9b11";
        let place = held.join(super::super::folder::held_name(id, name.as_ref()));
        fs::rename(dir.path().join("file"), &place).unwrap();
        // It will be taken out of held/, and answered, once more.
        publish_left(dir.path());
        assert_eq!(named(dir.path()), []);
        fs::remove_file(place).unwrap();
        publish_left(dir.path());
        assert_eq!(named(dir.path()).len(), 1);
    }

    #[test]
    fn answers_are_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["one", "two"] {
            let said = answer(text, text == "two");
            publish(&prepare(dir.path(), ("a.edi", "00"), &said).unwrap());
        }
        assert_eq!(
            named(dir.path()),
            [pair("a.edi.ack.x12", "one"), pair("a.edi.ack.x12.1", "two")]
        );
    }

    #[test]
    fn callers_ask_by_the_media_type() {
        let headers = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(http::header::ACCEPT, value.parse().unwrap());
            is_wanted(&headers)
        };
        assert!(headers("application/EDI-X12"));
        assert!(headers("application/json;q=0.1, application/edifact; q=1"));
        assert!(!headers("application/json") && !headers("*/*"));
    }
}
