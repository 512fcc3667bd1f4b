//! `channelhub layout`: layout files, without a running hub.

use super::{Failure, screen::count};
use clap::{Subcommand, ValueEnum};
use codec::{
    charset::{Charset, Profile},
    copybook,
    layout::Layout,
    rows::RowFault,
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Bytes of a data file that are read at once.
const PART_BYTES: usize = 1 << 20;

/// Layouts.
#[derive(Debug, Subcommand)]
pub(super) enum LayoutCommand {
    /// Make a layout of a COBOL copybook. What a layout cannot say is a fault,
    /// what was left out a warning.
    Import(Import),
    /// Check a layout file, and read a data file by it.
    Check(Check),
}

/// What to import.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The copybook, in UTF-8 or CP932.
    copybook: PathBuf,
    /// The layout's own name; if not given, that of the file.
    #[arg(long, value_name = "PACKAGE/NAME")]
    name: Option<String>,
    /// The character set of the data.
    #[arg(long, default_value = "cp932")]
    charset: String,
    /// What stands between records.
    #[arg(long, default_value = "none")]
    line_end: LineEnd,
    /// Each record says its length before it: RECFM=V (rdw) and VB (rdw-blocked) of
    /// mainframes, and what GnuCOBOL writes (record-length).
    #[arg(long, conflicts_with = "line_end")]
    framing: Option<Framing>,
    /// Write it here instead of printing it. A file that is there stays.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LineEnd {
    None,
    Crlf,
    Lf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Framing {
    Rdw,
    RdwBlocked,
    RecordLength,
}

/// What to check.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The layout file.
    layout: PathBuf,
    /// Read this file by it, and say what is wrong there. It may be compressed
    /// (gzip, zstd, or a zip of one file).
    #[arg(long, value_name = "FILE")]
    on: Option<PathBuf>,
    /// How many bad records are shown.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    examples: usize,
}

impl LayoutCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Import(it) => it.run(),
            Self::Check(it) => it.run(),
        }
    }
}

// === impl Import ===

impl Import {
    fn run(self) -> Result<ExitCode, Failure> {
        let file = self.copybook.display().to_string();
        let charset = Charset::from_name(&self.charset).ok_or_else(|| {
            let names = Charset::ALL.map(Charset::name);
            format!("no character set `{}`; one of {}", self.charset, names.join(", "))
        })?;
        let text = source(&self.copybook)?;
        let name = self.name.unwrap_or_else(|| {
            let stem = self.copybook.file_stem().unwrap_or_default().to_string_lossy();
            format!("imported/{}", stem.to_lowercase())
        });
        let line_end = match self.line_end {
            LineEnd::None => "none",
            LineEnd::Crlf => "crlf",
            LineEnd::Lf => "lf",
        };
        let framing = self.framing.map(|it| match it {
            Framing::Rdw => "rdw",
            Framing::RdwBlocked => "rdw_blocked",
            Framing::RecordLength => "record_length",
        });
        let options = copybook::Options { layout: &name, charset, line_end, framing };
        let imported = match copybook::to_layout(&file, &text, options) {
            Ok(imported) => imported,
            Err(faults) => {
                faults.iter().for_each(|it| eprintln!("{}", it.render(&text)));
                eprintln!("{file}: {}; no layout was made", count(faults.len(), "fault"));
                return Ok(ExitCode::FAILURE);
            }
        };
        imported.warnings.iter().for_each(|it| eprintln!("{}", it.render(&text)));
        // What was made is read again: nobody shall get a layout that cannot be used.
        Layout::parse(&name, &imported.layout).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(|it| it.render(&imported.layout)).collect();
            format!("{file}: the layout made of it cannot be used\n{}", faults.concat())
        })?;
        match &self.out {
            None => super::screen::bytes(imported.layout.as_bytes()),
            Some(out) => {
                let failed = |cause: std::io::Error| match cause.kind() {
                    std::io::ErrorKind::AlreadyExists => format!(
                        "{} is there already and stays as it is; move it away first, or name \
                         another file with --out",
                        out.display()
                    ),
                    _ => format!("{}: {cause}", out.display()),
                };
                let mut written = std::fs::File::create_new(out).map_err(failed)?;
                std::io::Write::write_all(&mut written, imported.layout.as_bytes())
                    .map_err(failed)?;
                let warnings = count(imported.warnings.len(), "warning");
                say!("{}: layout {name}, {warnings}", out.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The text of a source file: UTF-8, or what Windows writes.
fn source(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    let decode = |charset| Profile::new(charset).decode(&bytes).map(|it| it.into_owned());
    decode(Charset::Utf8)
        .or_else(|_| decode(Charset::Cp932))
        .map_err(|fault| format!("{}: neither UTF-8 nor CP932: {fault}", path.display()))
}

// === impl Check ===

impl Check {
    fn run(self) -> Result<ExitCode, Failure> {
        let file = self.layout.display().to_string();
        let text =
            std::fs::read_to_string(&self.layout).map_err(|cause| format!("{file}: {cause}"))?;
        let folder = self.layout.parent().unwrap_or(Path::new("")).to_owned();
        let files = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        let layout = match Layout::parse_among(&file, &text, &files) {
            Ok(layout) => layout,
            Err(faults) => {
                faults.iter().for_each(|it| eprintln!("{}", it.render(&text)));
                eprintln!("{file}: {}", count(faults.len(), "fault"));
                return Ok(ExitCode::FAILURE);
            }
        };
        let (shape, charset) = (layout.shape(), layout.profile().charset);
        let fields = count(shape.fields.len(), "field");
        let groups = count(shape.groups.len(), "group");
        let lossless = if layout.is_lossless() { ", lossless" } else { "" };
        let (id, version) = (layout.id(), layout.version());
        say!("{file}: {id}@{version}, {charset}, {fields}, {groups}{lossless}");
        match &self.on {
            None => Ok(ExitCode::SUCCESS),
            Some(data) => self.read(&layout, data),
        }
    }

    /// Reads a data file as a stream, and prints what is set aside.
    fn read(&self, layout: &Layout, data: &Path) -> Result<ExitCode, Failure> {
        let failed = |cause: std::io::Error| format!("{}: {cause}", data.display());
        let mut input = super::data::open(data)?;
        let (mut stream, mut buffer) = (layout.stream(), vec![0; PART_BYTES]);
        let mut faults = 0;
        loop {
            let count = input.read(&mut buffer).map_err(failed)?;
            match count {
                0 => stream.finish(),
                count => stream.push(buffer.get(..count).unwrap_or_default()),
            }
            loop {
                match stream.take() {
                    Ok(Some(rows)) => rows.faults.iter().for_each(|it| self.show(it, &mut faults)),
                    Ok(None) => break,
                    Err(fault) => {
                        let code = fault.code;
                        eprintln!("{}: refused as a whole ({code}): {fault}", data.display());
                        return Ok(ExitCode::FAILURE);
                    }
                }
            }
            if count == 0 {
                break;
            }
        }
        let (records, set_aside) = stream.records();
        let records = count(records, "record");
        say!("{}: {records}, {set_aside} of them bad", data.display());
        Ok(if set_aside == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn show(&self, row: &RowFault, shown: &mut usize) {
        *shown += 1;
        if *shown > self.examples {
            return;
        }
        for it in &row.faults {
            let (number, offset) = (row.number, it.offset.unwrap_or(row.offset));
            let (field, found, expected) = (&it.field, &it.found, &it.expected);
            eprintln!(
                "record {number}, byte {offset}: {field}: found {found}, expected {expected}"
            );
        }
    }
}
