//! Connections: channels whose far system wants OAuth 2 with a refresh token that a
//! person got there (RFC 6749 sections 4.1 and 6), and that often is another one
//! after each use.
//!
//! The token of a channel is one sealed file under `connections/` of the data
//! folder. A use of it is noted there before the far side is asked, and the next
//! token is there, synced, before anything that came with it is used. Killed between
//! the far side's answer and that write, the new token is lost: the note tells so,
//! and if the far side then refuses the old one, `channelhub connect` begins anew.

mod file;

pub use file::{Connection, Reserved, State};

use crate::{
    dispatch::client,
    settings::{ChannelSettings, ConnectionSettings, Input, OutputAuth, OutputTarget},
};
use delivery::{
    Client, Secret,
    auth::{Grant, OAuth2, Tokens},
};
use std::{path::Path, sync::Arc, time::Duration};

/// Longest wait for a token endpoint.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// The connection of a channel: one for all that goes in and out by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What was set.
    pub settings: ConnectionSettings,
    /// Networks it may be in beside public ones, CIDR.
    pub allow_networks: Vec<String>,
}

/// What a channel says of its connection, if it has one.
///
/// # Errors
///
/// When it says two different things.
pub fn wanted(channel: &ChannelSettings) -> Result<Option<Wanted>, String> {
    let pulls = match &channel.input {
        Some(Input::Pull { auth, allow_networks, .. }) => of(auth, allow_networks),
        _ => None,
    };
    let sends = match channel.output.as_ref().map(|it| &it.target) {
        Some(OutputTarget::Http { auth, allow_networks, .. }) => of(auth, allow_networks),
        _ => None,
    };
    match (pulls, sends) {
        (Some(one), Some(other)) if one.settings != other.settings => {
            Err("`in` and `out` of a channel share one connection: say the same of it".to_owned())
        }
        (Some(mut one), Some(other)) => {
            one.allow_networks.extend(other.allow_networks);
            Ok(Some(one))
        }
        (one, other) => Ok(one.or(other)),
    }
}

fn of(auth: &OutputAuth, allow_networks: &[String]) -> Option<Wanted> {
    let OutputAuth::Connection(settings) = auth else { return None };
    Some(Wanted { settings: (**settings).clone(), allow_networks: allow_networks.to_vec() })
}

impl Wanted {
    /// The tokens, shared by all that use the channel.
    ///
    /// # Errors
    ///
    /// A text naming the setting that cannot be used.
    pub fn tokens(&self, data: &Path, channel: &str) -> Result<Arc<Tokens>, String> {
        let kept = Arc::new(Connection::of(data, channel));
        let oauth = self.oauth(Grant::RefreshToken(kept))?;
        Ok(Arc::new(Tokens::new(oauth, self.client()?)))
    }

    /// The endpoint and who asks there.
    ///
    /// # Errors
    ///
    /// A text naming the address that is none.
    pub fn oauth(&self, grant: Grant) -> Result<OAuth2, String> {
        let it = &self.settings;
        let fault = |fault| format!("token_url {:?}: {fault}", it.token_url);
        Ok(OAuth2 {
            token_url: it.token_url.parse().map_err(fault)?,
            client_id: it.client_id.clone(),
            client_secret: Secret::new(it.client_secret.reveal()),
            client_auth: it.client_auth,
            scope: None,
            redirect_uri: it.redirect_uri.clone(),
            grant,
        })
    }

    /// A client that may reach it.
    ///
    /// # Errors
    ///
    /// A text naming the network that is none.
    pub fn client(&self) -> Result<Client, String> {
        client(&self.allow_networks, WAIT_MAX)
    }
}
