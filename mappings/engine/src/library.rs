//! Where maps, schemas and tables are read from.

use std::{collections::HashMap, sync::Arc};

/// Reads text files by their path in a package, or by `canon/v1/…` and
/// `tables/…` for what all packages share.
pub trait Library {
    /// The text of that file, or `None` when there is none.
    fn read(&self, path: &str) -> Option<Arc<str>>;
}

/// Files in memory, for tests and for maps that come over the API.
impl<S: std::hash::BuildHasher> Library for HashMap<String, Arc<str>, S> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.get(path).cloned()
    }
}

/// The path that `name` means in the file `from`: beside it, `..` resolved.
/// A path that would leave the package stays inside it.
pub fn beside(from: &str, name: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_beside_the_file_that_says_them() {
        assert_eq!(
            beside("maps/order.map.yaml", "../source/order.schema.json"),
            "source/order.schema.json"
        );
        assert_eq!(
            beside("canon/v1/order.schema.json", "common.schema.json"),
            "canon/v1/common.schema.json"
        );
        assert_eq!(beside("a.yaml", "../../../b"), "b");
    }
}
