//! The maps of the shipped packages, compiled, each with records that it maps:
//! what is in the fixtures.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use codec::layout::Layout;
use mapping::{Library, Map, Options, Scratch, compile};
use serde_json::Value;

use crate::support::{context, mappings};

/// One shipped map.
pub(crate) struct Shipped {
    /// `package/maps/name.map.yaml`.
    pub(crate) name: String,
    pub(crate) map: Arc<Map>,
    /// Of its source, when it is not JSON.
    pub(crate) layout: Option<Layout>,
    /// Records that map without a fault; whole files of a layout.
    pub(crate) samples: Vec<Vec<u8>>,
}

/// The files of one package and what all share.
pub(crate) struct Shelf(pub(crate) PathBuf);

impl Library for Shelf {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if let Some(schema) = canon::schema::by_path(path) {
            return Some(schema.into());
        }
        let folder = if path.starts_with("tables/") { mappings() } else { self.0.clone() };
        fs::read_to_string(folder.join(path)).ok().map(Into::into)
    }
}

/// All of them, by name.
pub(crate) fn shipped() -> Vec<Shipped> {
    let mut found = Vec::new();
    for package in folders(&mappings().join("../adapters/packages")) {
        let inputs = inputs(&package);
        for file in files(&package.join("maps")) {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            let shelf = Shelf(package.clone());
            let path = format!("maps/{}", name(&file));
            let compiled = compile(&path, &shelf, &Options::default());
            let map = compiled.map.unwrap_or_else(|| panic!("{path}: {:?}", compiled.diagnostics));
            let layout = layout(&shelf, &fs::read_to_string(&file).unwrap());
            let mut shipped = Shipped {
                name: format!("{}/{path}", name(&package)),
                map,
                layout,
                samples: Vec::new(),
            };
            shipped.samples = inputs.iter().filter(|it| shipped.maps(it)).cloned().collect();
            found.push(shipped);
        }
    }
    found
}

impl Shipped {
    /// Whether some record of the input maps without a fault.
    fn maps(&self, input: &[u8]) -> bool {
        let mut scratch = Scratch::default();
        let Some(layout) = &self.layout else {
            return self.map.run_json(input, &context(), &mut scratch).is_ok();
        };
        layout.read(input).is_ok_and(|rows| {
            rows.rows.iter().any(|it| self.map.run_row(&rows, it, &context(), &mut scratch).is_ok())
        })
    }
}

/// The layout that a map says as its source.
fn layout(shelf: &Shelf, map: &str) -> Option<Layout> {
    let source = map.lines().find_map(|it| it.strip_prefix("source: ../"))?;
    let text = shelf.read(source).filter(|_| source.ends_with(".layout.yaml"))?;
    Some(Layout::parse(source, &text).unwrap())
}

/// What the fixtures send, and each element of the lists in it.
fn inputs(package: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for case in folders(&package.join("fixtures")) {
        for file in files(&case).iter().filter(|it| it.file_stem().is_some_and(|it| it == "in")) {
            let bytes = fs::read(file).unwrap();
            let document: Option<Value> = serde_json::from_slice(&bytes).ok();
            let lists = document.iter().flat_map(|it| match it {
                Value::Object(members) => members.values().filter_map(Value::as_array).collect(),
                Value::Array(items) => vec![items],
                _ => Vec::new(),
            });
            found.extend(lists.flatten().map(|it| it.to_string().into_bytes()));
            found.push(bytes);
        }
    }
    found.sort();
    found.dedup();
    found
}

fn folders(at: &Path) -> Vec<PathBuf> {
    let mut found = entries(at);
    found.retain(|it| it.is_dir());
    found
}

fn files(at: &Path) -> Vec<PathBuf> {
    let mut found = entries(at);
    found.retain(|it| it.is_file());
    found
}

fn entries(at: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir(at).into_iter().flatten().map(|it| it.unwrap().path()).collect();
    found.sort();
    found
}
