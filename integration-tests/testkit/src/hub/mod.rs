//! The real binary, as a process of its own.

mod binary;
pub mod client;
mod memory;
mod port;
mod processor;

use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};
use tokio::process::{Child, Command};

pub use binary::{find as find_binary, next_to_me};
pub use client::Client;
pub use journal::failpoint::NAMES as FAILPOINTS;
pub use memory::Memory;

use crate::{
    Fail, Result,
    wait::{Look, PATIENCE, until},
};

/// How much of the log a failure shows.
const LOG_LINES_SHOWN: usize = 40;

/// One hub and its configuration folder. Killed when dropped.
#[derive(Debug)]
pub struct Hub {
    binary: PathBuf,
    config: PathBuf,
    address: SocketAddr,
    log: PathBuf,
    token: String,
    child: Option<Child>,
    environment: BTreeMap<String, String>,
}

/// What a command of the binary gave back.
#[derive(Debug)]
pub struct Output {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

// === impl Hub ===

impl Hub {
    /// Starts it on a free port and waits until it is ready. `token` opens the API.
    ///
    /// # Errors
    /// When it does not get ready; with the end of its log.
    pub async fn start(binary: &Path, config: &Path, token: &str) -> Result<Self> {
        let mut hub = Self::prepare(binary, config, token)?;
        hub.restart().await?;
        Ok(hub)
    }

    /// A hub that is not running yet, with its port chosen.
    ///
    /// # Errors
    /// When no port is free.
    pub fn prepare(binary: &Path, config: &Path, token: &str) -> Result<Self> {
        Ok(Self {
            binary: binary.to_owned(),
            config: config.to_owned(),
            // The port must stay the same over restarts, so it is chosen here.
            address: port::free()?,
            log: config.with_file_name("hub.log"),
            token: token.to_owned(),
            child: None,
            environment: BTreeMap::new(),
        })
    }

    /// The point at which it dies when it is started next, `commit.within:3`; see
    /// the journal's failpoints.
    pub fn die_at(&mut self, point: Option<&str>) {
        self.set_env("CHANNELHUB_DIE_AT", point);
    }

    /// A variable of its environment when it is started next.
    pub fn set_env(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.environment.insert(name.to_owned(), value.to_owned()),
            None => self.environment.remove(name),
        };
    }

    /// Starts it again, on the same port and data.
    ///
    /// # Errors
    /// When it does not get ready; with the end of its log.
    pub async fn restart(&mut self) -> Result<()> {
        self.launch()?;
        let client = self.client();
        let what = "the hub gets ready";
        until(what, PATIENCE, async || {
            if let Some(status) = self.ended()? {
                let log = self.log_end();
                return Err(Fail::new(format!("the hub ended with {status}; its log:\n{log}")));
            }
            Ok(match client.answer("/readyz").await {
                Ok(answer) if answer.status == 200 => Look::Ready(()),
                Ok(answer) => Look::NotYet(format!("{} {}", answer.status, answer.body)),
                Err(fail) => Look::NotYet(format!("{fail}; log:\n{}", self.log_end())),
            })
        })
        .await
    }

    /// Starts the process and does not wait for anything.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn launch(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.binary)
            .arg("serve")
            .arg("--config")
            .arg(&self.config)
            .args(["--listen", &self.address.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .envs(&self.environment)
            .kill_on_drop(true)
            .spawn()
            .map_err(|it| Fail::from(it).during(&self.binary.display().to_string()))?;
        self.child = Some(child);
        Ok(())
    }

    /// `SIGKILL`, at once, and waits until the process is gone.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn kill9(&mut self) -> Result<()> {
        let mut child = self.child.take().ok_or_else(|| Fail::new("the hub is not running"))?;
        Ok(child.kill().await?)
    }

    /// `SIGTERM`, and waits for it to finish what it took.
    ///
    /// # Errors
    /// When it is not running or does not end.
    pub async fn stop(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        let mut child = self.child.take().ok_or_else(|| Fail::new("the hub is not running"))?;
        tokio::time::timeout(PATIENCE, child.wait())
            .await
            .map_err(|_| Fail::new(format!("the hub does not stop; log:\n{}", self.log_end())))?
            .map_err(Fail::from)
    }

    /// Sends the process a signal.
    ///
    /// # Errors
    /// When it is not running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.child.as_ref().and_then(Child::id).and_then(|id| i32::try_from(id).ok());
        let pid = pid.and_then(Pid::from_raw).ok_or_else(|| Fail::new("the hub is not running"))?;
        Ok(kill_process(pid, signal)?)
    }

    /// How much memory it has, as the system counts it.
    ///
    /// # Errors
    /// When it is not running, or there is no `/proc`.
    pub fn memory(&self) -> Result<Memory> {
        let pid = self.child.as_ref().and_then(Child::id);
        Memory::of(pid.ok_or_else(|| Fail::new("the hub is not running"))?)
    }

    /// How much processor time it has used, all its threads together.
    ///
    /// # Errors
    /// When it is not running, or there is no `/proc`.
    pub fn cpu(&self) -> Result<std::time::Duration> {
        let pid = self.child.as_ref().and_then(Child::id);
        processor::time_of(pid.ok_or_else(|| Fail::new("the hub is not running"))?)
    }

    /// How it ended, if it did by itself.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.as_mut().map_or(Ok(None), |child| Ok(child.try_wait()?))
    }

    /// Runs another command of the binary, with `--config` at its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn command(&self, arguments: &[&str]) -> Result<Output> {
        let config = self.config.display().to_string();
        let with_config: Vec<&str> =
            arguments.iter().copied().chain(["--config", &config]).collect();
        run(&self.binary, &with_config).await
    }

    /// A client with the API token.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.url(), Some(&self.token))
    }

    /// A client without any token.
    #[must_use]
    pub fn stranger(&self) -> Client {
        Client::new(&self.url(), None)
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that opens the API.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its configuration folder.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The binary.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// All it has written to its log, over all its lives.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read(&self.log)
            .map_or_else(|it| it.to_string(), |it| String::from_utf8_lossy(&it).into_owned())
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let from = lines.len().saturating_sub(LOG_LINES_SHOWN);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

/// Runs the binary with these arguments and nothing else.
///
/// # Errors
/// When it cannot be started.
pub async fn run(binary: &Path, arguments: &[&str]) -> Result<Output> {
    let output = Command::new(binary)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|it| Fail::from(it).during(&binary.display().to_string()))?;
    Ok(Output {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
