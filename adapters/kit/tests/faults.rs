//! Packages with one thing wrong: the fault is found, named and placed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

use adapter_kit::{
    files::{Files, Folder, Layered},
    package::{Options, Package},
};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Files of this repository with some replaced or taken away.
struct Changed {
    files: Layered<Folder, Folder>,
    changes: BTreeMap<String, Option<String>>,
}

impl Files for Changed {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        match self.changes.get(path) {
            Some(text) => text.as_ref().map(|it| Arc::from(it.as_bytes())),
            None => self.files.read(path),
        }
    }

    fn list(&self, folder: &str) -> Vec<String> {
        self.files.list(folder)
    }
}

fn repository() -> Layered<Folder, Folder> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Layered(Folder::new(&root), Folder::new(root.join("../mappings")))
}

/// Loads a package in which one file says `to` where it said `from`.
fn load(package: &str, file: &str, from: &str, to: &str) -> Vec<String> {
    let files = repository();
    let path = format!("packages/{package}/{file}");
    let bytes = files.read(&path).unwrap_or_else(|| panic!("there is no {path}"));
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains(from), "{path} does not say {from:?}");
    let changed = if to == "(gone)" { None } else { Some(text.replacen(from, to, 1)) };
    let files = Changed { files, changes: BTreeMap::from([(path, changed)]) };
    let faults = Package::load(package, &files, &Options::default()).unwrap_err();
    let of = |it: codec::diagnostic::Diagnostic| {
        assert!(it.place.line > 0 && it.file.starts_with("packages/"), "{it:?}");
        format!("{} {} {} {:?} {:?}", it.code, it.file, it.message, it.expected, it.help)
    };
    faults.into_iter().map(of).collect()
}

#[test]
fn what_is_wrong_is_found_and_named() {
    const MANIFEST: &str = "package.yaml";
    const SHOP: &str = "shopify-admin";
    const TILL: &str = "generic-pos-csv";
    let cases = [
        (SHOP, MANIFEST, "package: shopify-admin", "(gone)", "K20", "no file"),
        (SHOP, MANIFEST, "package: shopify-admin", "package: shopify", "K21", "shopify-admin"),
        (SHOP, "source/order.schema.json", "{", "{,", "K22", "not a JSON Schema"),
        (SHOP, MANIFEST, "      schema: source/order.schema.json\n", "", "K22", "no `schema`"),
        (SHOP, MANIFEST, "source/order.schema", "source/orders.schema", "K23", "order.schema.json"),
        (SHOP, MANIFEST, "maps/order.map", "maps/ordr.map", "K23", "maps/order.map.yaml"),
        (SHOP, MANIFEST, "/admin/api/2026-10/", "/{setting:shop}/", "K24", "setting:shop"),
        (SHOP, MANIFEST, "  topic: { header: X-Shopify-Topic }\n", "", "K25", "topic"),
        ("smaregi-pos", MANIFEST, "topics: customers", "topics: customer", "K25", "customers"),
        (TILL, MANIFEST, "each: lines", "each: rows", "K26", "lines"),
        (
            TILL,
            MANIFEST,
            "          each_layout: source/journal-line.layout.yaml\n",
            "",
            "K26",
            "each_layout",
        ),
        (
            TILL,
            "source/journal-line.layout.yaml",
            "name: 数量, type: decimal, scale: 3",
            "name: 数量",
            "K26",
            "数量",
        ),
        (TILL, MANIFEST, "field: 会員コード", "field: 会員コオド", "K27", "会員コード"),
        (TILL, MANIFEST, "field: 会員コード", "field: /member", "K27", "name"),
        (SHOP, MANIFEST, "field: /customer/id", "field: customer", "K27", "/customer"),
        (SHOP, MANIFEST, "map: maps/customer-set.out", "map: maps/party", "K28", "party@1"),
        ("cybozu-kintone", MANIFEST, "      needs: { app: { setting: app } }\n", "", "K28", "app"),
        (SHOP, "maps/order.map.yaml", "order_no: name", "order_no: nam", "M01", "name"),
        (TILL, "source/journal.layout.yaml", "charset: cp932", "charset: cp923", "L01", "cp932"),
    ];
    for (package, file, from, to, code, word) in cases {
        let faults = load(package, file, from, to);
        let found = faults.iter().any(|it| it.starts_with(code) && it.contains(word));
        assert!(found, "{package}/{file} with {to:?}: {faults:#?}");
    }
}
