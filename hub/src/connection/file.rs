//! The file of one connection: its refresh token, sealed, and what is known of it.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use canon::clock::Timestamp;
use delivery::{
    Secret,
    auth::{Kept, Turn},
};
use journal::Seal;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, TryLockError},
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// One connection. Cheap to make: everything is in its file.
#[derive(Clone, Debug)]
pub struct Connection {
    channel: String,
    seal_key: PathBuf,
    path: PathBuf,
}

/// What is known of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The channel.
    pub channel: String,
    /// When somebody connected it.
    pub connected_at: Timestamp,
    /// When its token was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// How often.
    #[serde(default)]
    pub uses: u64,
    /// A use began then and its end is not known: the far side may have spent the
    /// token that is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_doubt_since: Option<Timestamp>,
    /// The far side does not take it any more: when, and what it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<(Timestamp, String)>,
    /// The refresh token, Base64 of what the hub's seal key made of it.
    sealed: String,
}

/// One use of the token. Holds the lock until it is over.
#[derive(Debug)]
struct Use {
    connection: Connection,
    state: State,
    token: Secret,
    _lock: fs::File,
}

/// A connection that waits for its first token. Holds the lock until then.
#[derive(Debug)]
pub struct Reserved {
    connection: Connection,
    _lock: fs::File,
}

// === impl Reserved ===

impl Reserved {
    /// Keeps the first token of a new connection, in place of whatever was there.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    pub fn connect(self, token: &Secret, now: Timestamp) -> Result<(), String> {
        let connection = &self.connection;
        connection.write(&State {
            channel: connection.channel.clone(),
            connected_at: now,
            used_at: None,
            uses: 0,
            in_doubt_since: None,
            refused: None,
            sealed: connection.seal(token)?,
        })
    }
}

// === impl Connection ===

impl Connection {
    /// The connection of `channel` in a data folder.
    #[must_use]
    pub fn of(data: &Path, channel: &str) -> Self {
        Self {
            channel: channel.to_owned(),
            seal_key: data.join("seal.key"),
            path: data.join("connections").join(format!("{channel}.json")),
        }
    }

    /// What is known of it; `None`: nobody has connected it yet.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn state(&self) -> Result<Option<State>, String> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(self.named(&cause)),
        };
        serde_json::from_str(&text).map(Some).map_err(|it| self.named(&it))
    }

    /// Keeps the connection for somebody who is about to get its first token: from
    /// then on nobody uses what is there, and a token can be kept. `None`: it is in
    /// use just now.
    ///
    /// # Errors
    ///
    /// When nothing could be kept.
    pub fn reserve(&self) -> Result<Option<Reserved>, String> {
        let Some(lock) = self.try_lock()? else { return Ok(None) };
        // A token is given once: what would keep it from being kept is found before.
        self.seal(&Secret::new("probe"))?;
        self.part().map_err(|cause| self.named(&cause))?;
        Ok(Some(Reserved { connection: self.clone(), _lock: lock }))
    }

    /// What to say when it is in use.
    #[must_use]
    pub fn in_use(&self) -> String {
        format!("the connection of {} is in use just now; try again", self.channel)
    }

    fn seal(&self, token: &Secret) -> Result<String, String> {
        let key = &self.seal_key;
        if !key.exists() && key.with_file_name("journal.db").exists() {
            // A new one would not be that of the journal.
            return Err(format!("{} is missing: put it back first", key.display()));
        }
        let seal = Seal::load_or_create(key).map_err(|it| it.to_string())?;
        let sealed = seal.seal(&self.name(), token.expose().as_bytes());
        sealed.map(|it| BASE64_STANDARD.encode(it)).map_err(|it| it.to_string())
    }

    fn open(&self, state: &State) -> Result<Secret, String> {
        let seal = Seal::load(&self.seal_key).map_err(|it| it.to_string())?;
        let sealed = BASE64_STANDARD.decode(&state.sealed).map_err(|it| self.named(&it))?;
        let token = seal.open(&self.name(), &sealed);
        let token = token.map_err(|fault| self.named(&format!("it does not open: {fault}")))?;
        String::from_utf8(token).map(Secret::new).map_err(|it| self.named(&it.utf8_error()))
    }

    /// What it is sealed for: it opens for no other channel.
    fn name(&self) -> String {
        format!("connection:{}", self.channel)
    }

    /// Whole or not at all, and on disk when this returns.
    fn write(&self, state: &State) -> Result<(), String> {
        let text = serde_json::to_string_pretty(state).map_err(|it| self.named(&it))?;
        let written = self.part().and_then(|(mut file, part)| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &self.path)?;
            self.folder().map_or(Ok(()), |it| fs::File::open(it)?.sync_all())
        });
        written.map_err(|cause| self.named(&cause))
    }

    /// The file that is written before it takes the place of the one there is.
    fn part(&self) -> std::io::Result<(fs::File, PathBuf)> {
        let part = self.path.with_extension("part");
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        Ok((file, part))
    }

    fn folder(&self) -> Option<&Path> {
        self.path.parent()
    }

    fn lock(&self) -> Result<fs::File, String> {
        self.try_lock()?.ok_or_else(|| self.in_use())
    }

    /// Let go of by the kernel, however the process ends. `None`: in use.
    fn try_lock(&self) -> Result<Option<fs::File>, String> {
        if let Some(folder) = self.folder() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|cause| self.named(&cause))?;
        }
        let path = self.path.with_extension("lock");
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(|cause| format!("{}: {cause}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(format!("{}: {cause}", path.display())),
        }
    }

    fn named(&self, fault: &dyn std::fmt::Display) -> String {
        format!("{}: {fault}", self.path.display())
    }
}

impl Kept for Connection {
    fn begin(&self, now: Timestamp) -> Result<Box<dyn Turn>, String> {
        let lock = self.lock()?;
        let channel = &self.channel;
        let connect = format!("`channelhub connect {channel}`");
        let mut state =
            self.state()?.ok_or_else(|| format!("{channel} is not connected: run {connect}"))?;
        if let Some((at, why)) = &state.refused {
            return Err(format!(
                "the far side has refused the refresh token of {channel} at {at} ({why}): run \
                 {connect}"
            ));
        }
        let token = self.open(&state)?;
        // An earlier doubt stays: that token may be spent, whatever this use shows.
        state.in_doubt_since.get_or_insert(now);
        self.write(&state)?;
        Ok(Box::new(Use { connection: self.clone(), state, token, _lock: lock }))
    }

    fn since(&self) -> Option<Timestamp> {
        self.state().ok().flatten().map(|it| it.connected_at)
    }
}

// === impl Use ===

impl Turn for Use {
    fn token(&self) -> Secret {
        self.token.clone()
    }

    fn done(&mut self, next: Option<&Secret>, now: Timestamp) -> Result<(), String> {
        if let Some(next) = next {
            self.state.sealed = self.connection.seal(next)?;
        }
        self.state.used_at = Some(now);
        self.state.uses += 1;
        self.state.in_doubt_since = None;
        self.connection.write(&self.state)
    }

    fn refused(&mut self, why: &str, now: Timestamp) {
        let doubt = self.state.in_doubt_since.filter(|it| *it < now);
        let doubt = doubt.map(|since| {
            format!("; a use that began at {since} was cut off before its answer was kept")
        });
        self.state.refused = Some((now, format!("{why}{}", doubt.unwrap_or_default())));
        if let Err(fault) = self.connection.write(&self.state) {
            // It is asked once more after a restart, and refused once more.
            tracing::warn!(fault, "that a refresh token is refused could not be noted");
        }
    }
}

#[cfg(test)]
mod tests;
