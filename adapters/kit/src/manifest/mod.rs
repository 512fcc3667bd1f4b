//! What a package says of itself: `package.yaml`, read once and checked whole.
//!
//! The published JSON Schema of these files is `adapters/package.schema.json`;
//! the reference for people is `adapters/README.md`.

mod auth;
mod feed;
mod input;
mod output;
mod predicate;
mod read;
mod signature;
mod template;

pub use auth::{Auth, ClientAuth};
pub use feed::{Ask, Cursor, Details, Feed, PageBy, Pages, Window};
pub use input::{Format, Input, MapUse, Parties, RecordKind, Topic, Transport};
pub use output::{Body, Need, NeedFrom, Operation, Output, Reply, answered};
pub use predicate::{Field, Predicate, Test};
pub use signature::{
    Algorithm, Encoding, KeyEncoding, Part, Signature, Splitter, Stamp, StampFrom, StampUnit,
};
pub use template::{Fault as TemplateFault, Piece, Template, encoded, is_dots};

use codec::{
    diagnostic::Diagnostic,
    yaml::{self, Faults, Table},
};

/// The name of the manifest in a package's folder.
pub const FILE_NAME: &str = "package.yaml";

/// A checked manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// `{vendor}-{product}`, the name of its folder.
    pub name: String,
    /// Semantic version of the package.
    pub version: String,
    /// For people.
    pub title: String,
    /// Who makes the far system.
    pub vendor: String,
    /// What class of system it is.
    pub class: Class,
    /// Where the far system's interface is documented.
    pub documentation: Option<String>,
    /// Values a channel gives when it uses the package.
    pub settings: Vec<Setting>,
    /// How the hub proves itself to the far system, for pulls and deliveries.
    pub auth: Auth,
    /// Headers that go with each call to the far system: name and value.
    pub headers: Vec<(String, String)>,
    /// How data comes in, if it does.
    pub input: Option<Input>,
    /// How data goes out, if it does.
    pub output: Option<Output>,
    /// Share of map fields and branches that the fixtures must exercise, percent.
    pub coverage_percent_min: u8,
}

/// What class of system a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Point of sale.
    Pos,
    /// Enterprise resource planning.
    Erp,
    /// Accounting.
    Accounting,
    /// Customer relationship management.
    Crm,
    /// Marketing automation.
    Ma,
    /// Sales force automation.
    Sfa,
    /// Electronic commerce.
    Ec,
    /// Messaging.
    Messaging,
    /// Anything else, or several.
    Any,
}

/// A value that a channel gives, for path templates and `needs` of maps. Never a
/// secret: those are credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Lower snake case.
    pub name: String,
    /// For people.
    pub help: String,
    /// Used when the channel gives none; a setting without one is required.
    pub default: Option<String>,
}

const COVERAGE_PERCENT_DEFAULT: u8 = 80;

// === impl Manifest ===

impl Manifest {
    /// Reads a manifest. `file` is only for the faults.
    ///
    /// # Errors
    /// All faults of the file, in its order.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(file, text)?;
        let faults = Faults::new(file);
        let manifest = Table::open(&faults, &node, "a manifest").and_then(|it| Self::read(it));
        match manifest {
            Some(manifest) if faults.is_empty() => Ok(manifest),
            _ => Err(faults.into_vec()),
        }
    }

    fn read(table: Table<'_>) -> Option<Self> {
        let name = read::name(&table, "package");
        let version = table.required_text("version").unwrap_or_default();
        if let Some(node) = table.node("version").filter(|_| !is_semantic(version)) {
            let message = format!("`version` is `{version}`");
            let fault = table.faults().new_error("K02", node, message);
            table.faults().push(fault.expected("a semantic version such as `1.4.0`"));
        }
        let title = table.required_text("title");
        let vendor = table.required_text("vendor");
        let class = table.required_one_of("class", Class::ALL);
        let documentation = table.text("documentation").map(str::to_owned);
        let settings = table.tables("settings", "a setting").into_iter().filter_map(Setting::read);
        let settings = settings.collect::<Vec<_>>();
        let auth = table.table("auth", "`auth`").and_then(Auth::read);
        let headers = read::texts_by_name(&table, "headers");
        let input = table.table("in", "`in`").and_then(Input::read);
        let output = table.table("out", "`out`").and_then(Output::read);
        if table.node("in").is_none() && table.node("out").is_none() {
            table.error("K03", "a package without `in` and without `out` does nothing");
        }
        let coverage = table.number("coverage_percent_min", "a percentage from 0 to 100");
        table.finish();
        Some(Self {
            name: name?,
            version: version.to_owned(),
            title: title?.to_owned(),
            vendor: vendor?.to_owned(),
            class: class?,
            documentation,
            settings,
            auth: auth.unwrap_or_default(),
            headers,
            input,
            output,
            coverage_percent_min: coverage.unwrap_or(COVERAGE_PERCENT_DEFAULT).min(100),
        })
    }

    /// The kind of records of that name.
    #[must_use]
    pub fn record_kind(&self, name: &str) -> Option<&RecordKind> {
        self.input.as_ref()?.records.iter().find(|it| it.name == name)
    }

    /// The operation of that name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.output.as_ref()?.operations.iter().find(|it| it.name == name)
    }

    /// Each map's file, once, in the order of the manifest.
    #[must_use]
    pub fn map_files(&self) -> Vec<&str> {
        let kinds = self.input.iter().flat_map(|it| &it.records);
        let inward = kinds.flat_map(|it| it.maps.iter().map(|map| map.file.as_str()));
        let operations = self.output.iter().flat_map(|it| &it.operations);
        let outward = operations.map(|it| it.map.as_str());
        let mut files = Vec::new();
        for file in inward.chain(outward) {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
    }
}

// === impl Class ===

impl Class {
    /// All of them, with their names.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("pos", Self::Pos),
        ("erp", Self::Erp),
        ("accounting", Self::Accounting),
        ("crm", Self::Crm),
        ("ma", Self::Ma),
        ("sfa", Self::Sfa),
        ("ec", Self::Ec),
        ("messaging", Self::Messaging),
        ("any", Self::Any),
    ];

    /// The name in manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, it)| *it == self).map_or("any", |(name, _)| name)
    }
}

// === impl Setting ===

impl Setting {
    fn read(table: Table<'_>) -> Option<Self> {
        let name = read::name(&table, "name");
        let help = table.required_text("help");
        let default = table.text("default").map(str::to_owned);
        table.finish();
        Some(Self { name: name?, help: help?.to_owned(), default })
    }
}

fn is_semantic(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let number = |it: &&str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts.iter().all(number)
}

#[cfg(test)]
mod tests;
