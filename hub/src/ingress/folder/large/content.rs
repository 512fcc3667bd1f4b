//! What is in a large file, from its start on: its bytes, or what they unpack to.
//! What was packed cannot be sought: to go on somewhere it is unpacked again up to
//! there, and its digest tells at its end that it is what was checked.

use super::super::super::packed::file::Stored;
use canon::id::hex;
use codec::compressed::{self, Unpacking};
use sha2::{Digest as _, Sha256};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes read at once.
pub(super) const CHUNK_BYTES: usize = 256 << 10;

/// Where a large file lies, and how it is packed.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// `None`: it is not.
    pub(super) stored: Option<Stored>,
    /// Most bytes that may come out of it.
    pub(super) bytes_max: u64,
}

/// A file that is read.
#[derive(Debug)]
pub(super) struct Content {
    source: Source,
    reader: Reader,
    at: u64,
}

#[derive(Debug)]
enum Reader {
    Plain(File),
    Packed { unpacking: Box<Unpacking<BufReader<Counted>>>, read: Arc<AtomicU64>, hash: Sha256 },
}

/// Why a file cannot be read, or no further.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("cannot be unpacked: {0}")]
    Packed(compressed::Fault),
}

/// A file of which is known how much of it was read.
#[derive(Debug)]
struct Counted(File, Arc<AtomicU64>);

// === impl Content ===

impl Content {
    /// From its start on.
    pub(super) fn open(source: Source) -> Result<Self, Unread> {
        let reader = Reader::open(&source)?;
        Ok(Self { source, reader, at: 0 })
    }

    /// The next bytes; none: all of it was read.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Unread> {
        let length = match &mut self.reader {
            Reader::Plain(file) => file.read(buffer)?,
            Reader::Packed { unpacking, hash, .. } => {
                let length = unpacking.unpack(buffer)?;
                hash.update(buffer.get(..length).unwrap_or_default());
                length
            }
        };
        self.at += length as u64;
        Ok(length)
    }

    /// As many bytes as the buffer has.
    pub(super) fn read_exact(&mut self, buffer: &mut [u8]) -> Result<(), Unread> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|it| !it.is_empty()) {
            match self.read(rest)? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                length => filled += length,
            }
        }
        Ok(())
    }

    /// Goes on at `offset`.
    pub(super) fn go_to(&mut self, offset: u64) -> Result<(), Unread> {
        if let Reader::Plain(file) = &mut self.reader {
            self.at = file.seek(SeekFrom::Start(offset))?;
            return Ok(());
        }
        if offset < self.at {
            (self.reader, self.at) = (Reader::open(&self.source)?, 0);
        }
        let mut passed = vec![0; CHUNK_BYTES];
        while self.at < offset {
            let left = usize::try_from(offset - self.at).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            self.read_exact(passed.get_mut(..left).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Of what was packed, how many bytes as they came are read.
    pub(super) fn packed_bytes_read(&self) -> Option<u64> {
        match &self.reader {
            Reader::Plain(_) => None,
            Reader::Packed { read, .. } => Some(read.load(Ordering::Relaxed)),
        }
    }

    /// Whether nothing follows, and what was packed has this SHA-256 (hex). What
    /// was not packed is told apart by its size and time.
    pub(super) fn ends_as(&mut self, sha256: &str) -> Result<bool, Unread> {
        if matches!(self.reader, Reader::Plain(_)) {
            return Ok(true);
        }
        // Asked for more, it looks at the checksums that stand at its end.
        let more = self.read(&mut [0])?;
        let Reader::Packed { hash, .. } = &self.reader else { return Ok(true) };
        let digest: [u8; 32] = hash.clone().finalize().into();
        Ok(more == 0 && hex(&digest) == sha256)
    }
}

impl Reader {
    fn open(source: &Source) -> Result<Self, Unread> {
        let file = File::open(&source.path)?;
        let Some(stored) = &source.stored else { return Ok(Self::Plain(file)) };
        let read = Arc::new(AtomicU64::new(0));
        let packed = BufReader::with_capacity(CHUNK_BYTES, Counted(file, Arc::clone(&read)));
        let unpacking = Box::new(stored.open(packed, source.bytes_max)?);
        Ok(Self::Packed { unpacking, read, hash: Sha256::new() })
    }
}

// === impl Counted ===

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.0.seek(to)?;
        self.1.store(at, Ordering::Relaxed);
        Ok(at)
    }
}

impl From<compressed::Broken> for Unread {
    fn from(broken: compressed::Broken) -> Self {
        match broken {
            compressed::Broken::Io(cause) => Self::Io(cause),
            compressed::Broken::Packed(fault) => Self::Packed(fault),
        }
    }
}
