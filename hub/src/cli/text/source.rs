//! What `text inspect` looks at: a file, what is in a compressed one, the files of an
//! archive, a workbook. What is text is read as a stream, whatever its size.

use super::super::Failure;
use crate::ingress::packed::file::{self, Stored};
use codec::{
    compressed::{self, Kind},
    inspect::SAMPLE_BYTES,
};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

/// Bytes that are read at once: a file of any size takes memory for a few of these.
const PART_BYTES: usize = 4 << 20;
/// Bytes of a workbook: what a layout reads.
const WORKBOOK_BYTES_MAX: u64 = 64 << 20;
/// Files of an archive that are looked at one by one.
const FILES_MAX: usize = 50;

/// Bytes that can be read from their start again and again.
#[derive(Clone, Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// `None`: the file itself.
    stored: Option<Stored>,
    /// What it is called in a report.
    pub(super) name: String,
}

/// What a file is.
pub(super) enum Found {
    /// One source, packed or not.
    One(Source),
    /// The files of an archive, with their sizes.
    Archive(Vec<(Source, u64)>),
}

/// A first look at a source.
pub(super) struct Sample {
    /// How many bytes it has.
    pub(super) bytes: u64,
    /// The part that says most of its character set.
    pub(super) part: Vec<u8>,
    /// How it is packed in turn.
    pub(super) kind: Option<Kind>,
}

/// Finds out what a file is; of an archive only the file `member`, if one is named.
///
/// # Errors
///
/// A text naming the file.
pub(super) fn find(path: &Path, member: Option<&str>) -> Result<Found, Failure> {
    let failed = |cause: &dyn std::fmt::Display| format!("{}: {cause}", path.display());
    let shown = path.display().to_string();
    let plain = Source { path: path.to_owned(), stored: None, name: shown.clone() };
    let mut packed = BufReader::new(File::open(path).map_err(|it| failed(&it))?);
    let kind = file::kind(&mut packed).map_err(|it| failed(&it))?;
    let of = |stored, name: &str| Source {
        stored: Some(stored),
        name: format!("{shown}: {name}"),
        ..plain.clone()
    };
    let names = match kind {
        None => return Ok(Found::One(plain)),
        Some(Kind::Zip) => file::members(&mut packed).map_err(|it| failed(&it))?,
        Some(kind) => {
            let name = format!("{}, unpacked", file::word(kind));
            return Ok(Found::One(of(Stored::alone(kind), &name)));
        }
    };
    if file::is_workbook(names.iter().map(|(name, _)| name.as_str())) {
        return Ok(Found::One(plain));
    }
    if let Some(member) = member {
        let found = names.iter().find(|(it, _)| it == member);
        let (name, _) = found.ok_or_else(|| {
            let near = codec::diagnostic::nearest(member, names.iter().map(|it| it.0.as_str()));
            let near = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
            failed(&format!("the archive has no file `{member}`{near}"))
        })?;
        return Ok(Found::One(of(Stored::in_zip(name), name)));
    }
    let files = names.iter().map(|(name, bytes)| (of(Stored::in_zip(name), name), *bytes));
    let files: Vec<_> = files.collect();
    match files.len() {
        0 => Err(failed(&"an archive with nothing in it")),
        count if count > FILES_MAX => Err(failed(&format!(
            "an archive with {count} files; name one with --member, such as `{}`",
            names.first().map_or("", |it| it.0.as_str())
        ))),
        _ => Ok(Found::Archive(files)),
    }
}

// === impl Source ===

impl Source {
    /// Its name in the archive.
    pub(super) fn member(&self) -> &str {
        self.stored.as_ref().map_or("", |it| it.name.as_str())
    }

    /// Hands it over part by part, the last one marked.
    pub(super) fn each_part(
        &self,
        mut take: impl FnMut(&[u8], bool) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut reader = self.open()?;
        let mut read = || -> io::Result<Vec<u8>> {
            let mut part = Vec::new();
            reader.by_ref().take(PART_BYTES as u64).read_to_end(&mut part)?;
            Ok(part)
        };
        let mut part = read()?;
        loop {
            let next = read()?;
            take(&part, next.is_empty())?;
            if next.is_empty() {
                return Ok(());
            }
            part = next;
        }
    }

    /// Reads it once: how long it is, and the first part that says something of its
    /// character set; plain ASCII fits almost all of them.
    pub(super) fn sample(&self) -> io::Result<Sample> {
        let (mut first, mut telling, mut bytes) = (None, None, 0);
        self.each_part(|part, _| {
            bytes += part.len() as u64;
            let plain =
                part.iter().all(|it| matches!(it, b'\t' | b'\r' | b'\n' | 0x1A | b' '..=b'~'));
            if !plain && telling.is_none() {
                let whole = first.is_none();
                let start = part.iter().position(|it| *it == b'\n').filter(|_| !whole);
                let part = part.get(start.map_or(0, |it| it + 1)..).unwrap_or_default();
                telling = Some(part.get(..SAMPLE_BYTES).unwrap_or(part).to_vec());
            }
            if first.is_none() {
                first = Some(part.to_vec());
            }
            Ok(())
        })?;
        let first = first.unwrap_or_default();
        let kind = compressed::kind(&first);
        Ok(Sample { bytes, part: telling.unwrap_or(first), kind })
    }

    /// All of a workbook.
    pub(super) fn workbook(&self, bytes: u64) -> io::Result<Vec<u8>> {
        if bytes > WORKBOOK_BYTES_MAX {
            let text = format!("a workbook of {bytes} bytes; {WORKBOOK_BYTES_MAX} are read");
            return Err(io::Error::other(text));
        }
        let mut all = Vec::new();
        self.open()?.read_to_end(&mut all)?;
        Ok(all)
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        let file = File::open(&self.path)?;
        let Some(stored) = &self.stored else { return Ok(Box::new(file)) };
        let unpacking = stored.open(BufReader::new(file), u64::MAX).map_err(io::Error::other)?;
        Ok(Box::new(unpacking))
    }
}
