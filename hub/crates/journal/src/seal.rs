//! Raw bytes at rest: AES-256-GCM under one key file, bound to their arrival.
//!
//! Sealed form: `0x01`, key id (4 bytes), nonce (12 random bytes), cipher text
//! with its tag. The arrival's id is the associated data, so sealed bytes moved
//! to another entry do not open.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use std::{fmt, fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use crate::{Error, schema};

const FORMAT: u8 = 1;
const KEY_ID_BYTES: usize = 4;

/// The key that seals raw bytes.
pub struct Seal {
    key: LessSafeKey,
    id: [u8; KEY_ID_BYTES],
}

// === impl Seal ===

impl Seal {
    /// Reads the key file: 64 hex digits.
    ///
    /// # Errors
    ///
    /// When it is missing or not that.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let fault = |fault: String| Error::SealKey { path: path.to_owned(), fault };
        let text = fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .map_err(|error| fault(format!("expected 64 hex digits: {error}")))?;
        Self::from_bytes(&bytes).ok_or_else(|| fault("the key was not accepted".to_owned()))
    }

    /// Reads the key file, or writes a new key where there is none.
    ///
    /// # Errors
    ///
    /// When it is no key, or cannot be written.
    pub fn load_or_create(path: &Path) -> Result<Self, Error> {
        if path.exists() { Self::load(path) } else { Self::create(path) }
    }

    /// Writes a new key, readable by its owner only, and reads it back.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let text = hex::encode(random::<32>()?);
        // Whole or not at all, whenever the power goes: half a key would keep
        // the hub from starting.
        let part = schema::beside(path, ".new");
        fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)
            .and_then(|mut file| {
                writeln!(file, "{text}")?;
                file.sync_all()?;
                fs::rename(&part, path)
            })
            .map_err(Error::file("writing the seal key", path))?;
        schema::sync_parent(path)?;
        Self::load(path)
    }

    fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?);
        let digest = canon::id::sha256_hex(bytes);
        let mut id = [0; KEY_ID_BYTES];
        hex::decode_to_slice(digest.get(..KEY_ID_BYTES * 2)?, &mut id).ok()?;
        Some(Self { key, id })
    }

    /// Names the key without telling it: 8 hex digits.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(self.id)
    }

    /// Encrypts bytes so that they open for the same name only: an arrival's id, or
    /// whatever else they belong to.
    ///
    /// # Errors
    ///
    /// When there is no randomness, or there are too many bytes.
    pub fn seal(&self, arrival: &str, raw: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce = random::<NONCE_LEN>()?;
        let mut sealed = raw.to_vec();
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(arrival.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::Unfit {
                id: arrival.to_owned(),
                fault: "its raw bytes are too many to seal".to_owned(),
            })?;
        let mut stored = Vec::with_capacity(1 + KEY_ID_BYTES + NONCE_LEN + sealed.len() + 16);
        stored.push(FORMAT);
        stored.extend_from_slice(&self.id);
        stored.extend_from_slice(&nonce);
        stored.append(&mut sealed);
        stored.extend_from_slice(tag.as_ref());
        Ok(stored)
    }

    /// Opens what [`Seal::seal`] made for the same name.
    ///
    /// # Errors
    ///
    /// Why they do not open.
    pub fn open(&self, arrival: &str, stored: &[u8]) -> Result<Vec<u8>, &'static str> {
        let (format, rest) = stored.split_first().ok_or("nothing is stored")?;
        if *format != FORMAT {
            return Err("their format is not known");
        }
        let (id, rest) = rest.split_at_checked(KEY_ID_BYTES).ok_or("they are cut short")?;
        if id != self.id {
            return Err("they were sealed with another key");
        }
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or("they are cut short")?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| "they are cut short")?;
        let mut opened = sealed.to_vec();
        let length = self
            .key
            .open_in_place(nonce, Aad::from(arrival.as_bytes()), &mut opened)
            .map_err(|_| "they were changed or belong to another arrival")?
            .len();
        opened.truncate(length);
        Ok(opened)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("id", &self.id()).finish_non_exhaustive()
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_its_arrival_only_and_unchanged_only() {
        let seal = Seal::from_bytes(&[1; 32]).unwrap();
        for raw in [&b""[..], b"x", &[0; 5000]] {
            let stored = seal.seal("arrival-1", raw).unwrap();
            assert_eq!(seal.open("arrival-1", &stored).unwrap(), raw);
            assert!(seal.open("arrival-2", &stored).is_err());
            for at in 0..stored.len() {
                let mut changed = stored.clone();
                changed[at] ^= 1;
                assert!(seal.open("arrival-1", &changed).is_err(), "byte {at}");
                assert!(seal.open("arrival-1", &stored[..at]).is_err(), "cut at {at}");
            }
        }
        let other = Seal::from_bytes(&[2; 32]).unwrap();
        let foreign = other.open("arrival-1", &seal.seal("arrival-1", b"x").unwrap());
        assert_eq!(foreign, Err("they were sealed with another key"));
        assert!(!format!("{seal:?}").contains("0101"), "the key is not told");
    }
}
