//! `channelhub text`: what a file from elsewhere is, without a running hub.

mod json;
mod report;
mod source;
mod workbook;

use super::Failure;
use crate::{ingress::packed::file::word, problem::Language};
use clap::{Subcommand, ValueEnum};
use codec::{
    charset::{Charset, Named},
    compressed,
    inspect::{self, Inspection, Report, Scan, Target},
    layout::SheetSurvey,
};
use serde_json::{Value, json};
use source::{Found, Sample, Source};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Text files.
#[derive(Debug, Subcommand)]
pub(super) enum Text {
    /// Guess the character set and the layout of a file, show suspicious bytes
    /// in their place, and what would not survive in another character set. What is
    /// compressed is looked into; of a workbook sheets, columns and suspicious cells
    /// are told.
    Inspect(Inspect),
}

/// What to inspect.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// The file; read as a stream, so that its size does not matter.
    file: PathBuf,
    /// Of an archive (zip) only this file; not given: each of them.
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
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
    /// Exit code 1 when a byte is no character, a character is refused by a
    /// character set given with --to, or a cell of a workbook is suspicious.
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

/// What came of looking.
enum Looked {
    Text(Box<Told>),
    Workbook(String, Vec<SheetSurvey>),
    /// A file of an archive that could not be looked into, and why.
    Not(String, String),
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
        let language = match self.language {
            Tongue::En => Language::English,
            Tongue::Ja => Language::Japanese,
        };
        let sources = match source::find(&self.file, self.member.as_deref())? {
            Found::One(source) => {
                let looked = self.look(&source)?;
                let bad = looked.is_bad();
                match self.format {
                    Format::Json => say!("{:#}", looked.document()),
                    Format::Text => super::screen::bytes(looked.page(language).as_bytes()),
                }
                return Ok(self.code(bad));
            }
            Found::Archive(sources) => sources,
        };
        let (mut bad, mut documents) = (false, Vec::new());
        for (source, bytes) in sources {
            let looked = self.look(&source).unwrap_or_else(|why| Looked::not(&source.name, why));
            bad |= looked.is_bad();
            match self.format {
                Format::Json => documents.push(json!({
                    "member": source.member(), "bytes": bytes, "report": looked.document()
                })),
                Format::Text => super::screen::bytes((looked.page(language) + "\n").as_bytes()),
            }
        }
        if matches!(self.format, Format::Json) {
            say!("{:#}", json!({ "file": self.file, "members": documents }));
        }
        Ok(self.code(bad))
    }

    fn code(&self, bad: bool) -> ExitCode {
        if self.check && bad { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn look(&self, source: &Source) -> Result<Looked, Failure> {
        let failed = |cause: std::io::Error| format!("{}: {cause}", source.name);
        let Sample { bytes, part, kind } = source.sample().map_err(failed)?;
        match kind {
            Some(compressed::Kind::Zip) => {
                let book = source.workbook(bytes).map_err(failed)?;
                let sheets = codec::layout::survey(&book, self.examples);
                let sheets = sheets.map_err(|fault| format!("{}: {fault}", source.name))?;
                return Ok(Looked::Workbook(source.name.clone(), sheets));
            }
            Some(kind) => {
                let word = word(kind);
                return Err(format!("{}: {word} within; unpack it first", source.name));
            }
            None => {}
        }
        let mut inspection = inspect::inspect(&part, bytes);
        let read_as = match (&self.charset, inspection.guesses.first()) {
            (Some(name), _) => {
                let named = named(name)?;
                inspection.shape = inspect::shape(&named.profile, &part, bytes);
                named
            }
            (None, Some(guess)) => Named::new(guess.charset),
            (None, None) => {
                return Err(format!(
                    "{}: this is no text in any known character set; give one with --charset",
                    source.name
                ));
            }
        };
        let targets = self.targets(read_as.profile.charset)?;
        let names = targets.iter().map(|it| it.name.clone()).collect();
        let mut scan = Scan::new(read_as.profile.clone(), targets, self.examples);
        source
            .each_part(|part, last| {
                scan.push(part, last).map_err(|it| std::io::Error::other(it.to_string()))
            })
            .map_err(failed)?;
        Ok(Looked::Text(Box::new(Told {
            file: source.name.clone(),
            inspection,
            read_as,
            chosen: self.charset.is_some(),
            targets: names,
            report: scan.finish(),
        })))
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

// === impl Looked ===

impl Looked {
    fn not(name: &str, why: Failure) -> Self {
        let bare = why.strip_prefix(name).map(|it| it.trim_start_matches(": ").to_owned());
        Self::Not(name.to_owned(), bare.unwrap_or(why))
    }

    fn is_bad(&self) -> bool {
        match self {
            Self::Text(told) => {
                let refused = told.report.lost.iter().flat_map(|it| it.values());
                let refused = refused.filter(|it| it.instead.is_none()).count();
                told.report.bad.count > 0 || refused > 0
            }
            Self::Workbook(_, sheets) => {
                let mut columns = sheets.iter().flat_map(|it| &it.columns);
                columns.any(|it| !it.suspicious.is_empty())
            }
            Self::Not(..) => true,
        }
    }

    fn document(&self) -> Value {
        match self {
            Self::Text(told) => self::json::document(told),
            Self::Workbook(file, sheets) => workbook::document(file, sheets),
            Self::Not(file, why) => json!({ "file": file, "not_read": why }),
        }
    }

    fn page(&self, language: Language) -> String {
        match self {
            Self::Text(told) => report::page(told, language),
            Self::Workbook(file, sheets) => workbook::page(file, sheets, language),
            Self::Not(file, why) => format!("{file}: {why}\n"),
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
