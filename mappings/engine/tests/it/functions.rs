//! The examples of all functions do what they say.

use crate::support::{Files, context, schema_of};
use mapping::{Options, Scratch, compile, functions};

/// Runs one pipe over one record: its JSON, `absent` or `fault`.
fn result(pipe: &str, record: &str) -> String {
    let sample: serde_json::Value = serde_json::from_str(record).unwrap();
    let mut schema = schema_of(&sample);
    for name in ["a", "b", "c"] {
        if schema["properties"].get(name).is_none() {
            schema["properties"][name] = serde_json::json!({"type": "string"});
        }
    }
    // A rule in its long form stands as it is, a pipe in quotes.
    let rule =
        if pipe.starts_with('{') { pipe.to_owned() } else { serde_json::to_string(pipe).unwrap() };
    let map = format!(
        "map: t/f\nversion: 1\nsource: s.schema.json\ntarget: order@1\nsource_id: {{ const: x }}\nfields:\n  r: {rule}\n",
    );
    let files = Files::default()
        .with("m.yaml", map.as_str())
        .with("s.schema.json", schema.to_string())
        .with("canon/v1/order.schema.json", r#"{"type": "object", "properties": {"r": {}}}"#);
    let compiled = compile("m.yaml", &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&map)).collect();
    let map = compiled.map.unwrap_or_else(|| panic!("{pipe}: {}", shown.join("\n")));
    match map.run_json(record.as_bytes(), &context(), &mut Scratch::default()) {
        Err(_) => "fault".into(),
        Ok(mapped) => {
            let text = String::from_utf8(mapped.data).unwrap();
            match text.split_once("\"r\":") {
                None => "absent".into(),
                Some((_, rest)) => rest.strip_suffix('}').unwrap().to_owned(),
            }
        }
    }
}

#[test]
fn every_example_gives_what_it_says() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for function in functions::all() {
        for (pipe, record, want) in function.examples {
            count += 1;
            let found = result(pipe, record);
            // Decimals are written as text or as number, by their target.
            if found.trim_matches('"') != want.trim_matches('"') {
                wrong.push(format!(
                    "{}: {pipe} of {record} gives {found}, not {want}",
                    function.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 80, "{count} examples");
}

#[test]
fn every_function_can_be_learned_from_its_entry() {
    for function in functions::all() {
        assert!(!function.about.is_empty() && !function.gives.is_empty(), "{}", function.name);
        assert!(!function.examples.is_empty(), "{} has no example", function.name);
    }
}
