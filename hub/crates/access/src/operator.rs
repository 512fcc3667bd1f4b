//! Who may use the API: bearer tokens from the configuration become an Operator.

use http::HeaderMap;
use std::{fmt, sync::Arc};

use canon::clock::Timestamp;

use crate::{
    denied::{Denied, Reason},
    facts::RequestFacts,
    keys::{KeyTable, bearer},
};

/// Proof that an operator is asking. Only [`ApiTokens::admit`] makes one; a
/// handler that takes an `Operator` cannot be reached anonymously.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: Arc<str>,
    scopes: Arc<[Scope]>,
}

/// What an operator may do. None includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Look at channels, counters, events and records, personal data masked.
    Read,
    /// Look at personal data.
    Personal,
    /// Resubmit, discard, replay, pull now.
    Operate,
    /// Read the ledger and its proofs.
    Audit,
}

/// All tokens for the API. There is no anonymous access: with no token
/// configured nobody gets in.
#[derive(Debug)]
pub struct ApiTokens {
    table: KeyTable,
}

// === impl ApiTokens ===

impl ApiTokens {
    /// Tokens whose entries' owners are the operators' names.
    #[must_use]
    pub fn new(table: KeyTable) -> Self {
        Self { table }
    }

    /// Who is asking, by `Authorization: Bearer …`.
    ///
    /// # Errors
    /// When that is not proven.
    pub fn admit(&self, headers: &HeaderMap, now: Timestamp) -> Result<Operator, Denied> {
        let facts = RequestFacts { method: "", registered_url: "", headers, body: b"", now };
        let entry = self.table.find(bearer(&facts)?, now)?;
        let scopes = entry.scopes.as_slice().into();
        Ok(Operator { name: entry.owner.as_str().into(), scopes })
    }
}

// === impl Operator ===

impl Operator {
    /// The name, as in `operator:{name}` of the journal.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they may do.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Goes on only when the operator may do that.
    ///
    /// # Errors
    /// When they may not.
    pub fn require(&self, scope: Scope) -> Result<(), Denied> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        Err(Denied::because(Reason::ScopeMissing))
    }

    /// An operator without a request, for tests of other rooms.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn for_test(name: &str, scopes: &[Scope]) -> Self {
        Self { name: name.into(), scopes: scopes.into() }
    }
}

// === impl Scope ===

impl Scope {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Read, Self::Personal, Self::Operate, Self::Audit];

    /// The word in configurations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Personal => "personal",
            Self::Operate => "operate",
            Self::Audit => "audit",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
