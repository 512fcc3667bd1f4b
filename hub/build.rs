//! Lists packages, shared tables, canonical schemas and example configurations,
//! so that the binary carries them and needs no other file.

use std::{fmt::Write as _, fs, io, path::Path};

/// Folder in the tree, and the name its files get in the binary.
const FOLDERS: &[(&str, &str)] = &[
    ("../adapters/packages", "packages"),
    ("../config/examples", "examples"),
    ("../mappings/canon", "canon"),
    ("../mappings/tables", "tables"),
];

#[expect(clippy::disallowed_methods, reason = "a build script is told where to write this way")]
fn main() -> io::Result<()> {
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = std::env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut files = Vec::new();
    for (folder, name) in FOLDERS {
        let folder = Path::new(&root).join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        if folder.is_dir() {
            collect(&folder, name, &mut files)?;
        }
    }
    files.sort();
    let mut code = String::from("&[\n");
    for (name, path) in &files {
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&out).join("embedded.rs"), code)
}

fn collect(folder: &Path, name: &str, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for child in fs::read_dir(folder)? {
        let child = child?;
        let child_name = child.file_name().to_string_lossy().into_owned();
        if child_name.starts_with('.') {
            continue;
        }
        let name = format!("{name}/{child_name}");
        if child.file_type()?.is_dir() {
            collect(&child.path(), &name, files)?;
        } else {
            files.push((name, child.path().to_string_lossy().into_owned()));
        }
    }
    Ok(())
}
