//! `channelhub salvage`: what can still be read of a damaged journal, in a new file.

use super::{Failure, backup::chain, client::DataFolder};
use std::process::ExitCode;

/// Save what can be read of a damaged journal: every entry before the first damaged
/// one, in a new file beside it. The damaged one is only read. A backup is better
/// where there is one. Stop the hub first.
#[derive(Debug, clap::Args)]
pub(super) struct Salvage {
    #[command(flatten)]
    folder: DataFolder,
}

impl Salvage {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let from = self.folder.files()?.journal();
        let to = from.with_extension("db.salvaged");
        let saved = journal::salvage::salvage(&from, &to).map_err(|it| chain(&it))?;
        say!("{}: entries 1 to {}", saved.path.display(), saved.head);
        if let Some(end) = saved.ended_by {
            say!("it ends there: {end}");
        }
        if saved.raw_lost > 0 {
            say!("the raw bytes of {} of them are lost", saved.raw_lost);
        }
        say!(
            "To go on with it, keep the damaged files somewhere else: move journal.db, its -wal, \
             its -shm, its .rest and its .accepted away, ledger.db and store.db too, and give the new file the name journal.db. \
             Ledger and store are made anew from it at the next start. Checkpoints of the old ledger \
             that name more entries than these prove what is missing: keep them."
        );
        Ok(ExitCode::SUCCESS)
    }
}
