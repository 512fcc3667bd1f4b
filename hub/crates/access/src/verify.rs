//! Checks a signature over the raw bytes, by a [`Scheme`].
//!
//! Order: form of the header, number of candidates, form of the time, then the
//! computation, then freshness. Every candidate is compared with every live
//! secret in constant time; nothing ends early on a match.

use aws_lc_rs::{
    digest, hmac,
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use canon::clock::Timestamp;
use std::borrow::Cow;
use subtle::{Choice, ConstantTimeEq as _};

use crate::{
    denied::{Denied, Reason},
    facts::RequestFacts,
    form, freshness,
    scheme::{
        Algorithm, Encoding, KeyEncoding, Part, Scheme, SchemeFault, Splitter, Stamp, StampFrom,
    },
    secret::{LiveSecret, Secret, is_live},
};

/// More signatures in one header than anybody rotates.
pub const CANDIDATES_MAX: usize = 16;

/// More secrets than anybody rotates.
pub const SECRETS_MAX: usize = 8;

/// A checked scheme with its secrets.
#[derive(Debug)]
pub struct Verifier {
    scheme: Scheme,
    keys: Vec<Key>,
}

/// The signed time, as written and as read, with its rule.
struct Signed<'a> {
    text: Cow<'a, str>,
    at: Timestamp,
    rule: &'a Stamp,
}

#[derive(Debug)]
struct Key {
    secret: Secret,
    not_before: Option<Timestamp>,
    not_after: Option<Timestamp>,
}

// === impl Verifier ===

impl Verifier {
    /// Checks the scheme and reads the secrets as it says.
    ///
    /// # Errors
    /// What is wrong with the scheme or a secret, without the secret.
    pub fn new(scheme: Scheme, secrets: &[LiveSecret]) -> Result<Self, SchemeFault> {
        scheme.check()?;
        if secrets.is_empty() || secrets.len() > SECRETS_MAX {
            return Err(SchemeFault::KeyCount { found: secrets.len(), max: SECRETS_MAX });
        }
        let keys = secrets
            .iter()
            .enumerate()
            .map(|(index, live)| {
                let fault = |expected| SchemeFault::Key { position: index + 1, expected };
                Ok(Key {
                    secret: read_key(&scheme, &live.secret).map_err(fault)?,
                    not_before: live.not_before,
                    not_after: live.not_after,
                })
            })
            .collect::<Result<_, SchemeFault>>()?;
        Ok(Self { scheme, keys })
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Whether the request was signed with one of the live secrets, recently.
    ///
    /// # Errors
    /// Why not.
    pub fn verify(&self, facts: &RequestFacts<'_>) -> Result<(), Denied> {
        let header = facts.header(&self.scheme.header)?;
        let candidates = self.candidates(header)?;
        let stamp = self.stamp(header, facts)?;
        let message = self.message(facts, stamp.as_ref().map(|it| it.text.as_ref()))?;
        let live = self.keys.iter().filter(|it| is_live(it.not_before, it.not_after, facts.now));
        let fits = live.fold(Choice::from(0), |fits, key| {
            fits | self.scheme.algorithm.fits_any(&key.secret, &message, &candidates)
        });
        if !bool::from(fits) {
            return Err(Denied::because(Reason::SigBad));
        }
        stamp.map_or(Ok(()), |it| freshness::check(it.at, facts.now, it.rule))
    }

    /// The decoded candidates of the header.
    fn candidates(&self, header: &str) -> Result<Vec<Vec<u8>>, Denied> {
        if items(self.scheme.splitter, header).any(str::is_empty) {
            return Err(Denied::because(Reason::Malformed));
        }
        let labelled = items(self.scheme.splitter, header)
            .filter_map(|item| item.strip_prefix(self.scheme.label.as_str()));
        let mut candidates = Vec::new();
        for (index, text) in labelled.enumerate() {
            if index == CANDIDATES_MAX {
                return Err(Denied::because(Reason::TooManyCandidates));
            }
            candidates.extend(decode(self.scheme.encoding, text));
        }
        if candidates.is_empty() {
            return Err(Denied::because(Reason::Malformed));
        }
        Ok(candidates)
    }

    /// The signed time, where the scheme has one.
    fn stamp<'a>(
        &'a self,
        header: &'a str,
        facts: &RequestFacts<'a>,
    ) -> Result<Option<Signed<'a>>, Denied> {
        let Some(rule) = &self.scheme.timestamp else { return Ok(None) };
        let missing = Denied::because(Reason::NoTimestamp);
        let text = match &rule.from {
            StampFrom::Header(name) => Cow::Borrowed(facts.header(name).map_err(|denied| {
                if denied.reason() == Reason::NoHeader { missing } else { denied }
            })?),
            StampFrom::Label(label) => {
                let mut found = items(self.scheme.splitter, header)
                    .filter_map(|item| item.strip_prefix(label.as_str()));
                let first = found.next().ok_or(missing)?;
                if found.next().is_some() {
                    return Err(Denied::because(Reason::TimestampBad));
                }
                Cow::Borrowed(first)
            }
            StampFrom::BodyField(field) => {
                Cow::Owned(freshness::body_field(facts.body, field).ok_or(missing)?)
            }
        };
        let at = freshness::read(&text, rule.unit)?;
        Ok(Some(Signed { text, at, rule }))
    }

    /// The signed bytes, piece by piece.
    fn message<'a>(
        &'a self,
        facts: &RequestFacts<'a>,
        stamp: Option<&'a str>,
    ) -> Result<Vec<Cow<'a, [u8]>>, Denied> {
        let parts = &self.scheme.parts;
        let mut pieces = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let piece = self.piece(part, facts, stamp)?;
            // A value that holds the text which ends it could be cut in two
            // places: `a.1` and `2` would sign the same bytes as `a` and `1.2`.
            let from_sender = matches!(part, Part::Id | Part::Header(_) | Part::Timestamp);
            if let (true, Some(Part::Literal(end))) = (from_sender, parts.get(index + 1))
                && (piece.is_empty() || contains(&piece, end.as_bytes()))
            {
                return Err(Denied::because(Reason::PartBad));
            }
            pieces.push(piece);
        }
        Ok(pieces)
    }

    fn piece<'a>(
        &'a self,
        part: &'a Part,
        facts: &RequestFacts<'a>,
        stamp: Option<&'a str>,
    ) -> Result<Cow<'a, [u8]>, Denied> {
        let missing = Denied::because(Reason::PartBad);
        let header = |name: &str| facts.header(name).map_err(|_| missing);
        Ok(Cow::Borrowed(match part {
            Part::Method => facts.method.as_bytes(),
            Part::RegisteredUrl => facts.registered_url.as_bytes(),
            Part::Timestamp => stamp.ok_or(missing)?.as_bytes(),
            Part::Id => header(self.scheme.id_header.as_deref().ok_or(missing)?)?.as_bytes(),
            Part::Header(name) => header(name)?.as_bytes(),
            Part::Literal(text) => text.as_bytes(),
            Part::Body => facts.body,
            Part::SortedForm => return Ok(Cow::Owned(form::sorted(facts.body)?)),
        }))
    }
}

// === impl Algorithm ===

impl Algorithm {
    /// The signature over the pieces, for all but public-key algorithms.
    fn mac(self, key: &[u8], pieces: &[Cow<'_, [u8]>]) -> Option<Vec<u8>> {
        let keyed = |algorithm| {
            let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
            pieces.iter().for_each(|piece| context.update(piece));
            context.sign().as_ref().to_vec()
        };
        match self {
            Self::HmacSha256 => Some(keyed(hmac::HMAC_SHA256)),
            Self::HmacSha1 => Some(keyed(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)),
            Self::Sha256SecretFirst => {
                let mut context = digest::Context::new(&digest::SHA256);
                context.update(key);
                pieces.iter().for_each(|piece| context.update(piece));
                Some(context.finish().as_ref().to_vec())
            }
            Self::Ed25519 => None,
        }
    }

    fn fits_any(self, key: &Secret, pieces: &[Cow<'_, [u8]>], candidates: &[Vec<u8>]) -> Choice {
        if let Some(wanted) = self.mac(key.expose(), pieces) {
            let same = |candidate: &Vec<u8>| candidate.as_slice().ct_eq(wanted.as_slice());
            return candidates.iter().fold(Choice::from(0), |fits, it| fits | same(it));
        }
        let message = pieces.concat();
        let public = UnparsedPublicKey::new(&ED25519, key.expose());
        let same = |candidate: &Vec<u8>| {
            Choice::from(u8::from(public.verify(&message, candidate).is_ok()))
        };
        candidates.iter().fold(Choice::from(0), |fits, it| fits | same(it))
    }
}

/// Computes the header's value as a far system would, for tests and fakes.
///
/// `None` for Ed25519: that needs the private key.
#[cfg(any(test, feature = "testing"))]
#[must_use]
pub fn sign(
    scheme: &Scheme,
    secret: &Secret,
    facts: &RequestFacts<'_>,
    stamp: &str,
) -> Option<String> {
    let verifier = Verifier::new(scheme.clone(), &[LiveSecret::lasting(secret.clone())]).ok()?;
    let stamped = (!stamp.is_empty()).then_some(stamp);
    let pieces = verifier.message(facts, stamped).ok()?;
    let mac = scheme.algorithm.mac(verifier.keys.first()?.secret.expose(), &pieces)?;
    let text = match scheme.encoding {
        Encoding::Base64 => STANDARD.encode(mac),
        Encoding::Hex => hex::encode(mac),
    };
    let stamp_item = match scheme.timestamp.as_ref().map(|it| &it.from) {
        Some(StampFrom::Label(label)) => format!("{label}{stamp},"),
        _ => String::new(),
    };
    Some(format!("{stamp_item}{}{text}", scheme.label))
}

fn items(splitter: Splitter, header: &str) -> impl Iterator<Item = &str> {
    let separator = match splitter {
        Splitter::None => None,
        Splitter::Space => Some(' '),
        Splitter::Comma => Some(','),
    };
    header.split(move |found| Some(found) == separator)
}

/// One text for one value: padded base64 without spare bits, lower-case hex.
fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).ok(),
        Encoding::Hex if text.bytes().any(|byte| byte.is_ascii_uppercase()) => None,
        Encoding::Hex => hex::decode(text).ok(),
    }
    .filter(|bytes| !bytes.is_empty())
}

fn read_key(scheme: &Scheme, secret: &Secret) -> Result<Secret, &'static str> {
    let key = match &scheme.key {
        KeyEncoding::Raw => secret.clone(),
        KeyEncoding::Base64After(prefix) => {
            let expected = "base64 after the scheme's prefix";
            let text = secret.expose().strip_prefix(prefix.as_bytes()).ok_or(expected)?;
            Secret::new(STANDARD.decode(text).map_err(|_| expected)?)
        }
        KeyEncoding::Hex => {
            Secret::new(hex::decode(secret.expose()).map_err(|_| "an even number of hex digits")?)
        }
    };
    match (scheme.algorithm, key.expose().len()) {
        (Algorithm::Ed25519, 32) => Ok(key),
        (Algorithm::Ed25519, _) => Err("an Ed25519 public key of 32 bytes"),
        (_, 0..8) => Err("at least 8 bytes long"),
        _ => Ok(key),
    }
}

fn contains(text: &[u8], wanted: &[u8]) -> bool {
    !wanted.is_empty() && text.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests;
