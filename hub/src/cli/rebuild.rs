//! `channelhub rebuild`: throw a fold away and make it again from the journal.

use super::{Failure, client::DataFolder, screen::count};
use crate::app::DataFiles;
use journal::{Reader, opening::lock_file};
use std::{io::IsTerminal as _, process::ExitCode};
use store::Store;

/// Entries taken at a time.
const BATCH_ENTRIES: usize = 512;

/// Throw a fold away and make it again from the journal. Stop the hub first.
#[derive(Debug, clap::Args)]
pub(super) struct Rebuild {
    /// Which: store, deliveries, or all.
    #[arg(value_parser = ["store", "deliveries", "all"])]
    fold: String,
    #[command(flatten)]
    folder: DataFolder,
}

impl Rebuild {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let head = self.make_again(&self.folder.files()?)?;
        say!("{}: made again from {}", self.fold, count(head, "entry"));
        Ok(ExitCode::SUCCESS)
    }

    /// Makes it again; gives how many entries it was made from.
    fn make_again(&self, files: &DataFiles) -> Result<u64, String> {
        let text = |it: &dyn std::fmt::Display| it.to_string();
        let journal = Reader::open_read_only(&files.journal(), None).map_err(|it| text(&it))?;
        // Queries and deliveries of a running hub are answered from the same file, and
        // a hub that starts now has to wait: both hold this lock.
        let _alone = lock_file(&files.journal()).map_err(|it| match it {
            journal::Error::InUse { .. } => format!("{it}. Stop the hub first"),
            _ => it.to_string(),
        })?;
        let head = journal.head().map_err(|it| text(&it))?;
        let mut store = Store::rebuild(files.store(), &self.fold).map_err(|it| text(&it))?;
        let on_terminal = std::io::stderr().is_terminal();
        while store.position() < head {
            let entries =
                journal.read(store.position() + 1, BATCH_ENTRIES).map_err(|it| text(&it))?;
            let at = store.apply(&entries).map_err(|it| text(&it))?.position;
            if on_terminal {
                eprint!("\r{}: {at} of {head} entries ({}%)", self.fold, at * 100 / head.max(1));
            }
        }
        if on_terminal {
            eprintln!();
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::testing::House, cli::Config};
    use canon::entry::{Act, Deed};
    use journal::Draft;

    /// Goal: the folds of a running hub are not emptied under it, and a damaged file is
    /// not taken away from it.
    #[tokio::test]
    async fn nothing_is_made_again_beside_a_running_hub() {
        let House { rooms, folder } = House::open(&[]);
        let act = Act { actor: "hub".into(), act: Deed::Stopped };
        rooms.journal.append(Draft::Act(Box::new(act))).await.unwrap();
        let files = DataFiles::new(folder.path().join("data"));
        let config = Config { config: folder.path().to_owned() };
        let folder = DataFolder { config, data: None };
        let rebuild = Rebuild { fold: "all".to_owned(), folder };
        let told = rebuild.make_again(&files).unwrap_err();
        assert!(told.contains("Stop the hub first"), "{told}");
        rooms.tasks.finish().await;
        rooms.journal.close().await.unwrap();
        drop(rooms);
        assert_eq!(rebuild.make_again(&files), Ok(1));
    }
}
