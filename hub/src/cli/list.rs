//! `channelhub list`: what this program knows, and the channels of a
//! configuration.

use super::{Failure, screen::count};
use crate::{
    app::{library::Library, reload},
    settings::Input,
};
use adapter_kit::{files::Files as _, manifest::Manifest};
use canon::entity::Entity;
use std::{path::PathBuf, process::ExitCode};

/// Show every adapter, transport, format, function, and channels.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Also the channels of this configuration.
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
}

impl List {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut folders = Vec::new();
        if let Some(dir) = &self.config {
            let read =
                reload::read(dir, None, &mut |it, source| eprintln!("{}", it.render(source)))
                    .map_err(|faults| format!("{} in {}", count(faults, "fault"), dir.display()))?;
            folders = read.settings.hub.packages.clone();
            heading("Channels");
            for channel in read.house.channels() {
                let settings = channel.settings();
                let way = match &settings.input {
                    Some(Input::Webhook { .. }) => "in: POST /in/",
                    Some(Input::Folder { .. }) => "in: folder",
                    Some(Input::Pull { .. }) => "in: pull",
                    Some(Input::Sample { .. }) => "in: sample",
                    None => "",
                };
                let out = if settings.output.is_some() { "out" } else { "" };
                let name = channel.name();
                let way =
                    if channel.is_webhook() { format!("{way}{name}") } else { way.to_owned() };
                row(
                    name,
                    &format!("{:<22} {:<9} {way} {out}", settings.package, settings.class.name()),
                );
            }
        }
        adapters(&Library::new(&folders));
        heading("Transports");
        for (name, what) in TRANSPORTS {
            row(name, what);
        }
        heading("Formats");
        for (name, what) in FORMATS {
            row(name, what);
        }
        heading("Entities");
        let names: Vec<&str> = Entity::ALL.iter().map(|it| it.name()).collect();
        say!("  {}", names.join(", "));
        heading("Functions of maps");
        for function in mapping::functions::all() {
            row(function.name, function.about);
        }
        Ok(ExitCode::SUCCESS)
    }
}

const TRANSPORTS: &[(&str, &str)] = &[
    ("webhook", "POST /in/{channel}; signed, with a key, or with a fixed header"),
    ("folder", "files dropped into a folder of this machine"),
    ("pull", "the hub asks an HTTP system, page by page"),
    ("sample", "the hub makes data up, for a first look"),
    ("http", "delivery over HTTP with OAuth 2.0, bearer, basic or header"),
    ("screen", "delivery to the standard output of the hub"),
];

const FORMATS: &[(&str, &str)] = &[
    ("json", "one document, or a list in one; strict"),
    ("ndjson", "one JSON document a line"),
    ("csv", "by a layout: character set, columns, groups, trailer totals"),
    ("tsv", "the same with `delimiter: tab`, or any other character"),
    ("fixed", "by a layout: fixed width, cut by byte"),
    ("xml", "by a layout: records and fields by their paths, SOAP bodies too; no DOCTYPE"),
    ("xlsx", "by a layout: a sheet of a workbook; numbers keep their digits"),
    ("x12", "by a layout: EDI with envelopes and code lists checked, 997 answered"),
    ("edifact", "by a layout: the same for UN/EDIFACT, CONTRL answered"),
];

fn adapters(library: &Library) {
    heading("Adapters");
    for name in library.packages() {
        let file = format!("packages/{name}/{}", adapter_kit::manifest::FILE_NAME);
        let Some(bytes) = library.read(&file) else { continue };
        match Manifest::parse(&file, &String::from_utf8_lossy(&bytes)) {
            Ok(manifest) => {
                let inward = manifest.input.as_ref().map_or("", |it| it.transport.name());
                let outward = manifest.output.as_ref().map_or("", |_| "out");
                let ways = format!("{inward} {outward}");
                row(&name, &format!("{:<11}{ways:<14}{}", manifest.class.name(), manifest.title));
            }
            Err(_) => row(&name, "cannot be read; see `channelhub check`"),
        }
    }
}

fn heading(text: &str) {
    say!("\n{text}");
}

fn row(name: &str, what: &str) {
    say!("  {name:<22} {what}");
}
