//! Where a map is: in a package that is known, in one on disk, or by itself.

use crate::{
    app::library::Library,
    cli::{Failure, screen::count},
    settings,
};
use adapter_kit::{
    files::Files as _,
    manifest,
    package::{Options, Package},
};
use codec::{
    diagnostic::{Diagnostic, nearest},
    yaml,
};
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// Where packages are looked for.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Packages {
    /// Also look into the package folders of this configuration.
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Also look into this folder of packages.
    #[arg(long, value_name = "DIR")]
    packages: Vec<PathBuf>,
}

/// Where a map is: which package, of which packages.
pub(super) struct Place {
    pub(super) library: Library,
    pub(super) package: String,
    pub(super) file: String,
}

// === impl Packages ===

impl Packages {
    pub(super) fn library(&self) -> Result<Library, Failure> {
        let mut folders = self.packages.clone();
        if let Some(dir) = &self.config {
            let loaded = settings::load(dir);
            crate::cli::check::print(&loaded.diagnostics, &loaded.sources);
            let settings = loaded.settings.ok_or("the configuration has faults")?;
            folders.extend(settings.hub.packages);
        }
        Ok(Library::new(&folders))
    }

    /// A package by its name, or by the path of its folder.
    pub(super) fn named(&self, name: &str) -> Result<(Library, String), Failure> {
        let library = self.library()?;
        let folder = Path::new(name);
        if library.packages().iter().any(|it| it == name)
            || !folder.join(manifest::FILE_NAME).is_file()
        {
            return Ok((library, name.trim_end_matches('/').to_owned()));
        }
        let root = folder.canonicalize().map_err(|cause| format!("{name}: {cause}"))?;
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = root.parent().unwrap_or(&root).to_owned();
        Ok((Library::new(&[folder]), name))
    }
}

/// A map file on disk, as far as its head is known.
pub(in crate::cli) struct Draft {
    path: PathBuf,
    /// Its `map:`.
    pub(in crate::cli) id: String,
    source: String,
    /// The files that it names.
    names: Vec<String>,
}

// === impl Draft ===

impl Draft {
    /// Reads a map file; what is not YAML has no id.
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| format!("{}: {cause}", path.display()))?;
        let node = yaml::parse("map", &text).ok();
        let said = |key: &str| node.as_ref()?.get(key)?.text().map(str::to_owned);
        // `order@1` is a canonical schema.
        let names = ["source", "target", "reverse"].into_iter().filter_map(said);
        let names = names.filter(|it| !it.contains('@')).collect();
        let (id, source) = (said("map").unwrap_or_default(), said("source").unwrap_or_default());
        Ok(Self { path: path.to_owned(), id, source, names })
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(name)
    }

    /// A library in which it stands in the place of that map of a package, together
    /// with those files that it names and that stand beside it.
    pub(in crate::cli) fn in_place_of(
        &self,
        library: Library,
        package: &str,
        file: &str,
    ) -> Library {
        let library = library.with(&format!("packages/{package}/{file}"), self.path.clone());
        let there = self.names.iter().filter(|it| self.beside(it).is_file());
        there.fold(library, |library, name| {
            let path = format!("packages/{package}/{}", mapping::beside(file, name));
            library.with(&path, self.beside(name))
        })
    }
}

// === impl Place ===

impl Place {
    /// `PACKAGE/maps/NAME.map.yaml`, or the path of a map on disk: in the package
    /// around it, or by itself.
    pub(super) fn of(text: &str, packages: &Packages) -> Result<Self, Failure> {
        Self::of_input(text, packages, Path::new(""))
    }

    /// The same, to be run on a file: one that ends in `.ndjson` or `.jsonl` has a
    /// document a line for a map that stands by itself.
    pub(super) fn of_input(text: &str, packages: &Packages, input: &Path) -> Result<Self, Failure> {
        let path = Path::new(text);
        if path.is_file() {
            return Self::on_disk(path, packages, input);
        }
        let library = packages.library()?;
        let known = library.packages();
        let named = text.split_once('/').filter(|(name, _)| known.iter().any(|it| it == name));
        if let Some((package, file)) = named {
            let (package, file) = (package.to_owned(), file.to_owned());
            return Ok(Self { library, package, file });
        }
        let name = text.split('/').next().unwrap_or_default();
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = near.map_or(String::new(), |it| format!("; did you mean the package `{it}`?"));
        Err(format!(
            "there is no file `{text}`, and no package `{name}`{hint}\nname a map by its path, or as PACKAGE/maps/NAME.map.yaml"
        ))
    }

    fn on_disk(path: &Path, packages: &Packages, input: &Path) -> Result<Self, Failure> {
        let path = path.canonicalize().map_err(|cause| format!("{}: {cause}", path.display()))?;
        let around = path.ancestors().skip(1).find(|it| it.join(manifest::FILE_NAME).is_file());
        let named = around.is_some_and(|root| {
            let manifest = std::fs::read_to_string(root.join(manifest::FILE_NAME));
            let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            manifest.is_ok_and(|it| it.contains(&file))
        });
        let Some(root) = around.filter(|_| named) else {
            return match Self::in_package(&path, packages)? {
                Some(place) => Ok(place),
                None => Self::alone(&path, input),
            };
        };
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        let folder = root.parent().unwrap_or(root).to_owned();
        Ok(Self { library: Library::new(&[folder]), package: name, file })
    }

    /// A map that no manifest names and that misses a file beside it, in the place of
    /// the map with its id, if a package has one.
    fn in_package(path: &Path, packages: &Packages) -> Result<Option<Self>, Failure> {
        let Ok(map) = Draft::read(path) else { return Ok(None) };
        let missing = map.names.iter().find(|it| !map.beside(it).is_file());
        let (Some(missing), Some((package, _))) = (missing, map.id.split_once('/')) else {
            return Ok(None);
        };
        let library = packages.library()?;
        let Ok(loaded) = Package::load(package, &library, &Options::default()) else {
            return Ok(None);
        };
        let file = loaded.maps().find(|(_, it)| it.id() == map.id).map(|(file, _)| file.to_owned());
        let Some(file) = file else { return Ok(None) };
        eprintln!(
            "{}: {missing} is not beside it; checked in the place of {package}/{file}",
            path.display()
        );
        let library = map.in_place_of(library, package, &file);
        Ok(Some(Self { library, package: package.to_owned(), file }))
    }

    /// A map that no manifest names, with the files that it names itself.
    fn alone(path: &Path, input: &Path) -> Result<Self, Failure> {
        let map = Draft::read(path)?;
        let ups = |name: &String| {
            Path::new(name).components().filter(|it| *it == Component::ParentDir).count()
        };
        let levels = map.names.iter().map(ups).max().unwrap_or(0);
        let folder = path.ancestors().nth(levels + 1).unwrap_or(path);
        let file = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
        let source = map.source;
        let lines = input.extension().is_some_and(|it| it == "ndjson" || it == "jsonl");
        let manifest = stub(&file, &mapping::beside(&file, &source), lines);
        let library = Library::bare(folder.to_owned(), &manifest);
        Ok(Self { library, package: Library::BARE.to_owned(), file })
    }

    pub(super) fn load(&self) -> Result<(Package, Arc<mapping::Map>), Failure> {
        if self.package == Library::BARE {
            return self.load_alone();
        }
        let package = load(&self.library, &self.package)?;
        let file = self.file.as_str();
        let map = package.map(file).cloned().ok_or_else(|| {
            let known: Vec<&str> = package.maps().map(|(file, _)| file).collect();
            let near = nearest(file, known.iter().copied());
            let hint = near.map_or(format!("it has {}", known.join(", ")), |it| {
                format!("did you mean `{it}`?")
            });
            format!("the package has no map `{file}`; {hint}")
        })?;
        Ok((package, map))
    }

    /// The faults of the map itself go before those of what is made up around it.
    fn load_alone(&self) -> Result<(Package, Arc<mapping::Map>), Failure> {
        let shelf = super::check::Shelf(self);
        let compiled = mapping::compile(&self.file, &shelf, &mapping::Options::default());
        print(&self.library, &self.placed(compiled.diagnostics));
        let map = compiled.map.ok_or_else(|| format!("{} has faults", self.file))?;
        let package = Package::load(&self.package, &self.library, &Options::default());
        let package = package.map_err(|faults| {
            print(&self.library, &faults);
            format!("what {} names has faults", self.file)
        })?;
        Ok((package, map))
    }

    /// Diagnostics with the path of their file among all packages.
    pub(super) fn placed(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let all = diagnostics.into_iter().map(|mut it| {
            it.file = format!("packages/{}/{}", self.package, it.file);
            it
        });
        all.collect()
    }
}

/// The manifest of a map that has none: what it reads comes as a file.
fn stub(file: &str, source: &str, lines: bool) -> String {
    let quoted = |it: &str| serde_json::to_string(it).unwrap_or_default();
    let head = format!(
        "package: {}\nversion: 1.0.0\ntitle: A map by itself\nvendor: none\nclass: ec\n",
        Library::BARE
    );
    let entity = source.contains('@');
    let (format, schema) = match (entity, source.ends_with(".json")) {
        (true, _) => {
            return format!(
                "{head}in: {{ transport: folder, format: json, records: [{{ name: record, ignore: true }}] }}\n"
            );
        }
        (false, true) if lines => ("ndjson".to_owned(), format!(", schema: {}", quoted(source))),
        (false, true) => ("json".to_owned(), format!(", schema: {}", quoted(source))),
        (false, false) => (format!("layout, layout: {}", quoted(source)), String::new()),
    };
    format!(
        "{head}in: {{ transport: folder, format: {format}, records: [{{ name: record{schema}, maps: [{}] }}] }}\n",
        quoted(file)
    )
}

/// Loads a package, printing every fault.
pub(super) fn load(library: &Library, name: &str) -> Result<Package, Failure> {
    let known = library.packages();
    if !known.iter().any(|it| it == name) {
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        return Err(format!("there is no package `{name}`{hint}"));
    }
    match Package::load(name, library, &Options::default()) {
        Ok(package) => {
            print(library, package.warnings());
            Ok(package)
        }
        Err(faults) => {
            print(library, &faults);
            Err(format!("package {name} has {}", count(faults.len(), "fault")))
        }
    }
}

/// Prints faults of files, by their paths on disk where they stand there.
pub(in crate::cli) fn print(library: &Library, diagnostics: &[Diagnostic]) {
    for it in diagnostics {
        let source = library.read(&it.file).unwrap_or_default();
        let mut shown = it.clone();
        if let Some(path) = library.on_disk(&it.file) {
            let here = std::env::current_dir().ok();
            let near = here
                .and_then(|it| Some(path.strip_prefix(it.canonicalize().ok()?).ok()?.to_owned()));
            shown.file = near.unwrap_or(path).display().to_string();
        }
        eprintln!("{}", shown.render(&String::from_utf8_lossy(&source)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::library::BUILT_IN;

    /// Goal: a new version of a map is checked with the files with which it will run:
    /// those beside it, and for what is not there those of its package.
    #[test]
    fn a_map_outside_of_its_package_takes_the_place_of_the_one_with_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let built_in = |file: &str| {
            BUILT_IN.read(&format!("packages/generic-pos-csv/{file}")).unwrap().to_vec()
        };
        let put = |file: &str, bytes: &[u8]| {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let file = "maps/pos-transaction.map.yaml";
        let map = put(file, &built_in(file));
        let packages = Packages { config: None, packages: Vec::new() };
        let place = || Place::of(map.to_str().unwrap(), &packages).unwrap();
        assert_eq!((place().package.as_str(), place().file.as_str()), ("generic-pos-csv", file));
        assert!(place().load().is_ok());
        let map_on_disk = place().library.on_disk(&format!("packages/generic-pos-csv/{file}"));
        assert_eq!(map_on_disk, Some(map.canonicalize().unwrap()));

        let draft = Draft::read(&map).unwrap();
        let source = draft.source.trim_start_matches("../").to_owned();
        let beside = put(&source, &built_in(&source));
        assert_eq!(place().package, Library::BARE, "all that it names is beside it");
        let library = draft.in_place_of(Library::new(&[]), "generic-pos-csv", file);
        let found = library.on_disk(&format!("packages/generic-pos-csv/{source}")).unwrap();
        assert_eq!(found.canonicalize().unwrap(), beside.canonicalize().unwrap());
    }
}
