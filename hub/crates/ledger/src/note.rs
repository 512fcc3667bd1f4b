//! Signed notes and checkpoints as C2SP defines them, with Ed25519.
//!
//! A note is text, an empty line, and signature lines `— name base64(id || sig)`.
//! A checkpoint is a note whose text is: origin, number of leaves, root in base64.
//! Keys have the text forms `PRIVATE+KEY+name+id+base64` and `name+id+base64`.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
    signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use std::{
    fmt, fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::{Error, tree::Hash};

/// C2SP signed-note: the type byte of Ed25519.
const ED25519_TYPE: u8 = 1;

/// Signs checkpoints; its name is the log's origin.
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// Checks the signatures of one [`Signer`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

/// What a checkpoint says: the tree of the log `origin` with `size` leaves has
/// this `root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

// === impl Signer ===

impl Signer {
    /// Reads the key file; on the first start makes it (mode 0600) and, beside
    /// it, the public key as `{path}.pub`.
    ///
    /// # Errors
    ///
    /// When the file is not a key, or one of another name.
    pub fn open(path: &Path, name: &str) -> Result<Self, Error> {
        let signer =
            if path.exists() { Self::read(path, name)? } else { Self::create(path, name)? };
        let public = beside(path, ".pub");
        if !public.exists() {
            write_whole(&public, 0o644, &signer.public.to_string())?;
            tracing::info!(key = %signer.public, "the ledger's public key was written");
        }
        Ok(signer)
    }

    fn read(path: &Path, name: &str) -> Result<Self, Error> {
        let fault = |fault: &str| Error::Key { path: path.to_owned(), fault: fault.to_owned() };
        let text = fs::read_to_string(path).map_err(|error| fault(&error.to_string()))?;
        let shape = "expected PRIVATE+KEY+name+id+base64";
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or_else(|| fault(shape))?;
        let (found, rest) = rest.split_once('+').ok_or_else(|| fault(shape))?;
        let (_, key) = rest.split_once('+').ok_or_else(|| fault(shape))?;
        if found != name {
            return Err(fault(&format!("it is the key of {found:?}, not of {name:?}")));
        }
        let bytes = BASE64.decode(key).map_err(|error| fault(&error.to_string()))?;
        let (kind, seed) = bytes.split_first().ok_or_else(|| fault(shape))?;
        if *kind != ED25519_TYPE {
            return Err(fault("it is not an Ed25519 key"));
        }
        let signer = Self::from_seed(seed, name).ok_or_else(|| fault("it is not 32 bytes"))?;
        if text.trim() != signer.text(seed) {
            return Err(fault("its id does not fit its key"));
        }
        Ok(signer)
    }

    fn create(path: &Path, name: &str) -> Result<Self, Error> {
        if name.is_empty() || name.contains([' ', '+', '\n']) || name.contains("://") {
            return Err(Error::Name { name: name.to_owned() });
        }
        let mut seed = [0; 32];
        rand::fill(&mut seed).map_err(|_| Error::NoRandomness)?;
        let signer = Self::from_seed(&seed, name).ok_or(Error::NoRandomness)?;
        write_whole(path, 0o600, &signer.text(&seed))?;
        Ok(signer)
    }

    fn from_seed(seed: &[u8], name: &str) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let key = pair.public_key().as_ref().try_into().ok()?;
        let public = PublicKey::new(name, key);
        Some(Self { pair, public })
    }

    fn text(&self, seed: &[u8]) -> String {
        let key = BASE64.encode([&[ED25519_TYPE], seed].concat());
        format!("PRIVATE+KEY+{}+{}+{key}", self.public.name, hex::encode(self.public.id))
    }

    /// The key that checks this one's signatures.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The signed note of a checkpoint.
    #[must_use]
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let checkpoint = Checkpoint { origin: self.public.name.clone(), size, root };
        let text = checkpoint.to_string();
        let signature = self.pair.sign(text.as_bytes());
        let signature = BASE64.encode([&self.public.id, signature.as_ref()].concat());
        format!("{text}\n— {} {signature}\n", self.public.name)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Writes a file that is there whole or not at all, whenever the power goes.
fn write_whole(path: &Path, mode: u32, text: &str) -> Result<(), Error> {
    let part = beside(path, ".new");
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&part)
        .and_then(|mut file| {
            writeln!(file, "{text}")?;
            file.sync_all()?;
            fs::rename(&part, path)?;
            fs::File::open(parent)?.sync_all()
        })
        .map_err(|source| Error::File { doing: "writing", path: path.to_owned(), source })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

// === impl PublicKey ===

impl PublicKey {
    fn new(name: &str, key: [u8; 32]) -> Self {
        let named = [name.as_bytes(), b"\n", &[ED25519_TYPE], &key].concat();
        let mut id = [0; 4];
        id.iter_mut().zip(digest(&SHA256, &named).as_ref()).for_each(|(to, from)| *to = *from);
        Self { name: name.to_owned(), id, key }
    }

    /// Reads `name+id+base64`.
    ///
    /// # Errors
    ///
    /// When it is not that.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let fault = |fault| Error::PublicKey { fault };
        let (name, rest) = text.trim().split_once('+').ok_or(fault("it has no `+`"))?;
        let (id, key) = rest.split_once('+').ok_or(fault("it has one `+` only"))?;
        let bytes = BASE64.decode(key).map_err(|_| fault("the key is not base64"))?;
        let (kind, key) = bytes.split_first().ok_or(fault("the key is empty"))?;
        if *kind != ED25519_TYPE {
            return Err(fault("it is not an Ed25519 key"));
        }
        let key = key.try_into().map_err(|_| fault("the key is not 32 bytes"))?;
        let public = Self::new(name, key);
        if id != hex::encode(public.id) {
            return Err(fault("the hash does not fit name and key"));
        }
        Ok(public)
    }

    /// The log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks a note and gives what it says; the error says what is wrong.
    ///
    /// Lines signed by others are passed over, as C2SP asks; one good line of
    /// this key is needed.
    ///
    /// # Errors
    ///
    /// When the note has another form, another origin or no good signature.
    pub fn open(&self, note: &str) -> Result<Checkpoint, &'static str> {
        let (text, signatures) = note.rsplit_once("\n\n").ok_or("it has no signature block")?;
        let text = format!("{text}\n");
        if !signatures.ends_with('\n') {
            return Err("it does not end with a line end");
        }
        let mut signed = false;
        for line in signatures.lines() {
            let line = line.strip_prefix("— ").ok_or("a signature line has another form")?;
            let (name, signature) =
                line.split_once(' ').ok_or("a signature line has another form")?;
            let bytes = BASE64.decode(signature).map_err(|_| "a signature is not base64")?;
            let (id, signature) = bytes.split_at_checked(4).ok_or("a signature is too short")?;
            if name != self.name || id != self.id {
                continue;
            }
            UnparsedPublicKey::new(&ED25519, self.key)
                .verify(text.as_bytes(), signature)
                .map_err(|_| "its signature is wrong")?;
            signed = true;
        }
        if !signed {
            return Err("it is not signed by this key");
        }
        let checkpoint = Checkpoint::parse(&text).ok_or("it is not a checkpoint")?;
        if checkpoint.origin == self.name { Ok(checkpoint) } else { Err("it is another log's") }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode([&[ED25519_TYPE][..], &self.key].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.id))
    }
}

// === impl Checkpoint ===

impl Checkpoint {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let origin = lines.next()?.to_owned();
        let size = lines.next()?;
        let root = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
        let checkpoint = Self { origin, size: size.parse().ok()?, root };
        // Only the one canonical form: no leading zeros, no further lines.
        (checkpoint.to_string() == text).then_some(checkpoint)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root))
    }
}

#[cfg(test)]
mod tests;
