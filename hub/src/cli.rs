//! The command line: one file per command.

#[macro_use]
mod screen;

mod backup;
mod check;
mod client;
mod connect;
mod data;
mod files;
mod health;
mod init;
mod keys;
mod layout;
mod ledger;
mod letters;
mod list;
mod map;
mod problem;
mod progress;
mod rebuild;
mod replay;
mod salvage;
mod serve;
mod shadow;
mod sheet;
mod tap;
mod text;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// One gateway between POS, ERP, CRM, MA, SFA and EC systems.
///
/// It takes data as each system sends it, makes it canonical by declarative
/// maps, stores it before it says yes, and delivers it to every system that
/// needs it.
///
/// First steps: `channelhub init DIR`, `channelhub serve --config DIR`, and in
/// another terminal `channelhub tap --config DIR`.
#[derive(Debug, Parser)]
#[command(name = "channelhub", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the hub.
    Serve(serve::Serve),
    /// Write a small commented configuration that runs.
    Init(init::Init),
    /// Show every adapter, transport, format, function, and the channels of a
    /// configuration.
    List(list::List),
    /// Watch records at each step of a running hub, live.
    Tap(tap::Tap),
    /// Check a configuration: every fault with file, line and column.
    Check(check::Check),
    /// Work with maps: run, check, test, explain.
    #[command(subcommand)]
    Map(map::Map),
    /// Look at files from elsewhere: character set, layout, what would be lost.
    #[command(subcommand)]
    Text(text::Text),
    /// Layout files: made from COBOL copybooks, checked.
    #[command(subcommand)]
    Layout(layout::LayoutCommand),
    /// Verify the ledger, without a running hub.
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Records and deliveries set aside: list, show, edit, resubmit, discard.
    #[command(subcommand)]
    Letters(letters::Letters),
    /// Send stored events again, with the maps of then or of today.
    Replay(replay::Replay),
    /// Run a new version of a map over what really came, and show what differs.
    Shadow(shadow::Shadow),
    /// Copy journal, ledger, keys and configuration, while the hub runs or not.
    Backup(backup::Backup),
    /// Put a backup into an empty data folder, and verify it.
    Restore(backup::Restore),
    /// Save what can be read of a damaged journal.
    Salvage(salvage::Salvage),
    /// Files of folder channels: held and late ones; release, discard.
    #[command(subcommand)]
    Files(files::Files),
    /// Connect a channel whose far system wants a person's consent (OAuth 2).
    Connect(connect::Connect),
    /// List the connections and what is wrong with them.
    Connections(connect::Connections),
    /// Throw a fold away and make it again from the journal.
    Rebuild(rebuild::Rebuild),
    /// Explain every key of a configuration, or one.
    Keys(keys::Keys),
    /// Explain a problem code.
    Problem(problem::Problem),
    /// Ask a running hub whether it is ready; exit code 0 when it is.
    Health(health::Health),
}

/// Which configuration.
#[derive(Clone, Debug, clap::Args)]
struct Config {
    /// Folder with hub.yaml, channels/ and routes.yaml.
    #[arg(long, value_name = "DIR", default_value = ".")]
    config: PathBuf,
}

/// Why a command failed: printed after `channelhub: `.
type Failure = String;

/// Runs the command named by the arguments of this process.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(it) => it.run(),
        Command::Init(it) => it.run(),
        Command::List(it) => it.run(),
        Command::Tap(it) => it.run(),
        Command::Check(it) => it.run(),
        Command::Map(it) => it.run(),
        Command::Text(it) => it.run(),
        Command::Layout(it) => it.run(),
        Command::Ledger(it) => it.run(),
        Command::Letters(it) => it.run(),
        Command::Replay(it) => it.run(),
        Command::Shadow(it) => it.run(),
        Command::Backup(it) => it.run(),
        Command::Restore(it) => it.run(),
        Command::Salvage(it) => it.run(),
        Command::Files(it) => it.run(),
        Command::Connect(it) => it.run(),
        Command::Connections(it) => it.run(),
        Command::Rebuild(it) => it.run(),
        Command::Keys(it) => it.run(),
        Command::Problem(it) => it.run(),
        Command::Health(it) => it.run(),
    };
    outcome.unwrap_or_else(|failure| {
        eprintln!("channelhub: {failure}");
        ExitCode::FAILURE
    })
}

/// A runtime for commands that talk to a running hub.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| format!("cannot start: {cause}"))?;
    runtime.block_on(future)
}
