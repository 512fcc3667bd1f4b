//! Watches the configuration and puts a changed one in force. One with faults
//! is reported with file, line and column, and the old one stays.

use super::{Rooms, house::House, library::Library};
use crate::{
    observe::tap::Line,
    settings::{self, Settings},
};
use canon::entry::{Act, Deed};
use codec::diagnostic::Diagnostic;
use journal::Draft;
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tracing::{error, info, warn};

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Size and time of each file.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// A house with what it was made from.
#[derive(Debug)]
pub struct Read {
    /// The settings.
    pub settings: Settings,
    /// Channels put together.
    pub house: House,
    /// What the files were like before they were read: what is changed while the
    /// daemon starts is a change.
    pub stamps: Stamps,
}

/// Reads `dir` into a house, reporting faults and warnings through `report`.
///
/// # Errors
///
/// How many faults there are; each was reported.
pub fn read(
    dir: &Path,
    before: Option<&House>,
    report: &mut dyn FnMut(&Diagnostic, &str),
) -> Result<Read, usize> {
    let mut stamps = own_stamps(dir);
    let loaded = settings::load(dir);
    let source = |file: &str| loaded.sources.get(file).cloned().unwrap_or_default();
    for diagnostic in &loaded.diagnostics {
        report(diagnostic, &source(&diagnostic.file));
    }
    let Some(settings) = &loaded.settings else {
        return Err(settings::errors(&loaded.diagnostics));
    };
    stamps.extend(stamps_below(settings.hub.packages.clone()));
    let library = Library::new(&settings.hub.packages);
    let text = |file: &str| {
        use adapter_kit::files::Files as _;
        let own = source(file);
        if own.is_empty() {
            let bytes = library.read(file).unwrap_or_default();
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        own
    };
    match House::build(settings, &loaded.sources, &library, before) {
        Ok((house, warnings)) => {
            for warning in &warnings {
                report(warning, &text(&warning.file));
            }
            Ok(Read { settings: settings.clone(), house, stamps })
        }
        Err(faults) => {
            for fault in &faults {
                report(fault, &text(&fault.file));
            }
            Err(settings::errors(&faults))
        }
    }
}

/// Writes down which configuration is in force; the deliveries follow the
/// routes in this entry.
///
/// # Errors
///
/// [`journal::Error`] when it cannot be written.
pub async fn declare(rooms: &Rooms, house: &House) -> Result<(), journal::Error> {
    let deed =
        Deed::Configured { config_sha256: house.sha256.clone(), routes: house.routes.clone() };
    rooms.tap.tell(|| Line {
        at: rooms.clock.now(),
        step: "configured",
        channel: String::new(),
        id: house.sha256.clone(),
        what: json!({ "channels": house.channels().count(), "routes": house.routes.len() }),
    });
    rooms.journal.append(Draft::Act(Box::new(Act { actor: "hub".into(), act: deed }))).await?;
    Ok(())
}

/// Looks for changes until the daemon stops. `changed` is called with the
/// settings of each new house.
pub async fn watch(
    rooms: Arc<Rooms>,
    dir: PathBuf,
    folders: Vec<PathBuf>,
    mut seen: Stamps,
    changed: impl Fn() + Send,
) {
    let stopping = rooms.tasks.stopping();
    loop {
        tokio::select! {
            () = rooms.clock.sleep(LOOK_EVERY) => {}
            () = stopping.cancelled() => return,
        }
        let mut now = own_stamps(&dir);
        now.extend(stamps_below(folders.clone()));
        if now == seen {
            continue;
        }
        let before = rooms.house();
        match read(&dir, Some(&before), &mut |it, source| warn!("{}", it.render(source))) {
            Ok(Read { house, .. }) if house.organisation != before.organisation => {
                seen = now;
                error!("`organisation` is part of every id and cannot change; the old one stays");
            }
            Ok(Read { house, .. }) => match declare(&rooms, &house).await {
                Ok(()) => {
                    seen = now;
                    info!(
                        sha256 = house.sha256,
                        "configuration reloaded; listen, data, packages, \
                           limits and telemetry of hub.yaml take effect at the next start"
                    );
                    rooms.replace_house(house);
                    changed();
                }
                // Tried again: the journal may take it later.
                Err(fault) => error!(%fault, "configuration not put in force"),
            },
            Err(faults) => {
                seen = now;
                error!(faults, "configuration has faults; the old one stays in force");
            }
        }
    }
}

/// What the files of a configuration folder are like.
fn own_stamps(dir: &Path) -> Stamps {
    let files = ["hub.yaml", "routes.yaml"].map(|it| dir.join(it));
    let mut stamps: Stamps = files.into_iter().filter_map(stamp).collect();
    stamps.extend(stamps_below(vec![dir.join("channels"), dir.join("secrets")]));
    stamps
}

fn stamp(path: PathBuf) -> Option<(PathBuf, (u64, Option<SystemTime>))> {
    let data = std::fs::metadata(&path).ok()?;
    Some((path, (data.len(), data.modified().ok())))
}

/// What all files below these folders are like.
fn stamps_below(mut open: Vec<PathBuf>) -> Stamps {
    let mut stamps = Stamps::new();
    while let Some(folder) = open.pop() {
        for child in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match child.file_type() {
                Ok(kind) if kind.is_dir() => open.push(child.path()),
                Ok(kind) if kind.is_file() => stamps.extend(stamp(child.path())),
                Ok(_) | Err(_) => {}
            }
        }
    }
    stamps
}

#[cfg(test)]
mod tests {
    use crate::app::testing;

    /// Goal: a file that is saved while the daemon starts is not overlooked.
    #[tokio::test]
    async fn what_is_changed_after_it_was_read_is_a_change() {
        let house = testing::House::open(&[]);
        let dir = house.folder.path();
        let read = super::read(dir, None, &mut |it, text| panic!("{}", it.render(text))).unwrap();
        assert_eq!(super::own_stamps(dir), read.stamps);
        std::fs::write(dir.join("routes.yaml"), "# Nobody hears of anything.\nroutes: []\n")
            .unwrap();
        assert_ne!(super::own_stamps(dir), read.stamps);
    }
}
