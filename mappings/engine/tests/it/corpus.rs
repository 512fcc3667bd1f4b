//! Seeded defects are found with the right code; good maps raise no alarm.

use std::fs;

use codec::diagnostic::Diagnostic;
use mapping::{Options, compile};

use crate::support::{Files, data};

/// One change to a good map.
struct Patch {
    code: String,
    name: String,
    base: String,
    old: String,
    new: String,
}

fn patches(file: &str) -> Vec<Patch> {
    let text = fs::read_to_string(data("../corpus").join(file)).unwrap();
    text.split("\n## ")
        .skip(1)
        .map(|block| {
            let mut lines = block.lines();
            let (code, name) = lines.next().unwrap().split_once(' ').unwrap();
            let base = lines.next().unwrap().strip_prefix('@').unwrap();
            let side = |sign: &str| -> Vec<&str> {
                block
                    .lines()
                    .skip(2)
                    .filter_map(|it| it.strip_prefix(sign))
                    .map(|it| it.strip_prefix(' ').unwrap_or(it))
                    .collect()
            };
            Patch {
                code: code.into(),
                name: name.into(),
                base: base.into(),
                old: side("-").join("\n"),
                new: side("+").join("\n"),
            }
        })
        .collect()
}

/// The text of a base map with one change, and what the checker says.
pub(crate) fn check(text: &str, name: &str) -> Vec<Diagnostic> {
    let mut files = Files::default().with(name, text);
    for file in [
        "order.map.yaml",
        "order.schema.json",
        "back.schema.json",
        "erp.schema.json",
        "till.layout.yaml",
    ] {
        if file != name {
            files = files.with(file, fs::read_to_string(data(file)).unwrap());
        }
    }
    for (file, map) in in_maps() {
        files = files.with(file, map);
    }
    compile(name, &files, &Options::default()).diagnostics
}

/// In maps that do not read backwards as the order's does.
fn in_maps() -> [(&'static str, String); 3] {
    let order = fs::read_to_string(data("order.map.yaml")).unwrap();
    let changed = |old: &str, new: &str| {
        assert!(order.contains(old), "{old}");
        order.replacen(old, new, 1)
    };
    let head = order.split_once("\nfields:").unwrap().0;
    [
        ("lossy.map.yaml", changed("order_no: name", "order_no: name | truncate_chars(8)")),
        ("many.map.yaml", changed("channel: { web: ec,", "channel: { web: ec, app: ec,")),
        ("constant.map.yaml", format!("{head}\nfields:\n  order_type: {{ const: sale }}\n")),
    ]
}

/// Names and texts of all good variants.
pub(crate) fn variants() -> Vec<(String, String)> {
    patches("variants.txt").iter().map(|patch| (patch.name.clone(), patched(patch).0)).collect()
}

fn patched(patch: &Patch) -> (String, String) {
    let name = format!("{}.map.yaml", patch.base);
    let text = fs::read_to_string(data(&name)).unwrap();
    assert!(text.contains(&patch.old), "{}: {:?} is not in {name}", patch.name, patch.old);
    (text.replacen(&patch.old, &patch.new, 1), name)
}

#[test]
fn the_base_maps_raise_no_alarm() {
    for name in ["order.map.yaml", "erp.map.yaml", "till.map.yaml", "back.map.yaml"] {
        let text = fs::read_to_string(data(name)).unwrap();
        let shown: Vec<String> = check(&text, name).iter().map(|it| it.render(&text)).collect();
        assert!(shown.is_empty(), "{}", shown.join("\n"));
    }
}

#[test]
fn seeded_defects_are_found() {
    let patches = patches("defects.txt");
    let mut found = 0;
    let mut missed = Vec::new();
    let mut shown = String::new();
    for patch in &patches {
        let (text, name) = patched(patch);
        let diagnostics = check(&text, &name);
        let codes: Vec<&str> = diagnostics.iter().map(|it| it.code).collect();
        if codes.contains(&patch.code.as_str()) {
            found += 1;
        } else {
            missed.push(format!("{} {}: found {codes:?}", patch.code, patch.name));
        }
        shown.push_str(&format!("## {} {}\n", patch.code, patch.name));
        for diagnostic in &diagnostics {
            shown.push_str(&diagnostic.render(&text));
        }
        shown.push('\n');
    }
    // M27 compares two schemas; it has a test of its own.
    for number in 0..=26 {
        let code = format!("M{number:02}");
        assert!(patches.iter().any(|it| it.code == code), "no seeded defect for {code}");
    }
    println!("{found} of {} seeded defects found\n{}", patches.len(), missed.join("\n"));
    insta::assert_snapshot!(shown);
    assert!(patches.len() >= 60 && found * 100 >= patches.len() * 95, "{}", missed.join("\n"));
}

#[test]
fn good_variants_raise_no_alarm() {
    let patches = patches("variants.txt");
    let mut alarms = Vec::new();
    for patch in &patches {
        let (text, name) = patched(patch);
        for diagnostic in check(&text, &name) {
            alarms.push(format!("{}: {}", patch.name, diagnostic.render(&text)));
        }
    }
    println!("{} good maps, {} false alarms", patches.len() + 3, alarms.len());
    assert!(patches.len() >= 40 && alarms.is_empty(), "{}", alarms.join("\n"));
}

#[test]
fn a_changed_source_schema_names_the_rules_it_breaks() {
    let text = fs::read_to_string(data("order.map.yaml")).unwrap();
    let schema = fs::read_to_string(data("order.schema.json")).unwrap();
    let library = |schema: String| {
        Files::default().with("order.map.yaml", text.as_str()).with("order.schema.json", schema)
    };
    let old = library(schema.clone());
    let same =
        mapping::impact("order.map.yaml", &old, &library(schema.clone()), &Options::default());
    assert_eq!(same, []);
    let renamed = library(schema.replace("financial_status", "payment_state"));
    let found = mapping::impact("order.map.yaml", &old, &renamed, &Options::default());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].code == "M27" && found[0].message.contains("`financial_status`"), "{found:?}");
}
