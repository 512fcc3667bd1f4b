//! Every package of this repository: it loads without a fault, and its fixtures
//! give what they say.

use adapter_kit::{
    files::{Files as _, Folder},
    manifest::FILE_NAME,
    package::{Options, Package},
};
use std::path::Path;

fn adapters() -> Folder {
    Folder::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}

fn names() -> Vec<String> {
    let listed = adapters().list("packages");
    let manifests = listed.iter().filter_map(|it| {
        let (name, file) = it.strip_prefix("packages/")?.split_once('/')?;
        (file == FILE_NAME).then(|| name.to_owned())
    });
    manifests.collect()
}

#[test]
fn every_package_loads() {
    let files = adapters();
    let names = names();
    assert!(names.len() >= 8, "{names:?}");
    let mut faults = String::new();
    for name in names {
        if let Err(found) = Package::load(&name, &files, &Options::default()) {
            for fault in found {
                let bytes = files.read(&fault.file).unwrap_or_default();
                faults.push_str(&fault.render(&String::from_utf8_lossy(&bytes)));
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}
