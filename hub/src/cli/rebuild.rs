//! `channelhub rebuild`: throw a fold away and make it again from the journal.

use super::{Config, Failure, client};
use crate::app::DataFiles;
use journal::Reader;
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
    config: Config,
}

impl Rebuild {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let settings = client::load(&self.config.config)?;
        let files = DataFiles::new(settings.hub.data.clone());
        let text = |it: &dyn std::fmt::Display| it.to_string();
        let journal = Reader::open_read_only(&files.journal(), None).map_err(|it| text(&it))?;
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
        say!("{}: made again from {head} entries", self.fold);
        Ok(ExitCode::SUCCESS)
    }
}
