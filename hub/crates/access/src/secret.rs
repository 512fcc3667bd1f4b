//! Secrets that cannot be printed and do not stay in memory after use.

use canon::clock::Timestamp;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes that only a proof of identity may look at.
///
/// `Debug` shows nothing of them, not even the length; there is no `Display`
/// and no serialisation. The memory is overwritten when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// A secret with the time during which it counts, so that an old and a new one
/// can both be valid while a far system is moved over.
#[derive(Clone, Debug)]
pub struct LiveSecret {
    /// The secret.
    pub secret: Secret,
    /// From when on it counts; `None`: always did.
    pub not_before: Option<Timestamp>,
    /// The last moment at which it counts; `None`: no end.
    pub not_after: Option<Timestamp>,
}

// === impl Secret ===

impl Secret {
    /// Takes over the bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }

    /// The bytes. Whoever calls this must not print, log or store them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

// === impl LiveSecret ===

impl LiveSecret {
    /// A secret without an end.
    #[must_use]
    pub fn lasting(secret: Secret) -> Self {
        Self { secret, not_before: None, not_after: None }
    }

    /// A secret that counts until `end`, that moment included.
    #[must_use]
    pub fn until(secret: Secret, end: Timestamp) -> Self {
        Self { secret, not_before: None, not_after: Some(end) }
    }
}

/// Whether `now` is within the limits, both included.
pub(crate) fn is_live(
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    not_before.is_none_or(|start| start <= now) && not_after.is_none_or(|end| now <= end)
}
