//! Try a map before it is anybody's: what the checker says, what it makes of a
//! sample. Nothing is stored, nothing is read but the files of packages.

use super::{
    ask::{App, Asked, Request},
    endpoint::Endpoint,
};
use crate::{app::library::Library, problem::Refusal};
use access::Scope;
use adapter_kit::files::Files as _;
use base64::Engine as _;
use canon::clock::Timestamp;
use codec::diagnostic::{Diagnostic, Severity};
use http::Method;
use mapping::{Options, RunContext};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tried::{Sample, Tried};

mod tried;

/// Bytes of the map and of the files beside it, together.
const FILES_BYTES_MAX: usize = 512 << 10;
/// Bytes of the sample.
const SAMPLE_BYTES_MAX: usize = 1 << 20;

/// A map and a sample.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Preview {
    /// The text of the map file.
    map: String,
    /// Where it would stand in its package; what it names is beside that.
    #[serde(default = "usual_path")]
    path: String,
    /// Package whose schemas, layouts and maps it may name.
    package: Option<String>,
    /// More files, by path in the package; they go before the package's own,
    /// not before the canonical schemas.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// One JSON record, or a file of the map's layout. None: only check.
    sample: Option<String>,
    /// The sample is base64, for bytes that are no UTF-8.
    #[serde(default)]
    sample_base64: bool,
    /// What the map declares under `needs:`.
    #[serde(default)]
    needs: BTreeMap<String, String>,
    /// Also say where each field comes from, at most a thousand fields.
    #[serde(default)]
    explain: bool,
}

impl Request for Preview {
    const NEEDS: Scope = Scope::Operate;
}

fn usual_path() -> String {
    "maps/preview.map.yaml".to_owned()
}

/// What came of it.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Previewed {
    /// Whether the map may be used.
    usable: bool,
    /// Errors and warnings, in order of the file.
    diagnostics: Vec<Said>,
    /// Assertions of the target schema that hold before anything runs.
    proved: usize,
    /// Those that are looked at while a record is written.
    checked: usize,
    /// The first records of the sample, read or not: at most 20, and fewer when
    /// what they become is long.
    records: Vec<Tried>,
    /// Records of the sample that were not run.
    records_left_off: u64,
    /// Fields of those that were run that are not explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields_left_off: Option<u64>,
    /// Why the sample is no file of the map's layout.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// One fault of the map.
#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    /// `error` or `warning`.
    severity: &'static str,
    /// Stable code.
    code: &'static str,
    /// Address of its page.
    page: String,
    /// File, by path in the package.
    file: String,
    /// From 1.
    line: u32,
    /// From 1, in characters.
    column: u32,
    /// Characters to mark.
    width: u32,
    /// What is wrong.
    message: String,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let path = "/api/v1/maps/preview";
    vec![Endpoint::new(Method::POST, path, "Check a map and run it on a sample", preview)]
}

async fn preview(app: App, asked: Asked<Preview>) -> Result<Previewed, Refusal> {
    if let Some(peer) = asked.peer {
        app.rooms.peers.count(peer)?;
    }
    let request = asked.request;
    let sample = request.sample()?;
    let files: usize = request.files.iter().map(|(path, text)| path.len() + text.len()).sum();
    if request.map.len() + files > FILES_BYTES_MAX {
        return Err(Refusal::BodyTooLarge { limit_bytes: FILES_BYTES_MAX as u64 });
    }
    let house = app.rooms.house();
    if let Some(package) = &request.package
        && !house.library.packages().contains(package)
    {
        return Err(Refusal::NotFound { what: format!("package {package}") });
    }
    let (organisation, now) = (house.organisation.clone(), app.rooms.clock.now());
    let shelf = Shelf { library: house.library.clone(), request };
    // Compiling and running a map takes the processor, not the network.
    let work = move || shelf.run(sample.as_deref(), &organisation, now);
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|fault| Refusal::Inside { detail: format!("preview: {fault}") })
}

// === impl Preview ===

impl Preview {
    /// The bytes of the sample.
    fn sample(&self) -> Result<Option<Vec<u8>>, Refusal> {
        let Some(text) = &self.sample else { return Ok(None) };
        let bytes = if self.sample_base64 {
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|fault| {
                Refusal::BadParameter { name: "sample".into(), detail: fault.to_string() }
            })?
        } else {
            text.as_bytes().to_vec()
        };
        if bytes.len() > SAMPLE_BYTES_MAX {
            return Err(Refusal::BodyTooLarge { limit_bytes: SAMPLE_BYTES_MAX as u64 });
        }
        Ok(Some(bytes))
    }
}

/// The files that a map may name: of the request, of its package, of all.
struct Shelf {
    library: Library,
    request: Preview,
}

impl mapping::Library for Shelf {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if path == self.request.path {
            return Some(self.request.map.as_str().into());
        }
        if let Some(schema) = canon::schema::by_path(path) {
            return Some(schema.into());
        }
        if let Some(text) = self.request.files.get(path) {
            return Some(text.as_str().into());
        }
        let bytes = if path.starts_with("tables/") {
            self.library.read(path)
        } else {
            self.library.read(&format!("packages/{}/{path}", self.request.package.as_ref()?))
        };
        bytes.and_then(|it| std::str::from_utf8(&it).ok().map(Arc::from))
    }
}

impl Shelf {
    fn run(&self, sample: Option<&[u8]>, organisation: &str, now: Timestamp) -> Previewed {
        let compiled = mapping::compile(&self.request.path, self, &Options::default());
        let mut found = Previewed {
            usable: compiled.map.is_some(),
            diagnostics: compiled.diagnostics.iter().map(Said::of).collect(),
            proved: compiled.report.proved,
            checked: compiled.report.checked,
            ..Previewed::default()
        };
        let needs: Vec<(&str, Option<&str>)> =
            self.request.needs.iter().map(|(name, it)| (name.as_str(), Some(&**it))).collect();
        let ctx = RunContext {
            organisation,
            channel: "preview",
            received_at: now,
            record: 1,
            needs: &needs,
        };
        if let (Some(sample), Some(map)) = (sample, &compiled.map) {
            let layout = compiled.source.as_deref().filter(|_| map.reads_rows());
            let sample = Sample { bytes: sample, explain: self.request.explain, ctx };
            match sample.tried(map, layout, self) {
                Ok(all) => {
                    found.records = all.records;
                    found.records_left_off = all.records_left_off;
                    found.fields_left_off = self.request.explain.then_some(all.fields_left_off);
                }
                Err(why) => found.unreadable = Some(why),
            }
        }
        found
    }
}

impl Said {
    fn of(it: &Diagnostic) -> Self {
        Self {
            severity: match it.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: it.code,
            page: format!("/problems/{}", it.code),
            file: it.file.clone(),
            line: it.place.line,
            column: it.place.column,
            width: it.width,
            message: it.message.clone(),
            expected: it.expected.clone(),
            help: it.help.clone(),
        }
    }
}
