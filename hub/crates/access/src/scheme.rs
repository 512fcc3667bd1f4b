//! How one far system signs what it sends, as data.
//!
//! A scheme names the header, how candidates stand in it, the algorithm, the
//! encodings and the parts that are signed, in order. Vendors differ only in
//! these, so no vendor needs code; see [`crate::vendors`] for those known.

use http::HeaderName;
use serde::Deserialize;

/// One way to sign.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheme {
    /// Header that carries the signature.
    pub header: String,
    /// What stands between several candidates in that header.
    #[serde(default)]
    pub splitter: Splitter,
    /// What each candidate starts with: `sha256=`, `v1=`, `v1,`. With a
    /// splitter, items that start otherwise are passed over.
    #[serde(default)]
    pub label: String,
    /// How it is computed.
    pub algorithm: Algorithm,
    /// Must be true for an algorithm that is no longer good practice.
    #[serde(default)]
    pub allow_legacy: bool,
    /// How the signature is written.
    pub encoding: Encoding,
    /// How the secret is written.
    #[serde(default)]
    pub key: KeyEncoding,
    /// What is signed, in order.
    pub parts: Vec<Part>,
    /// The time that is signed, where there is one.
    #[serde(default)]
    pub timestamp: Option<Stamp>,
    /// Header with the id under which a redelivery is recognised.
    #[serde(default)]
    pub id_header: Option<String>,
}

/// What stands between candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Splitter {
    /// The header is one candidate.
    #[default]
    None,
    /// One space.
    Space,
    /// One comma.
    Comma,
}

/// How a signature is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// RFC 2104 with SHA-256.
    HmacSha256,
    /// RFC 8032; the secret is the public key.
    Ed25519,
    /// RFC 2104 with SHA-1. Legacy.
    HmacSha1,
    /// SHA-256 over the secret, then the parts. Legacy.
    Sha256SecretFirst,
}

/// How a signature is written. Both are read strictly: one text for one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// RFC 4648 section 4, padded, no spare bits.
    Base64,
    /// Lower-case.
    Hex,
}

/// How a secret is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyEncoding {
    /// Its bytes are the key.
    #[default]
    Raw,
    /// Base64 after this prefix (`whsec_`), which may be empty.
    Base64After(String),
    /// Hex digits.
    Hex,
}

/// One piece of what is signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// `POST`.
    Method,
    /// The URL as registered at the far system.
    RegisteredUrl,
    /// The value of `id_header`.
    Id,
    /// The timestamp, verbatim.
    Timestamp,
    /// The value of any other header.
    Header(String),
    /// Fixed text.
    Literal(String),
    /// The raw bytes.
    Body,
    /// The body read as a form, its fields sorted by name, names and values
    /// joined without anything between (Twilio).
    SortedForm,
}

/// The time that is signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// Where it stands.
    pub from: StampFrom,
    /// How it is written.
    pub unit: StampUnit,
    /// How far it may be from the hub's clock, both ways, in seconds.
    pub tolerance_s: u32,
}

/// Where the signed time stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampFrom {
    /// In a header of its own.
    Header(String),
    /// In the signature's header, after this label (`t=`).
    Label(String),
    /// In this top-level field of a JSON body.
    BodyField(String),
}

/// How the signed time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StampUnit {
    /// Whole seconds since the epoch.
    Seconds,
    /// Whole milliseconds since the epoch.
    Milliseconds,
    /// RFC 3339.
    Rfc3339,
}

/// Why a scheme, or a secret for it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeFault {
    /// The named thing is not a header name.
    #[error("signature {field}: {name:?} is not a header name; write letters, digits and hyphens")]
    HeaderName {
        /// Which setting.
        field: &'static str,
        /// What it says.
        name: String,
    },
    /// Nothing ties the signature to the body.
    #[error("signature parts: expected exactly one of `body` and `sorted-form`, found {found}")]
    BodyParts {
        /// How many.
        found: usize,
    },
    /// A time is read that nobody signed, or signed and not read.
    #[error(
        "signature parts: `timestamp` must be a part exactly when a timestamp is declared; \
         a time that is not signed proves nothing"
    )]
    TimestampNotTied,
    /// `id` is a part but no header is named for it.
    #[error("signature parts: `id` needs `id_header`")]
    IdWithoutHeader,
    /// A labelled time needs a header that holds several items.
    #[error(
        "signature timestamp: a label needs `splitter: comma` or `space`, and must differ from the signature's label"
    )]
    LabelWithoutSplitter,
    /// The tolerance is nothing or longer than a day.
    #[error("signature tolerance: {seconds} s; expected 1 to 86400")]
    Tolerance {
        /// What it says.
        seconds: u32,
    },
    /// An old algorithm without the explicit word.
    #[error(
        "signature algorithm {algorithm:?} is no longer good practice; if the far system has nothing better, say `allow_legacy: true`"
    )]
    Legacy {
        /// Which.
        algorithm: Algorithm,
    },
    /// The secret is not written as the scheme says. The secret is not shown.
    #[error("secret {position}: not {expected}")]
    Key {
        /// Which of the channel's secrets, from 1.
        position: usize,
        /// What was expected.
        expected: &'static str,
    },
    /// No secret, or more than anybody rotates.
    #[error("{found} secrets; expected 1 to {max}")]
    KeyCount {
        /// How many.
        found: usize,
        /// At most.
        max: usize,
    },
}

/// Longest tolerance, seconds.
const TOLERANCE_S_MAX: u32 = 86_400;

// === impl Scheme ===

impl Scheme {
    /// Checks that the scheme says something that can be trusted.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self) -> Result<(), SchemeFault> {
        header_name("header", &self.header)?;
        if let Some(name) = &self.id_header {
            header_name("id_header", name)?;
        }
        for part in &self.parts {
            if let Part::Header(name) = part {
                header_name("parts", name)?;
            }
        }
        let bodies = self.parts.iter().filter(|it| matches!(it, Part::Body | Part::SortedForm));
        let found = bodies.count();
        if found != 1 {
            return Err(SchemeFault::BodyParts { found });
        }
        if self.parts.contains(&Part::Id) && self.id_header.is_none() {
            return Err(SchemeFault::IdWithoutHeader);
        }
        if self.parts.contains(&Part::Timestamp) != self.timestamp.is_some() {
            return Err(SchemeFault::TimestampNotTied);
        }
        if let Some(stamp) = &self.timestamp {
            self.check_stamp(stamp)?;
        }
        if self.algorithm.is_legacy() && !self.allow_legacy {
            return Err(SchemeFault::Legacy { algorithm: self.algorithm });
        }
        Ok(())
    }

    fn check_stamp(&self, stamp: &Stamp) -> Result<(), SchemeFault> {
        if !(1..=TOLERANCE_S_MAX).contains(&stamp.tolerance_s) {
            return Err(SchemeFault::Tolerance { seconds: stamp.tolerance_s });
        }
        match &stamp.from {
            StampFrom::Header(name) => header_name("timestamp", name),
            StampFrom::Label(label)
                if self.splitter == Splitter::None || label.is_empty() || *label == self.label =>
            {
                Err(SchemeFault::LabelWithoutSplitter)
            }
            StampFrom::Label(_) | StampFrom::BodyField(_) => Ok(()),
        }
    }
}

// === impl Algorithm ===

impl Algorithm {
    /// No longer good practice: used only where a far system has nothing else.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        match self {
            Self::HmacSha256 | Self::Ed25519 => false,
            Self::HmacSha1 | Self::Sha256SecretFirst => true,
        }
    }
}

fn header_name(field: &'static str, name: &str) -> Result<(), SchemeFault> {
    match HeaderName::from_bytes(name.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err(SchemeFault::HeaderName { field, name: name.to_owned() }),
    }
}
