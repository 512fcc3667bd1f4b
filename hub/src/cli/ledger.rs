//! `channelhub ledger`: the proofs, from the files alone.

use super::{Failure, client::DataFolder, screen::count};
use clap::Subcommand;
use ledger::{Inputs, note::PublicKey, verify::Place};
use std::{path::PathBuf, process::ExitCode};

/// The ledger.
#[derive(Debug, Subcommand)]
pub(super) enum Ledger {
    /// Recompute everything: entries, tree, checkpoints, raw bytes. Works beside
    /// a running hub and without one. Exit code 1 when anything is wrong.
    Verify(Verify),
}

/// What to verify.
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    #[command(flatten)]
    folder: DataFolder,
    /// A signed checkpoint kept elsewhere; may be given several times.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// The public key, when it is not to be read from the data folder.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Ledger {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Verify(it) => it.run(),
        }
    }
}

impl Verify {
    fn run(self) -> Result<ExitCode, Failure> {
        let files = self.folder.files()?;
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).map_err(|cause| format!("{}: {cause}", path.display()))
        };
        let mut beside = files.ledger_key().into_os_string();
        beside.push(".pub");
        let key = read(&self.public_key.unwrap_or_else(|| beside.into()))?;
        let key = PublicKey::parse(key.trim()).map_err(|it| it.to_string())?;
        let outside = self.checkpoint.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let seal_key = files.seal_key();
        let report = ledger::verify(Inputs {
            journal: &files.journal(),
            ledger: &files.ledger(),
            public_key: &key,
            seal_key: seal_key.exists().then_some(seal_key.as_path()),
            outside: &outside,
        })
        .map_err(|it| it.to_string())?;
        let sound = report.is_sound();
        if self.json {
            say!("{}", as_json(&report));
        } else {
            print(&report);
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(report: &ledger::Report) {
    say!("entries      {}", report.size);
    say!("root         {}", canon::id::hex(&report.root));
    say!("in the tree  {}", report.ledger_size);
    say!("checkpoints  {} ({} from outside)", report.checkpoints, report.outside);
    say!("raw bytes    {} verified, {} sealed", report.raw_checked, report.raw_sealed);
    for fault in &report.faults {
        say!("fault        {}: {}", place(fault.place), fault.what);
    }
    let total = report.faults_total;
    match total {
        0 => say!("sound"),
        total => say!("NOT SOUND: {}", count(total, "fault")),
    }
}

fn place(place: Place) -> String {
    match place {
        Place::Journal => "journal".to_owned(),
        Place::Entry(seq) => format!("entry {seq}"),
        Place::Ledger => "ledger".to_owned(),
        Place::Tile(level, index) => format!("tile {level}/{index}"),
        Place::Checkpoint(size) => format!("checkpoint of {size}"),
    }
}

fn as_json(report: &ledger::Report) -> serde_json::Value {
    let faults: Vec<_> = report
        .faults
        .iter()
        .map(|it| serde_json::json!({ "place": place(it.place), "what": it.what }))
        .collect();
    serde_json::json!({
        "sound": report.is_sound(),
        "entries": report.size,
        "root": canon::id::hex(&report.root),
        "in_tree": report.ledger_size,
        "checkpoints": report.checkpoints,
        "raw_checked": report.raw_checked,
        "faults": faults,
        "faults_total": report.faults_total,
    })
}
