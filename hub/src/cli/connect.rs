//! `channelhub connect` and `connections`: a person's consent becomes the refresh
//! token of a channel, and what is known of those there are.

mod redirect;

use super::{Failure, block_on, client::DataFolder};
use crate::{
    app::clock::SystemClock,
    connection::{self, Connection, Reserved, Wanted},
    settings::{
        ConnectionSettings,
        beside::{channel, connected_channels},
    },
};
use access::keys::ApiKey;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use canon::clock::Clock as _;
use delivery::{
    Secret,
    auth::{Grant, exchange},
};
use redirect::Redirect;
use sha2::{Digest as _, Sha256};
use std::{
    io::BufRead as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Connect a channel whose far system wants a person's consent (OAuth 2): prints the
/// address to open, takes what comes back, and keeps the refresh token, sealed, in the
/// data folder. A running hub uses it from its next try on.
#[derive(Debug, clap::Args)]
pub(super) struct Connect {
    /// The channel; its `auth` has a `connection`.
    channel: String,
    /// Read the refresh token from this file instead, where the far side gives one
    /// without a browser.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    folder: DataFolder,
}

/// List the channels with a connection: since when, when it was used last, and what
/// is wrong with it.
#[derive(Debug, clap::Args)]
pub(super) struct Connections {
    /// Print JSON lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    folder: DataFolder,
}

/// Pause before a connection that is in use is looked at again.
const TRY_AGAIN: Duration = Duration::from_millis(100);
/// So often it is tried: longer than a token endpoint may take to answer.
const TRIES_MAX: u32 = 350;
/// Where the far side sends the browser back to, when nothing else is set.
const REDIRECT_DEFAULT: &str = "http://127.0.0.1:8765/";

impl Connect {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let name = &self.channel;
        let channel = channel(&self.folder.config.config, name)?;
        let wanted = connection::wanted(&channel)?
            .ok_or_else(|| format!("channel {name} has no `connection` in its `auth`"))?;
        let connection = Connection::of(&self.folder.path()?, name);
        match &self.token_file {
            Some(path) => {
                let token = token_in(path)?;
                reserved(&connection)?.connect(&token, SystemClock.now())?;
            }
            None => consent(wanted, &connection)?,
        }
        say!("{name} is connected; a running hub uses it from its next try on");
        Ok(ExitCode::SUCCESS)
    }
}

/// The token in a file.
fn token_in(path: &Path) -> Result<Secret, Failure> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|cause| format!("{}: {cause}", path.display()))?;
    match text.trim() {
        "" => Err(format!("{} is empty: it must hold the refresh token", path.display())),
        text => Ok(Secret::new(text)),
    }
}

/// The connection, as soon as a running hub does not use it.
fn reserved(connection: &Connection) -> Result<Reserved, Failure> {
    block_on(async {
        for _try in 0..TRIES_MAX {
            if let Some(reserved) = connection.reserve()? {
                return Ok(reserved);
            }
            SystemClock.sleep(TRY_AGAIN).await;
        }
        Err(connection.in_use())
    })
}

/// Has a person consent in a browser, trades what comes back for the token, and
/// keeps it.
fn consent(mut wanted: Wanted, connection: &Connection) -> Result<(), Failure> {
    let random = || ApiKey::generate("connect").map_err(|it| it.to_string());
    let (state, verifier) = (random()?, random()?);
    let to = wanted.settings.redirect_uri.get_or_insert_with(|| REDIRECT_DEFAULT.to_owned());
    // Listens before the address is shown: the answer may come at once.
    let redirect = Redirect::listen(to)?;
    let verifier = wanted.settings.pkce.then(|| verifier.expose().to_owned());
    let url = address(&wanted.settings, state.expose(), verifier.as_deref())?;
    say!("Open this address in a browser, and say yes there:\n\n  {url}\n");
    let code = match redirect {
        Some(redirect) => {
            say!("Waiting for the answer at {}", redirect.address());
            redirect.code(state.expose())?
        }
        None => {
            say!("Then paste the code that is shown there:");
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            read.map_err(|cause| cause.to_string())?;
            line.trim().to_owned()
        }
    };
    if code.is_empty() {
        return Err("there is no code".to_owned());
    }
    let oauth = wanted.oauth(Grant::ClientCredentials)?;
    let client = wanted.client()?;
    // A code can be traded once: only when what it brings can be kept.
    let reserved = reserved(connection)?;
    let token = block_on(async {
        let traded = exchange(&oauth, &client, (&code, verifier.as_deref())).await;
        traded.map_err(|fault| fault.to_string())
    })?;
    reserved.connect(&token, SystemClock.now())
}

/// The address at which a person consents (RFC 6749 section 4.1.1).
fn address(
    settings: &ConnectionSettings,
    state: &str,
    verifier: Option<&str>,
) -> Result<String, Failure> {
    let base = settings.authorize_url.as_deref().ok_or(
        "the connection has no `authorize_url`: name it, or bring the token with --token-file",
    )?;
    let mut url: reqwest::Url =
        base.parse().map_err(|fault| format!("authorize_url {base:?}: {fault}"))?;
    let mut query = url.query_pairs_mut();
    query.append_pair("response_type", "code").append_pair("client_id", &settings.client_id);
    for (name, value) in [("redirect_uri", &settings.redirect_uri), ("scope", &settings.scope)] {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    query.append_pair("state", state);
    if let Some(verifier) = verifier {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        query.append_pair("code_challenge", &challenge);
        query.append_pair("code_challenge_method", "S256");
    }
    drop(query);
    Ok(url.into())
}

impl Connections {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let data = self.folder.path()?;
        let (mut any, mut sound) = (false, true);
        for (name, has_connection) in &connected_channels(&self.folder.config.config) {
            let state = Connection::of(&data, name).state()?;
            // A file that is not YAML may have said that there is one.
            if !has_connection.unwrap_or(state.is_some()) {
                continue;
            }
            any = true;
            sound &= state.as_ref().is_some_and(|it| it.refused.is_none());
            match state {
                Some(state) if self.json => say!("{}", json(&state)),
                None if self.json => say!("{}", serde_json::json!({ "channel": name })),
                Some(state) => say!("{name:<20} {}", line(&state)),
                None => say!("{name:<20} not connected: run `channelhub connect {name}`"),
            }
        }
        if !any && !self.json {
            say!("none");
        }
        Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Without the token, sealed as it is.
fn json(state: &connection::State) -> serde_json::Value {
    let mut value = serde_json::to_value(state).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("sealed");
    }
    value
}

fn line(state: &connection::State) -> String {
    let used = state.used_at.map_or("never used".to_owned(), |it| format!("last used {it}"));
    let mut line = format!("connected {}, {used}, {} uses", state.connected_at, state.uses);
    if let Some((at, why)) = &state.refused {
        let channel = &state.channel;
        line.push_str(&format!("; REFUSED {at}: {why}: run `channelhub connect {channel}`"));
    } else if let Some(since) = state.in_doubt_since {
        line.push_str(&format!("; a use that began {since} has not ended: the token may be spent"));
    }
    line
}
