//! Answers to partners that send EDI: what was accepted of what they sent.
//!
//! In a folder an answer is written hidden, then the file is moved away, then
//! the answer is given its name. A crash before the move means that the file is
//! read again, and the same answer is written over itself; a crash behind it
//! leaves a hidden answer whose file is gone, and the next look names it. So each
//! file that was taken is answered exactly once.

use crate::{
    app::house::Channel,
    arrival::Answer,
    problem::{Refusal, Retry},
};
use adapter_kit::package::Acknowledged;
use canon::clock::Timestamp;
use http::HeaderMap;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use tracing::{error, info};

/// Where answers lie in a channel's folder.
const FOLDER: &str = "ack";
/// Ending of an answer that has no name yet.
const PENDING: &str = ".pending";
/// Control numbers between two entries of the journal; an answer takes the last
/// ones of its entry, messages that go out the first.
const NUMBERS: u64 = 1000;

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
    /// The control number of its answer; none where nothing is answered.
    pub(super) fn last_number(self) -> Option<u64> {
        let sequence = match self {
            Self::Taken(answer) => Some(answer.sequence),
            Self::Refused(_, sequence) => sequence.filter(|_| self.is_final()),
        };
        sequence.map(|it| it.wrapping_mul(NUMBERS).wrapping_add(NUMBERS - 1))
    }

    /// Only what was read and will not be taken is worth telling: a stranger is
    /// told nothing, and what may be sent again is not answered yet.
    fn is_final(self) -> bool {
        let Self::Refused(refusal, _) = self else { return true };
        let read = matches!(
            refusal,
            Refusal::Undecodable { .. }
                | Refusal::UnknownRecord { .. }
                | Refusal::SchemaMismatch { .. }
                | Refusal::Unmappable { .. }
                | Refusal::VersionConflict { .. }
        );
        read && matches!(refusal.facts().retry, Retry::Never)
    }
}

/// The answer to an arrival, if its format has answers.
pub(super) fn answer(
    channel: &Channel,
    bytes: &[u8],
    outcome: Outcome<'_>,
    at: Timestamp,
) -> Option<Acknowledged> {
    let last = outcome.last_number()?;
    let refused = matches!(outcome, Outcome::Refused(..));
    channel.package().acknowledge(bytes, refused, at, last)
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

/// Writes an answer to the file `name` of `folder`, without a name of its own yet.
///
/// # Errors
/// When it cannot be stored; the file must stay where it is.
pub(super) fn prepare(
    folder: &Path,
    name: &str,
    answer: &Acknowledged,
    refused: bool,
) -> io::Result<Pending> {
    let place = folder.join(FOLDER);
    fs::create_dir_all(&place)?;
    // A refusal that is told again after a crash has another number: the answer
    // of the first telling is taken over, not added to.
    let mark = if refused { "refused" } else { "taken" };
    let hidden = format!(".{name}.{mark}.{}{PENDING}", answer.extension);
    let file = place.join(hidden);
    let part = place.join(format!(".{name}.{mark}.tmp"));
    let mut out = File::create(&part)?;
    out.write_all(&answer.bytes)?;
    out.sync_all()?;
    fs::rename(&part, &file)?;
    File::open(&place)?.sync_all()?;
    let name = OsString::from(format!("{name}.ack.{}", answer.extension));
    Ok(Pending { file, name })
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
        Ok(()) => info!(file = %to.display(), "acknowledged"),
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
        let mut parts = rest.rsplitn(3, '.');
        let (Some(extension), Some(_), Some(name)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if !folder.join(name).exists() {
            let name = OsString::from(format!("{name}.ack.{extension}"));
            publish(&Pending { file: entry.path(), name });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Acknowledged {
        let (media_type, extension) = ("application/edi-x12", "x12");
        Acknowledged { bytes: text.as_bytes().to_vec(), media_type, extension }
    }

    fn names(folder: &Path) -> Vec<String> {
        let read = fs::read_dir(folder.join(FOLDER)).unwrap();
        let mut names: Vec<String> =
            read.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_answer_is_named_once_its_file_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("orders.v1.edi");
        fs::write(&file, "x").unwrap();
        prepare(dir.path(), "orders.v1.edi", &answer("first"), false).unwrap();
        // A crash before the move: the file is still there, so it is read again.
        publish_left(dir.path());
        assert_eq!(names(dir.path()), [".orders.v1.edi.taken.x12.pending"]);
        prepare(dir.path(), "orders.v1.edi", &answer("again"), false).unwrap();
        fs::remove_file(&file).unwrap();
        // A crash behind the move: the answer is named, and only once.
        publish_left(dir.path());
        publish_left(dir.path());
        assert_eq!(names(dir.path()), ["orders.v1.edi.ack.x12"]);
        let text = fs::read_to_string(dir.path().join("ack/orders.v1.edi.ack.x12")).unwrap();
        assert_eq!(text, "again");
    }

    #[test]
    fn answers_are_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["one", "two"] {
            let pending = prepare(dir.path(), "a.edi", &answer(text), text == "two").unwrap();
            publish(&pending);
        }
        assert_eq!(names(dir.path()), ["a.edi.ack.x12", "a.edi.ack.x12.1"]);
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
