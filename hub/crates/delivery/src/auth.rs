//! How the hub proves itself to a far system.

use adapter_kit::manifest::ClientAuth;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use canon::clock::Timestamp;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, InvalidHeaderName, InvalidHeaderValue},
};
use reqwest::Url;
use std::sync::Arc;

use crate::{client::Client, secret::Secret};

mod exchange;
mod token;

pub use exchange::exchange;
pub use token::{Grant, Kept, NoToken, Tokens, Turn};

/// What a far system takes as proof.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Nothing.
    None,
    /// `Authorization: {word} {token}`; the word is `Bearer` nearly everywhere.
    Token {
        /// `Bearer`, `Zoho-oauthtoken`, `token` …
        word: String,
        /// The token.
        token: Secret,
    },
    /// `Authorization: {word} base64(user:password)`; the word is `Basic`
    /// (RFC 7617), or `ESA` at Rakuten.
    Pair {
        /// `Basic`, `ESA`.
        word: String,
        /// User, client id, service secret.
        user: Secret,
        /// Password, licence key.
        password: Secret,
    },
    /// One header with a secret value.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A token from a token endpoint (RFC 6749).
    OAuth2(OAuth2),
    /// Tokens that several use: of a rotating refresh token there is only one.
    Shared(Arc<Tokens>),
}

/// Where tokens come from.
#[derive(Clone, Debug)]
pub struct OAuth2 {
    /// The token endpoint.
    pub token_url: Url,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// How it proves itself (section 2.3.1).
    pub client_auth: ClientAuth,
    /// Scope to ask for, space separated.
    pub scope: Option<String>,
    /// Said with each request, for far sides that want it on refreshing too.
    pub redirect_uri: Option<String>,
    /// What is traded for the token.
    pub grant: Grant,
}

/// Puts the proof on requests, and renews it when it runs out.
#[derive(Debug)]
pub enum Auth {
    /// The same headers on every request.
    Fixed {
        /// They are marked sensitive.
        headers: HeaderMap,
        /// Texts that may not be repeated.
        hidden: Vec<Secret>,
    },
    /// A token that is fetched.
    Tokens(Arc<Tokens>),
}

/// Why a proof cannot be put into a header. The proof is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ProofFault {
    /// Not a header name.
    #[error("{name:?} is not a header name")]
    Name {
        /// What it says.
        name: String,
        /// Why not.
        source: InvalidHeaderName,
    },
    /// Characters that cannot stand in a header.
    #[error("the secret for the far system has characters that cannot stand in a header")]
    Value {
        /// Why not.
        source: InvalidHeaderValue,
    },
}

/// The headers of one request.
#[derive(Debug)]
pub struct Proven {
    /// To be added.
    pub headers: HeaderMap,
    /// Which token it was; renewing it needs to know.
    pub generation: u64,
    /// Texts that may not be repeated from an answer.
    pub hidden: Vec<Secret>,
}

// === impl Auth ===

impl Auth {
    /// Gets ready to give this proof.
    ///
    /// # Errors
    /// When it cannot stand in a header.
    pub fn new(proof: Proof, client: &Client) -> Result<Self, ProofFault> {
        let (name, value, hidden) = match proof {
            Proof::None => {
                return Ok(Self::Fixed { headers: HeaderMap::new(), hidden: Vec::new() });
            }
            Proof::OAuth2(settings) => {
                return Ok(Self::Tokens(Arc::new(Tokens::new(settings, client.clone()))));
            }
            Proof::Shared(tokens) => return Ok(Self::Tokens(tokens)),
            Proof::Token { word, token } => {
                (AUTHORIZATION, format!("{word} {}", token.expose()), vec![token])
            }
            Proof::Pair { word, user, password } => {
                let pair = pair(user.expose(), password.expose());
                (AUTHORIZATION, format!("{word} {}", pair.expose()), vec![password, pair])
            }
            Proof::Header { name, value } => {
                let read = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|source| ProofFault::Name { name, source })?;
                (read, value.expose().to_owned(), vec![value])
            }
        };
        let headers = HeaderMap::from_iter([(name, sensitive(&value)?)]);
        Ok(Self::Fixed { headers, hidden })
    }

    /// The headers for a request at `now`; fetches a token if there is none, or
    /// the one there is runs out soon.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn prove(&self, now: Timestamp) -> Result<Proven, NoToken> {
        match self {
            Self::Fixed { headers, hidden } => {
                Ok(Proven { headers: headers.clone(), generation: 0, hidden: hidden.clone() })
            }
            Self::Tokens(tokens) => tokens.current(now).await,
        }
    }

    /// New headers after the far side refused those of `generation`; `None` when
    /// there are none to be had.
    ///
    /// # Errors
    /// When there is no token.
    pub async fn renew(&self, generation: u64, now: Timestamp) -> Result<Option<Proven>, NoToken> {
        match self {
            Self::Fixed { .. } => Ok(None),
            Self::Tokens(tokens) => tokens.renew(generation, now).await.map(Some),
        }
    }

    /// Waits until no token is being fetched. A fetch goes on when its caller is
    /// dropped; whoever stops the program waits here, so that what the far side
    /// gives is kept.
    pub async fn settled(&self) {
        match self {
            Self::Fixed { .. } => {}
            Self::Tokens(tokens) => tokens.settled().await,
        }
    }
}

/// `base64(user:password)`.
fn pair(user: &str, password: &str) -> Secret {
    Secret::new(STANDARD.encode(format!("{user}:{password}")))
}

fn sensitive(text: &str) -> Result<HeaderValue, ProofFault> {
    let mut value = HeaderValue::from_str(text).map_err(|source| ProofFault::Value { source })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
