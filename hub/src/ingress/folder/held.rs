//! Files that were held: taken when they are released, moved when discarded.
//!
//! In `held/` a file's name begins with the id of the refusal that held it, so
//! the journal alone says what is to become of it.

use super::{
    super::receive::Reception,
    expect, look as files_in,
    moves::{NOTE, put},
    take::{Dropped, Taken, take},
};
use crate::{app::house::Channel, problem::Refusal};
use canon::entry::{Act, Deed};
use journal::Draft;
use std::{path::Path, sync::Arc};
use store::{HeldFile, HeldState};
use tracing::{info, warn};

/// Characters of an id in a name.
const ID_CHARS: usize = 36;

/// Looks at what is held, in the order in which it came.
pub(super) async fn look(reception: &Reception, channel: &Arc<Channel>, folder: &Path) {
    let aside = folder.join("held");
    if !tokio::fs::try_exists(&aside).await.unwrap_or(false) {
        return;
    }
    for (file, stamp) in files_in(&aside).await {
        let full = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((id, name)) = named(&full) else { continue };
        let Some(held) = of(reception, id).await else { continue };
        match held.state {
            HeldState::Held => release_if_it_follows(reception, channel, &held).await,
            HeldState::Discarded => {
                put(&file, (&folder.join("discarded"), name)).await;
                forget_reason(&file).await;
            }
            HeldState::Released => {
                let dropped =
                    Dropped { folder, file: &file, name, stamp, released: Some(&held.id) };
                if take(reception, channel, &dropped).await == Taken::NotNow {
                    return;
                }
                forget_reason(&file).await;
            }
        }
    }
}

/// The id and the name as it was dropped; `None` for the reasons beside files.
fn named(full: &str) -> Option<(&str, &str)> {
    let (id, rest) = full.split_at_checked(ID_CHARS)?;
    let name = rest.strip_prefix('.').filter(|it| !it.ends_with(NOTE))?;
    Some((id, name))
}

async fn of(reception: &Reception, id: &str) -> Option<HeldFile> {
    let id = id.to_owned();
    let found = reception.rooms().ask_store(move |reader| reader.held_file(&id)).await;
    found.inspect_err(|fault| warn!(%fault, "what is held cannot be asked for")).ok()?
}

/// A file that waits for nothing but the number before it is taken when that
/// one has come.
async fn release_if_it_follows(reception: &Reception, channel: &Arc<Channel>, held: &HeldFile) {
    let Some(arrives) = channel.arrives() else { return };
    let waits_for_others_only = held
        .reason
        .trim_start_matches(Refusal::HELD_PREFIX)
        .split(Refusal::REASONS_BETWEEN)
        .all(|it| it.starts_with("gap: "));
    if !waits_for_others_only {
        return;
    }
    if !expect::follows(reception, channel, arrives, &held.name).await.unwrap_or(false) {
        return;
    }
    info!(file = held.name, "the gap before it is filled");
    let reason = "the gap before it is filled".to_owned();
    let act = Deed::FileReleased { file: held.id.clone(), reason };
    let act = Box::new(Act { actor: "hub".to_owned(), act });
    if let Err(fault) = reception.rooms().journal.append(Draft::Act(act)).await {
        warn!(%fault, "it stays held; tried again");
    }
}

/// The reason beside a file goes with it.
async fn forget_reason(file: &Path) {
    let mut beside = file.as_os_str().to_owned();
    beside.push(NOTE);
    if !tokio::fs::try_exists(file).await.unwrap_or(true)
        && let Err(cause) = tokio::fs::remove_file(&beside).await
        && cause.kind() != std::io::ErrorKind::NotFound
    {
        warn!(%cause, "the reason beside a file stays there");
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_held_file_is_named_by_its_refusal() {
        let id = "01933a3c-7b7c-7c63-9f6e-3c3a7c1c9b11";
        let full = format!("{id}.売上.csv");
        assert_eq!(named(&full), Some((id, "売上.csv")));
        for other in [format!("{id}.売上.csv.problem.json"), "売上.csv".to_owned(), id.to_owned()]
        {
            assert_eq!(named(&other), None, "{other}");
        }
    }
}
