//! `channelhub text`: what a file from elsewhere is, without a running hub.

mod json;
mod report;

use super::Failure;
use crate::problem::Language;
use clap::{Subcommand, ValueEnum};
use codec::{
    charset::{Charset, Named},
    compressed,
    inspect::{self, Inspection, Report, SAMPLE_BYTES, Scan, Target},
};
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Bytes that are read at once: a file of any size takes memory for a few of these.
const PART_BYTES: usize = 4 << 20;

/// Text files.
#[derive(Debug, Subcommand)]
pub(super) enum Text {
    /// Guess the character set and the layout of a file, show suspicious bytes
    /// in their place, and what would not survive in another character set.
    Inspect(Inspect),
}

/// What to inspect.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// The file; read as a stream, so that its size does not matter.
    file: PathBuf,
    /// Read it in this character set: a name such as cp932, or a *.charset.yaml.
    #[arg(long, value_name = "NAME|FILE")]
    charset: Option<String>,
    /// Say what would not survive there: a name, or a *.charset.yaml; may be
    /// given several times. Not given: cp932 for a file in Unicode.
    #[arg(long, value_name = "NAME|FILE")]
    to: Vec<String>,
    /// How many places of each kind are shown.
    #[arg(long, default_value_t = 5, value_name = "COUNT")]
    examples: usize,
    #[arg(long, default_value = "text")]
    format: Format,
    /// The language of the text.
    #[arg(long, default_value = "en")]
    language: Tongue,
    /// Exit code 1 when a byte is no character, or a character is refused by a
    /// character set given with --to.
    #[arg(long)]
    check: bool,
}

/// How it is printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Languages of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tongue {
    En,
    Ja,
}

/// All that is told of a file.
struct Told {
    file: String,
    inspection: Inspection,
    /// The set it was read in, and whether the caller chose it.
    read_as: Named,
    chosen: bool,
    /// Names of the targets, in the order of the report.
    targets: Vec<String>,
    report: Report,
}

impl Text {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Inspect(it) => it.run(),
        }
    }
}

impl Inspect {
    fn run(self) -> Result<ExitCode, Failure> {
        let (format, check) = (self.format, self.check);
        let language = match self.language {
            Tongue::En => Language::English,
            Tongue::Ja => Language::Japanese,
        };
        let told = self.look()?;
        match format {
            Format::Json => say!("{:#}", json::document(&told)),
            Format::Text => super::screen::bytes(report::page(&told, language).as_bytes()),
        }
        let refused = told.report.lost.iter().flat_map(|it| it.values());
        let refused = refused.filter(|it| it.instead.is_none()).count();
        let bad = told.report.bad.count > 0 || refused > 0;
        Ok(if check && bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn look(self) -> Result<Told, Failure> {
        let failed = |cause: std::io::Error| format!("{}: {cause}", self.file.display());
        let file_bytes = std::fs::metadata(&self.file).map_err(failed)?.len();
        let sample = sample(&self.file).map_err(failed)?;
        if let Some(kind) = compressed::kind(&sample) {
            return Err(format!("{}: {}", self.file.display(), packed(kind)));
        }
        let mut inspection = inspect::inspect(&sample, file_bytes);
        let read_as = match (&self.charset, inspection.guesses.first()) {
            (Some(name), _) => {
                let named = named(name)?;
                inspection.shape = inspect::shape(&named.profile, &sample, file_bytes);
                named
            }
            (None, Some(guess)) => Named::new(guess.charset),
            (None, None) => {
                return Err(format!(
                    "{}: this is no text in any known character set; give one with --charset",
                    self.file.display()
                ));
            }
        };
        let targets = self.targets(read_as.profile.charset)?;
        let names = targets.iter().map(|it| it.name.clone()).collect();
        let mut scan = Scan::new(read_as.profile.clone(), targets, self.examples);
        each_part(&self.file, |part, last| {
            scan.push(part, last).map_err(|it| std::io::Error::other(it.to_string()))
        })
        .map_err(failed)?;
        Ok(Told {
            file: self.file.display().to_string(),
            inspection,
            read_as,
            chosen: self.charset.is_some(),
            targets: names,
            report: scan.finish(),
        })
    }

    fn targets(&self, source: Charset) -> Result<Vec<Target>, Failure> {
        let unicode = matches!(source, Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be);
        if self.to.is_empty() && unicode {
            let named = Named::new(Charset::Cp932);
            return Ok(vec![Target { name: Charset::Cp932.name().to_owned(), named }]);
        }
        let target = |name: &String| Ok(Target { name: name.clone(), named: named(name)? });
        self.to.iter().map(target).collect()
    }
}

/// What to do with a file that is packed: its bytes are no text.
fn packed(kind: compressed::Kind) -> &'static str {
    match kind {
        compressed::Kind::Gzip => "this is gzip; unpack it first (`gunzip`)",
        compressed::Kind::Zstd => "this is zstd; unpack it first (`zstd -d`)",
        compressed::Kind::Zip => {
            "this is a zip archive, or a workbook (.xlsx). A workbook is read by a layout with \
             `format: xlsx`: try `channelhub layout check LAYOUT --on FILE`"
        }
    }
}

/// A character set by its name, or a profile by its file.
fn named(name: &str) -> Result<Named, Failure> {
    if let Some(charset) = Charset::from_name(name) {
        return Ok(Named::new(charset));
    }
    let path = Path::new(name);
    if !path.is_file() {
        let names = Charset::ALL.map(Charset::name);
        let near = codec::diagnostic::nearest(name, names);
        let hint = near.map_or_else(
            || format!("one of {}, or the file of a profile", names.join(", ")),
            |it| format!("did you mean `{it}`?"),
        );
        return Err(format!("no character set `{name}`; {hint}"));
    }
    let text = std::fs::read_to_string(path).map_err(|cause| format!("{name}: {cause}"))?;
    Named::parse(name, &text).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(|it| it.render(&text)).collect();
        format!("the profile has faults\n{}", faults.concat())
    })
}

/// The first part of the file that says something of its character set: plain
/// ASCII fits almost all of them.
fn sample(path: &Path) -> std::io::Result<Vec<u8>> {
    let (mut first, mut telling) = (None, None);
    each_part(path, |part, _| {
        let plain = part.iter().all(|it| matches!(it, b'\t' | b'\r' | b'\n' | 0x1A | b' '..=b'~'));
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
    Ok(telling.or(first).unwrap_or_default())
}

/// Hands over a file part by part, the last one marked.
fn each_part(
    path: &Path,
    mut take: impl FnMut(&[u8], bool) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut read = || -> std::io::Result<Vec<u8>> {
        let mut part = Vec::new();
        let limit = u64::try_from(PART_BYTES).unwrap_or(u64::MAX);
        file.by_ref().take(limit).read_to_end(&mut part)?;
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
