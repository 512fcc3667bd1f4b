//! Why a caller was not admitted: one word for them, the reason for us.

use std::fmt;

/// Not admitted.
///
/// The caller learns only [`Denied::CODE`]; the reason is for the trail, the
/// log and the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not admitted: {reason}")]
pub struct Denied {
    reason: Reason,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)+) => {
        /// What was wrong with the credential.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)+ }

        impl Reason {
            /// All of them, for metrics that start at zero.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in logs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

reasons! {
    /// The header that should carry the credential is missing.
    NoHeader => "no_header",
    /// A header that may occur once occurs several times.
    RepeatedHeader => "repeated_header",
    /// The credential is not in the form the channel declares.
    Malformed => "malformed",
    /// A header is longer than any real one.
    TooLong => "too_long",
    /// More signatures than anybody rotates.
    TooManyCandidates => "too_many_candidates",
    /// No signature fits the bytes under any live secret.
    SigBad => "sig_bad",
    /// The time that is signed is missing.
    NoTimestamp => "no_timestamp",
    /// The time that is signed is not in the declared unit.
    TimestampBad => "timestamp_bad",
    /// The signature is right, but it was made too long ago or in the future.
    Stale => "stale",
    /// A part that is signed is missing or could be read in two ways.
    PartBad => "part_bad",
    /// The key is not one of the channel's.
    UnknownKey => "unknown_key",
    /// The key is known and its time is over or has not begun.
    KeyExpired => "key_expired",
    /// The key is good but does not cover what was asked.
    ScopeMissing => "scope_missing",
    /// The channel does not take anything by this way.
    WrongWay => "wrong_way",
}

// === impl Denied, Reason ===

impl Denied {
    /// The one public problem code, whatever was wrong.
    pub const CODE: &'static str = "not-admitted";

    pub(crate) const fn because(reason: Reason) -> Self {
        Self { reason }
    }

    /// What was wrong. Not for the caller.
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
