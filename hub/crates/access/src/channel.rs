//! What one channel takes as proof of who is calling.

use canon::clock::Timestamp;
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq as _};

use crate::{
    denied::{Denied, Reason},
    facts::RequestFacts,
    keys::{KeyTable, bearer},
    operator::{Operator, Scope},
    pass::{Pass, Strength},
    scheme::{Scheme, SchemeFault},
    secret::{LiveSecret, is_live},
    verify::{SECRETS_MAX, Verifier},
};

/// Shortest value of a fixed header that cannot be guessed.
const STATIC_BYTES_MIN: usize = 16;

/// How one channel proves its callers.
///
/// A channel has at most one way over HTTP, so a weak way never stands open
/// beside a strong one. Without any way, everything is denied.
#[derive(Debug)]
pub struct ChannelAccess {
    channel: Arc<str>,
    http: Option<HttpWay>,
    folder: bool,
    pull: bool,
}

#[derive(Debug)]
enum HttpWay {
    Signature { principal: Arc<str>, verifier: Verifier },
    Keys { header: KeyHeader, table: KeyTable },
    StaticHeader { principal: Arc<str>, header: String, values: Vec<LiveSecret> },
}

/// Where a key stands in a request. Never in the query: URLs are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer …` (RFC 6750 section 2.1).
    Bearer,
    /// The whole value of this header.
    Named(String),
}

// === impl ChannelAccess ===

impl ChannelAccess {
    /// A channel that admits nobody yet.
    #[must_use]
    pub fn closed(channel: &str) -> Self {
        Self { channel: channel.into(), http: None, folder: false, pull: false }
    }

    /// Admits requests that are signed.
    ///
    /// # Errors
    /// When the scheme or a secret cannot be used.
    pub fn signed(
        mut self,
        principal: &str,
        scheme: Scheme,
        secrets: &[LiveSecret],
    ) -> Result<Self, SchemeFault> {
        let verifier = Verifier::new(scheme, secrets)?;
        self.http = Some(HttpWay::Signature { principal: principal.into(), verifier });
        Ok(self)
    }

    /// Admits requests with one of these keys; each key names its principal.
    #[must_use]
    pub fn with_keys(mut self, header: KeyHeader, table: KeyTable) -> Self {
        self.http = Some(HttpWay::Keys { header, table });
        self
    }

    /// Admits requests of a sender that cannot sign, by a fixed header. The
    /// pass says `unsigned`, and so do the journal and the metrics.
    ///
    /// # Errors
    /// When the header is none, or a value could be guessed.
    pub fn with_static_header(
        mut self,
        principal: &str,
        header: &str,
        values: Vec<LiveSecret>,
    ) -> Result<Self, SchemeFault> {
        if http::HeaderName::from_bytes(header.as_bytes()).is_err() {
            return Err(SchemeFault::HeaderName {
                field: "static_header",
                name: header.to_owned(),
            });
        }
        if values.is_empty() || values.len() > SECRETS_MAX {
            return Err(SchemeFault::KeyCount { found: values.len(), max: SECRETS_MAX });
        }
        let short = |it: &LiveSecret| it.secret.expose().len() < STATIC_BYTES_MIN;
        if let Some(index) = values.iter().position(short) {
            return Err(SchemeFault::Key {
                position: index + 1,
                expected: "at least 16 bytes long",
            });
        }
        let header = header.to_owned();
        self.http = Some(HttpWay::StaticHeader { principal: principal.into(), header, values });
        Ok(self)
    }

    /// Admits files from the channel's own folder.
    #[must_use]
    pub fn with_folder(mut self) -> Self {
        self.folder = true;
        self
    }

    /// Admits what the hub itself fetched.
    #[must_use]
    pub fn with_pull(mut self) -> Self {
        self.pull = true;
        self
    }

    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// Whether anything at all can be admitted. A channel without is not to start.
    #[must_use]
    pub fn has_any_way(&self) -> bool {
        self.http.is_some() || self.folder || self.pull
    }

    /// Who sent this request.
    ///
    /// # Errors
    /// When that is not proven. The body of the answer says only
    /// [`Denied::CODE`].
    pub fn admit(&self, facts: &RequestFacts<'_>) -> Result<Pass, Denied> {
        match &self.http {
            None => Err(Denied::because(Reason::WrongWay)),
            Some(HttpWay::Signature { principal, verifier }) => {
                verifier.verify(facts)?;
                let legacy = verifier.scheme().algorithm.is_legacy();
                let strength = if legacy { Strength::LegacySignature } else { Strength::Signature };
                Ok(self.pass(principal, strength))
            }
            Some(HttpWay::Keys { header, table }) => {
                let key = match header {
                    KeyHeader::Bearer => bearer(facts)?,
                    KeyHeader::Named(name) => facts.header(name)?,
                };
                let entry = table.find(key, facts.now)?;
                Ok(self.pass(&Arc::from(entry.owner.as_str()), Strength::Token))
            }
            Some(HttpWay::StaticHeader { principal, header, values }) => {
                let value = facts.header(header)?;
                check_static(value, values, facts.now)?;
                Ok(self.pass(principal, Strength::Unsigned))
            }
        }
    }

    /// A file lay in the channel's folder. The principal is the channel.
    ///
    /// # Errors
    /// When the channel has no folder.
    pub fn admit_file(&self) -> Result<Pass, Denied> {
        if !self.folder {
            return Err(Denied::because(Reason::WrongWay));
        }
        Ok(self.pass(&self.channel, Strength::Folder))
    }

    /// The hub fetched something for the channel. The principal is the channel.
    ///
    /// # Errors
    /// When the channel is not pulled.
    pub fn admit_pulled(&self) -> Result<Pass, Denied> {
        if !self.pull {
            return Err(Denied::because(Reason::WrongWay));
        }
        Ok(self.pass(&self.channel, Strength::Pull))
    }

    /// An operator brings a record again that had been set aside, perhaps with
    /// other bytes. The principal is the operator.
    ///
    /// # Errors
    /// When the operator may not do that.
    pub fn admit_operator(&self, operator: &Operator) -> Result<Pass, Denied> {
        operator.require(Scope::Operate)?;
        let name: Arc<str> = format!("operator:{}", operator.name()).into();
        Ok(self.pass(&name, Strength::Kept))
    }

    /// The hub walks bytes once more that it took in on this channel before. The
    /// principal is the channel.
    #[must_use]
    pub fn admit_kept(&self) -> Pass {
        self.pass(&self.channel, Strength::Kept)
    }

    /// The id under which the far system redelivers, if its scheme has one and
    /// the request carries it once.
    #[must_use]
    pub fn delivery_id<'a>(&self, facts: &RequestFacts<'a>) -> Option<&'a str> {
        match &self.http {
            Some(HttpWay::Signature { verifier, .. }) => {
                let id = facts.header(verifier.scheme().id_header.as_deref()?).ok()?;
                (!id.is_empty()).then_some(id)
            }
            Some(HttpWay::Keys { .. } | HttpWay::StaticHeader { .. }) | None => None,
        }
    }

    fn pass(&self, principal: &Arc<str>, strength: Strength) -> Pass {
        Pass::new(Arc::clone(principal), Arc::clone(&self.channel), strength)
    }
}

fn check_static(value: &str, values: &[LiveSecret], now: Timestamp) -> Result<(), Denied> {
    let (mut fits, mut fits_live) = (Choice::from(0), Choice::from(0));
    for known in values {
        let same = known.secret.expose().ct_eq(value.as_bytes());
        let live = Choice::from(u8::from(is_live(known.not_before, known.not_after, now)));
        fits |= same;
        fits_live |= same & live;
    }
    match (bool::from(fits_live), bool::from(fits)) {
        (true, _) => Ok(()),
        (false, true) => Err(Denied::because(Reason::KeyExpired)),
        (false, false) => Err(Denied::because(Reason::UnknownKey)),
    }
}

#[cfg(test)]
mod tests;
