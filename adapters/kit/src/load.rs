//! Reads a package whole: manifest, schemas, layouts, maps; all faults at once.

mod checks;

use codec::{
    diagnostic::{Diagnostic, Place, Severity},
    layout::Layout,
};
use mapping::{Library, Map};
use std::{collections::BTreeMap, sync::Arc};

use crate::{
    files::Files,
    manifest::{self, Format, Manifest, MapUse, RecordKind, Reply},
    package::Options,
    schema::Schema,
    select::CellFrom,
};

/// What a package is made of, once read.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) manifest: Manifest,
    pub(crate) layout: Option<Layout>,
    /// Source schemas of JSON records, by file.
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// Element records of rows, by `each` and `each_layout`.
    pub(crate) elements: BTreeMap<(String, String), Element>,
    /// What operations write their bodies by, by file.
    pub(crate) outputs: BTreeMap<String, Layout>,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// What an element record of rows is, and how it is made.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) layout: Layout,
    pub(crate) from: Vec<CellFrom>,
}

/// Reads one package and gathers what is wrong with it.
pub(crate) struct Loader<'a> {
    pub(crate) name: &'a str,
    pub(crate) files: &'a dyn Files,
    pub(crate) faults: Vec<Diagnostic>,
    /// Text of the manifest, to point into.
    text: String,
}

// === impl Loader ===

impl<'a> Loader<'a> {
    pub(crate) fn new(name: &'a str, files: &'a dyn Files) -> Self {
        Self { name, files, faults: Vec::new(), text: String::new() }
    }

    /// The path of a file of the package, as [`Files`] knows it.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("packages/{}/{file}", self.name)
    }

    /// The text of a file of the package.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        let bytes = self.files.read(&self.path(file))?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    /// Everything but the maps. `None` when the manifest cannot be read.
    pub(crate) fn parts(&mut self) -> Option<Parts> {
        let path = self.path(manifest::FILE_NAME);
        let Some(text) = self.read(manifest::FILE_NAME) else {
            let message = format!("there is no file `{path}`");
            let fault = Diagnostic::error("K20", &path, (Place::START, 1), message);
            self.faults.push(fault.expected("the manifest of the package, in UTF-8"));
            return None;
        };
        let manifest = Manifest::parse(&path, &text);
        self.text = text;
        let mut manifest = match manifest {
            Ok(manifest) => manifest,
            Err(faults) => {
                self.faults.extend(faults);
                return None;
            }
        };
        if manifest.name != self.name {
            let expected = format!("`package: {}`, the name of its folder", self.name);
            let message = format!("the package calls itself `{}`", manifest.name);
            self.fault("K21", &manifest.name, message, &expected);
        }
        let layout = self.layout_of(&manifest);
        let schemas = self.schemas(&manifest);
        let elements = self.elements(&manifest, layout.as_ref());
        self.check_topics(&manifest);
        self.check_fields(&manifest, layout.as_ref());
        self.check_parties(&manifest, layout.as_ref());
        self.check_settings(&manifest);
        let outputs = self.outputs(&manifest);
        for operation in manifest.output.iter_mut().flat_map(|it| &mut it.operations) {
            let layout = operation.layout.as_ref().and_then(|it| outputs.get(it));
            if layout.is_some_and(Layout::is_soap) {
                operation.refused.extend(Reply::of_soap(&operation.success));
            }
        }
        Some(Parts { manifest, layout, schemas, elements, outputs, warnings: Vec::new() })
    }

    /// The layouts that operations write their bodies by.
    fn outputs(&mut self, manifest: &Manifest) -> BTreeMap<String, Layout> {
        let operations = manifest.output.iter().flat_map(|it| &it.operations);
        let files: Vec<&String> = operations.filter_map(|it| it.layout.as_ref()).collect();
        let read = |file: &String| Some((file.clone(), self.layout(file)?));
        files.into_iter().filter_map(read).collect()
    }

    fn layout_of(&mut self, manifest: &Manifest) -> Option<Layout> {
        match &manifest.input.as_ref()?.format {
            Format::Layout { file } => self.layout(file),
            Format::Json { .. } | Format::Ndjson => None,
        }
    }

    fn layout(&mut self, file: &str) -> Option<Layout> {
        let Some(text) = self.read(file) else {
            self.missing(file, "a layout");
            return None;
        };
        let files = |name: &str| self.read(&mapping::beside(file, name));
        match Layout::parse_among(&self.path(file), &text, &files) {
            Ok(layout) => Some(layout),
            Err(faults) => {
                self.faults.extend(faults);
                None
            }
        }
    }

    fn schemas(&mut self, manifest: &Manifest) -> BTreeMap<String, Schema> {
        let mut schemas = BTreeMap::new();
        let Some(input) = &manifest.input else { return schemas };
        let rows = matches!(input.format, Format::Layout { .. });
        for kind in &input.records {
            match (&kind.schema, rows) {
                (Some(file), false) if !schemas.contains_key(file) => {
                    let schema = self.schema(file);
                    schemas.extend(schema.map(|it| (file.clone(), it)));
                }
                (Some(file), true) => {
                    let message = "rows are described by their layout, not by a schema";
                    self.fault("K22", file, message, "no `schema`");
                }
                (None, false) if !kind.maps.is_empty() => {
                    let message = format!("the records `{}` have no `schema`", kind.name);
                    self.fault("K22", &kind.name, message, "the file of their JSON Schema");
                }
                _ => {}
            }
        }
        schemas
    }

    fn schema(&mut self, file: &str) -> Option<Schema> {
        let Some(text) = self.read(file) else {
            self.missing(file, "a JSON Schema");
            return None;
        };
        match Schema::compile(&text) {
            Ok(schema) => Some(schema),
            Err(why) => {
                let path = self.path(file);
                let message = format!("this is not a JSON Schema that can be used: {why}");
                let fault = Diagnostic::error("K22", &path, (Place::START, 1), message);
                self.faults.push(fault.expected("JSON Schema 2020-12, whole in one file"));
                None
            }
        }
    }

    fn elements(
        &mut self,
        manifest: &Manifest,
        layout: Option<&Layout>,
    ) -> BTreeMap<(String, String), Element> {
        let mut elements = BTreeMap::new();
        for (_, used) in uses(manifest) {
            let Some(each) = &used.each else { continue };
            match (layout, &used.each_layout, each.starts_with('/')) {
                (None, None, true) => {}
                (None, _, _) => {
                    let expected = "a JSON pointer such as `/lines`, and no `each_layout`";
                    self.fault("K26", each, "this is not a list of a JSON record", expected);
                }
                (Some(layout), Some(file), false) => {
                    if let Some(element) = self.element(layout, each, file) {
                        elements.insert((each.clone(), file.clone()), element);
                    }
                }
                (Some(_), _, _) => {
                    let expected = "a group of the layout, and `each_layout`: the element record";
                    self.fault("K26", each, "this is not a group of the layout", expected);
                }
            }
        }
        elements
    }

    /// Finds each field of the element record in the group or in the record.
    fn element(&mut self, layout: &Layout, each: &str, file: &str) -> Option<Element> {
        let element = self.layout(file)?;
        let shape = layout.shape();
        let Some(group) = shape.group(each).and_then(|it| shape.groups.get(it)) else {
            let groups: Vec<&str> = shape.groups.iter().map(|it| it.name.as_str()).collect();
            let message = format!("the layout has no group `{each}`");
            self.fault("K26", each, message, &format!("one of {}", groups.join(", ")));
            return None;
        };
        let mut from = Vec::new();
        for field in &element.shape().fields {
            let in_group = group.shape.field(&field.name);
            let found = in_group.map(CellFrom::Element);
            let found = found.or_else(|| shape.field(&field.name).map(CellFrom::Record));
            let same_kind = match found {
                Some(CellFrom::Element(index)) => group.shape.fields.get(index),
                Some(CellFrom::Record(index)) => shape.fields.get(index),
                None => None,
            };
            if same_kind.is_none_or(|it| it.kind != field.kind) {
                let path = self.path(file);
                let text = self.read(file).unwrap_or_default();
                let message = format!("`{}` is not so in `{each}` or its record", field.name);
                let fault = Diagnostic::error("K26", &path, locate(&text, &field.name), message);
                self.faults.push(fault.expected("fields as the package's layout has them"));
                return None;
            }
            from.extend(found);
        }
        Some(Element { layout: element, from })
    }

    /// Compiles every map of the manifest.
    pub(crate) fn maps(
        &mut self,
        manifest: &Manifest,
        options: &Options,
    ) -> BTreeMap<String, Arc<Map>> {
        let tables = options.tables.iter().map(|(name, entries)| {
            let entries = entries.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
            (name.clone(), entries)
        });
        let options = mapping::Options { tables: tables.collect(), ..mapping::Options::default() };
        let shelf = Shelf { name: self.name, files: self.files };
        let mut maps = BTreeMap::new();
        for file in manifest.map_files() {
            if self.read(file).is_none() {
                self.missing(file, "a map");
                continue;
            }
            let compiled = mapping::compile(file, &shelf, &options);
            for mut diagnostic in compiled.diagnostics {
                diagnostic.file = self.path(&diagnostic.file);
                self.faults.push(diagnostic);
            }
            if let Some(map) = compiled.map {
                self.check_direction(manifest, file, &map);
                maps.insert(file.to_owned(), map);
            }
        }
        maps
    }

    /// A file that the manifest names is not there.
    pub(crate) fn missing(&mut self, file: &str, what: &str) {
        let folder = self.path("");
        let known = self.files.list(folder.trim_end_matches('/'));
        let names: Vec<&str> = known.iter().filter_map(|it| it.strip_prefix(&folder)).collect();
        let message = format!("there is no file `{file}` in the package, or it is not UTF-8");
        let path = self.path(manifest::FILE_NAME);
        let mut fault = Diagnostic::error("K23", &path, locate(&self.text, file), message)
            .expected(what.to_owned());
        fault.help =
            codec::diagnostic::nearest(file, names).map(|it| format!("did you mean `{it}`?"));
        self.faults.push(fault);
    }

    /// A fault of the manifest, where it says `word`.
    pub(crate) fn fault(
        &mut self,
        code: &'static str,
        word: &str,
        message: impl Into<String>,
        expected: &str,
    ) {
        let path = self.path(manifest::FILE_NAME);
        let fault = Diagnostic::error(code, &path, locate(&self.text, word), message.into());
        self.faults.push(fault.expected(expected.to_owned()));
    }

    /// Whether what was gathered lets the package be used.
    pub(crate) fn has_errors(&self) -> bool {
        self.faults.iter().any(|it| it.severity == Severity::Error)
    }
}

/// Every use of a map on the way in, with its kind.
pub(crate) fn uses(manifest: &Manifest) -> impl Iterator<Item = (&RecordKind, &MapUse)> {
    let kinds = manifest.input.iter().flat_map(|it| &it.records);
    kinds.flat_map(|kind| kind.maps.iter().map(move |it| (kind, it)))
}

/// Where a text first says `word`, as a place and a width.
fn locate(text: &str, word: &str) -> (Place, u32) {
    let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split(" #").next().filter(|_| !line.trim_start().starts_with('#'));
        if let Some(before) = line.and_then(|it| it.find(word).and_then(|at| it.get(..at))) {
            let column = narrow(before.chars().count()).saturating_add(1);
            return (Place { line: number, column }, narrow(word.chars().count()).max(1));
        }
    }
    (Place::START, 1)
}

/// The package's files and what all packages share, as maps ask for them:
/// `canon/…` and `tables/…` are shared, all else is the package's.
pub(crate) struct Shelf<'a> {
    pub(crate) name: &'a str,
    pub(crate) files: &'a dyn Files,
}

impl Library for Shelf<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if let Some(schema) = canon::schema::by_path(path) {
            return Some(Arc::from(schema));
        }
        let bytes = if path.starts_with("tables/") {
            self.files.read(path)
        } else {
            self.files.read(&format!("packages/{}/{path}", self.name))
        };
        bytes.and_then(|it| std::str::from_utf8(&it).ok().map(Arc::from))
    }
}
