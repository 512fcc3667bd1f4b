//! The proof that an arrival was admitted.

use std::{fmt, sync::Arc};

/// Who is calling, on which channel, and how strongly that was proven.
///
/// Its fields are private to this crate: only [`crate::ChannelAccess`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    principal: Arc<str>,
    channel: Arc<str>,
    strength: Strength,
}

/// How strongly a caller was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strength {
    /// A signature over the bytes.
    Signature,
    /// A signature made with an algorithm that is no longer good practice
    /// (HMAC-SHA-1, SHA-256 over secret and body).
    LegacySignature,
    /// A bearer token or API key; the bytes themselves are not signed.
    Token,
    /// The operating system let somebody write into the channel's folder.
    Folder,
    /// The hub fetched the bytes itself.
    Pull,
    /// The bytes were in the journal, admitted when they first came; an operator
    /// or a replay brings them again.
    Kept,
    /// A fixed header of a sender that cannot sign. The named weaker mode.
    Unsigned,
}

// === impl Pass ===

impl Pass {
    pub(crate) fn new(principal: Arc<str>, channel: Arc<str>, strength: Strength) -> Self {
        Self { principal, channel, strength }
    }

    /// Who.
    #[must_use]
    pub fn principal(&self) -> Arc<str> {
        Arc::clone(&self.principal)
    }

    /// By which channel.
    #[must_use]
    pub fn channel(&self) -> Arc<str> {
        Arc::clone(&self.channel)
    }

    /// How strongly.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// A pass without a request, for tests of other rooms.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn for_test(principal: &str, channel: &str, strength: Strength) -> Self {
        Self::new(principal.into(), channel.into(), strength)
    }
}

// === impl Strength ===

impl Strength {
    /// The word in journal entries and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::LegacySignature => "signature-legacy",
            Self::Token => "token",
            Self::Folder => "folder",
            Self::Pull => "pull",
            Self::Kept => "kept",
            Self::Unsigned => "unsigned",
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
