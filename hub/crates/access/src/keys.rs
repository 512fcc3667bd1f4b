//! API keys and bearer tokens: how they are made, kept and recognised.
//!
//! A key is 256 random bits, so a plain hash keeps it safe at rest (ASVS 5.0,
//! 6.5.2) and the hot path needs no slow hash. With a pepper the hash is an
//! HMAC, and a stolen configuration alone cannot even test a guess.

use aws_lc_rs::{hmac, rand};
use canon::clock::Timestamp;
use std::fmt;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use crate::{
    denied::{Denied, Reason},
    facts::RequestFacts,
    operator::Scope,
    secret::{Secret, is_live},
};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_CHARS: usize = 12;
const SECRET_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;

/// Shortest token that may be given in a configuration as it is.
pub const TOKEN_CHARS_MIN: usize = 24;

/// Most keys in one table: each presented key is compared with all of them.
pub const KEYS_MAX: usize = 1000;

/// A freshly made key. Its text is shown once, then only the hash is kept.
///
/// `hub_{environment}_{id, 12}_{secret, 43}_{CRC-32, 6}`, base 62: a scanner
/// for leaked keys can tell it from other text without asking anybody.
pub struct ApiKey {
    text: Zeroizing<String>,
}

/// How a key is kept: `sha256:{hex}` or `hmac-sha256:{hex}`.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHash {
    peppered: bool,
    digest: [u8; 32],
}

/// One key as configured.
#[derive(Clone, Debug)]
pub struct KeyEntry {
    /// Who holds it: the principal, or the operator's name.
    pub owner: String,
    /// Its hash.
    pub hash: KeyHash,
    /// From when on it counts; `None`: always did.
    pub not_before: Option<Timestamp>,
    /// The last moment at which it counts; `None`: no end.
    pub not_after: Option<Timestamp>,
    /// What it may be used for. Channels do not look at this.
    pub scopes: Vec<Scope>,
}

/// All keys that are good for one purpose.
#[derive(Debug)]
pub struct KeyTable {
    entries: Vec<KeyEntry>,
    pepper: Option<Secret>,
}

/// Why a key, or a table of keys, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not one of the two forms.
    #[error("a key hash is `sha256:` or `hmac-sha256:` and 64 lower-case hex digits")]
    HashForm,
    /// The text is too short to be safe.
    #[error("a token needs at least {TOKEN_CHARS_MIN} visible ASCII characters without spaces")]
    TokenForm,
    /// Hashes with a pepper and no pepper.
    #[error("key of {owner}: its hash is peppered, but no pepper is configured")]
    NoPepper {
        /// Whose.
        owner: String,
    },
    /// Two entries with one key.
    #[error("the keys of {first} and {second} are the same")]
    Repeated {
        /// One owner.
        first: String,
        /// The other.
        second: String,
    },
    /// More than are looked through.
    #[error("{found} keys; at most {KEYS_MAX}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// Only letters and digits go into a key's environment.
    #[error("the environment in a key is 1 to 16 lower-case letters and digits")]
    Environment,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

// === impl ApiKey ===

impl ApiKey {
    /// A new key from the system's randomness.
    ///
    /// # Errors
    /// When the environment is not a plain word or there is no randomness.
    pub fn generate(environment: &str) -> Result<Self, KeyFault> {
        let mut random = Zeroizing::new([0; 48]);
        rand::fill(random.as_mut_slice()).map_err(|_| KeyFault::NoRandomness)?;
        Self::from_random(environment, &random)
    }

    /// The key that follows from these random bytes.
    ///
    /// # Errors
    /// When the environment is not a plain word.
    pub fn from_random(environment: &str, random: &[u8; 48]) -> Result<Self, KeyFault> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if !(1..=16).contains(&environment.len()) || !environment.bytes().all(plain) {
            return Err(KeyFault::Environment);
        }
        let (for_secret, for_id) = random.split_at(32);
        let id = base62(for_id, ID_CHARS);
        let secret = Zeroizing::new(base62(for_secret, SECRET_CHARS));
        let mut text = Zeroizing::new(format!("hub_{environment}_{id}_{}", secret.as_str()));
        let checksum = base62(&crc32(text.as_bytes()).to_be_bytes(), CHECKSUM_CHARS);
        text.push('_');
        text.push_str(&checksum);
        Ok(Self { text })
    }

    /// The text to hand over, once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The public part: names the key in lists and logs.
    #[must_use]
    pub fn id(&self) -> &str {
        self.text.split('_').nth(2).unwrap_or_default()
    }

    /// Whether this text has the form and checksum of a key: a typing error is
    /// told apart from an unknown key.
    #[must_use]
    pub fn is_well_formed(text: &str) -> bool {
        let Some((rest, checksum)) = text.rsplit_once('_') else { return false };
        let mut fields = rest.split('_');
        let lengths_fit = fields.next() == Some("hub")
            && fields.next().is_some()
            && fields.next().is_some_and(|id| id.len() == ID_CHARS)
            && fields.next().is_some_and(|secret| secret.len() == SECRET_CHARS)
            && fields.next().is_none();
        lengths_fit && base62(&crc32(rest.as_bytes()).to_be_bytes(), CHECKSUM_CHARS) == checksum
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.id())
    }
}

// === impl KeyHash ===

impl KeyHash {
    /// Of a token: HMAC with a pepper, SHA-256 without.
    ///
    /// # Errors
    /// When the token is short or could not stand in a header.
    pub fn of(token: &str, pepper: Option<&Secret>) -> Result<Self, KeyFault> {
        let visible = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.len() < TOKEN_CHARS_MIN || !visible {
            return Err(KeyFault::TokenForm);
        }
        Ok(Self { peppered: pepper.is_some(), digest: hash(token, pepper) })
    }

    /// Reads the kept form.
    ///
    /// # Errors
    /// When it is neither of the two.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let (word, digits) = text.split_once(':').ok_or(KeyFault::HashForm)?;
        let peppered = match word {
            "sha256" => false,
            "hmac-sha256" => true,
            _ => return Err(KeyFault::HashForm),
        };
        let mut digest = [0; 32];
        let lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
        if !lower || hex::decode_to_slice(digits, &mut digest).is_err() {
            return Err(KeyFault::HashForm);
        }
        Ok(Self { peppered, digest })
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.peppered { "hmac-sha256" } else { "sha256" };
        write!(f, "{word}:{}", hex::encode(self.digest))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash")
    }
}

// === impl KeyTable ===

impl KeyTable {
    /// A table over these keys.
    ///
    /// # Errors
    /// When two keys are one, a pepper is missing, or there are too many.
    pub fn new(entries: Vec<KeyEntry>, pepper: Option<Secret>) -> Result<Self, KeyFault> {
        if entries.len() > KEYS_MAX {
            return Err(KeyFault::TooMany { found: entries.len() });
        }
        for (index, entry) in entries.iter().enumerate() {
            if entry.hash.peppered && pepper.is_none() {
                return Err(KeyFault::NoPepper { owner: entry.owner.clone() });
            }
            if let Some(other) = entries.iter().take(index).find(|it| it.hash == entry.hash) {
                let (first, second) = (other.owner.clone(), entry.owner.clone());
                return Err(KeyFault::Repeated { first, second });
            }
        }
        Ok(Self { entries, pepper })
    }

    /// Whose key this is. An unknown key and a wrong one take the same path:
    /// the text is hashed and compared with every entry.
    pub(crate) fn find(&self, presented: &str, now: Timestamp) -> Result<&KeyEntry, Denied> {
        let plain = hash(presented, None);
        let peppered = self.pepper.as_ref().map(|pepper| hash(presented, Some(pepper)));
        let mut found = u32::MAX;
        for (index, entry) in (0_u32..).zip(&self.entries) {
            let shown = if entry.hash.peppered { peppered.unwrap_or_default() } else { plain };
            let same: Choice = entry.hash.digest.ct_eq(&shown);
            found.conditional_assign(&index, same);
        }
        let entry = usize::try_from(found).ok().and_then(|index| self.entries.get(index));
        let entry = entry.ok_or(Denied::because(Reason::UnknownKey))?;
        if !is_live(entry.not_before, entry.not_after, now) {
            return Err(Denied::because(Reason::KeyExpired));
        }
        Ok(entry)
    }
}

/// The token of `Authorization: Bearer …`.
pub(crate) fn bearer<'a>(facts: &RequestFacts<'a>) -> Result<&'a str, Denied> {
    let value = facts.header("authorization")?;
    let (word, token) = value.split_once(' ').ok_or(Denied::because(Reason::Malformed))?;
    if !word.eq_ignore_ascii_case("bearer") || token.is_empty() || token.contains(' ') {
        return Err(Denied::because(Reason::Malformed));
    }
    Ok(token)
}

fn hash(token: &str, pepper: Option<&Secret>) -> [u8; 32] {
    let mut digest = [0; 32];
    let fill = |(to, from): (&mut u8, &u8)| *to = *from;
    match pepper {
        Some(pepper) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, pepper.expose());
            digest.iter_mut().zip(hmac::sign(&key, token.as_bytes()).as_ref()).for_each(fill);
        }
        None => {
            let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            digest.iter_mut().zip(plain.as_ref()).for_each(fill);
        }
    }
    digest
}

/// The number in `bytes`, big end first, as its last `chars` digits in base 62.
fn base62(bytes: &[u8], chars: usize) -> String {
    let mut number = Zeroizing::new(bytes.to_vec());
    let mut digits: Vec<char> = (0..chars)
        .map(|_| {
            let rest = number.iter_mut().fold(0_u32, |rest, byte| {
                let value = rest * 256 + u32::from(*byte);
                *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
                value % 62
            });
            let digit = usize::try_from(rest).ok().and_then(|index| DIGITS.get(index));
            char::from(digit.copied().unwrap_or(b'0'))
        })
        .collect();
    digits.reverse();
    digits.into_iter().collect()
}

/// CRC-32 as in ISO 3309 (the one of zip and PNG).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests;
