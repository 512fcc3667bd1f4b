//! What is expected of a file: what its channel says, and the files before it.

use super::{super::receive::Reception, held, take::Dropped};
use crate::{app::house::Channel, arrival::Expected, problem::Refusal};
use bytes::Bytes;
use canon::entry::FileFacts;
use codec::layout::arrives::{Arrives, Past, Seen, Sequence};

/// Files before it that say what is usual.
const RECENT: u32 = 20;

/// What the bytes of a file say of it.
pub(super) struct Looked {
    /// SHA-256 hex.
    pub(super) sha256: String,
    /// How many.
    pub(super) bytes: u64,
    /// The line that names its columns, if it has one.
    pub(super) heading: Option<String>,
    /// The character set that it is clearly in, where that is another one.
    pub(super) mistaken: Option<&'static str>,
}

/// Looks at the bytes of a whole file.
///
/// # Errors
///
/// When that broke off.
pub(super) async fn look(channel: &Channel, bytes: &Bytes) -> Result<Looked, Refusal> {
    let layout = channel.package().layout();
    let heading = layout.and_then(|it| it.heading(bytes));
    let mistaken = layout.and_then(|it| it.mistaken_for(bytes));
    let hashed = bytes.clone();
    let sha256 = tokio::task::spawn_blocking(move || canon::id::sha256_hex(&hashed));
    let sha256 = sha256.await.map_err(|fault| Refusal::Inside { detail: fault.to_string() })?;
    Ok(Looked { sha256, bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX), heading, mistaken })
}

/// Looks up what came before a file; `None` where files are not checked.
///
/// # Errors
///
/// When the store cannot say; the file may be looked at again.
pub(super) async fn expected(
    reception: &Reception,
    channel: &Channel,
    dropped: &Dropped<'_>,
    looked: Looked,
) -> Result<Option<Expected>, Refusal> {
    // Interchanges are held for their numbers too, and what was held is known again.
    let counted = channel.package().acknowledges().then(Arrives::default);
    let Some(arrives) = channel.arrives().cloned().or(counted) else { return Ok(None) };
    let Looked { sha256, bytes, heading, mistaken } = looked;
    let facts = arrives.facts(&Seen {
        name: dropped.name,
        sha256: &sha256,
        bytes,
        records: None,
        heading: None,
    });
    let past = Box::pin(past(reception, channel.name(), &arrives, facts)).await?;
    // The hub itself releases what a filled gap held, and checks it as any other;
    // an operator's word is for the bytes that were held, not for others.
    let is_released =
        dropped.released.is_some_and(|it| it.settled_by != held::HUB && it.sha256 == sha256);
    Ok(Some(Expected { arrives, past, sha256, heading, mistaken, is_released }))
}

/// The files that a file is compared with. Waits until the store has seen what
/// was committed before: the file before it may be among that.
async fn past(
    reception: &Reception,
    channel: &str,
    arrives: &Arrives,
    facts: FileFacts,
) -> Result<Past, Refusal> {
    let (rooms, channel) = (reception.rooms(), channel.to_owned());
    let cycle = arrives.sequence.and_then(Sequence::cycle);
    // Without a day a number alone is known again only until numbers begin anew.
    let by_day = facts.day.is_some() || cycle.is_none();
    rooms.reached(Some(rooms.journal.head())).await?;
    rooms
        .ask_store(move |reader| {
            Ok(Past {
                recent: reader.files_taken(&channel, &facts.series, RECENT)?,
                same: match by_day {
                    true => reader.file_like(&channel, &facts)?,
                    false => None,
                },
                numbered: match facts.sequence.zip(cycle) {
                    Some(number) => reader.file_numbered(&channel, &facts.series, number)?,
                    None => None,
                },
                content: reader.file_of_content(&channel, &facts.sha256, &facts)?,
            })
        })
        .await
}

/// Whether a file that was held only for a gap follows the files now.
pub(super) async fn follows(
    reception: &Reception,
    channel: &Channel,
    arrives: &Arrives,
    (name, sha256): (&str, &str),
) -> Result<bool, Refusal> {
    let Some(facts) = arrives.name.as_ref().and_then(|it| it.read(name)) else { return Ok(false) };
    let facts = FileFacts { sha256: sha256.to_owned(), ..facts };
    let past = Box::pin(past(reception, channel.name(), arrives, facts.clone())).await?;
    Ok(arrives.follows(&facts, &past))
}

/// The id under which the same file is held already, if it is.
pub(super) async fn held_already(
    reception: &Reception,
    channel: &Channel,
    dropped: &Dropped<'_>,
    expected: &Expected,
) -> Option<String> {
    if expected.is_released {
        return None;
    }
    let (channel, name) = (channel.name().to_owned(), dropped.name.to_owned());
    let sha256 = expected.sha256.clone();
    let held =
        reception.rooms().ask_store(move |reader| reader.held_as(&channel, &name, &sha256)).await;
    Some(held.ok()??.id)
}
