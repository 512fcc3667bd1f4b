//! `LANGUAGE.md` says what is so: its examples run, its reference is the code's,
//! and `LANGUAGE.ja.md` says the same.

use std::fs;

use mapping::{Options, Scratch, compile, functions};
use serde_json::Value;

use crate::support::{Files, context, mappings, schema_of};

fn page() -> String {
    fs::read_to_string(mappings().join("LANGUAGE.md")).unwrap()
}

#[test]
fn the_reference_is_printed_from_the_code() {
    let page = page();
    let (_, rest) = page.split_once("<!-- functions -->\n\n").unwrap();
    let (written, _) = rest.split_once("<!-- end of functions -->").unwrap();
    assert!(
        written == functions::reference(),
        "print it anew: cargo run -p mapping --example reference"
    );
}

#[test]
fn both_pages_say_the_same() {
    let japanese = fs::read_to_string(mappings().join("LANGUAGE.ja.md")).unwrap();
    let told = translated::differences(
        translated::Page { name: "LANGUAGE.md", text: &page() },
        translated::Page { name: "LANGUAGE.ja.md", text: &japanese },
    );
    assert!(told.is_empty(), "bring the other page in step:\n{}", told.join("\n"));
}

#[test]
fn the_examples_give_what_they_say() {
    let page = page();
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let (body, _) = block.split_once("```").unwrap();
        let Some(record) = body.lines().next().unwrap().strip_prefix("# in:") else { continue };
        let want = body.lines().nth(1).unwrap().strip_prefix("# out:").unwrap();
        let record: Value = serde_json::from_str(record).unwrap();
        let want: Value = serde_json::from_str(want).unwrap();
        let map = format!(
            "map: t/f\nversion: 1\nsource: s.schema.json\ntarget: order@1\nsource_id: {{ const: x }}\n{body}"
        );
        let mut schema = schema_of(&record);
        // A field that is null in the sample is a text or null.
        for (name, value) in record.as_object().unwrap() {
            if value.is_null() {
                schema["properties"][name] = serde_json::json!({"type": ["string", "null"]});
            }
        }
        schema["required"] = record.as_object().unwrap().keys().cloned().collect();
        let files = Files::default()
            .with("m.yaml", map.as_str())
            .with("s.schema.json", schema.to_string())
            .with("canon/v1/order.schema.json", target_of(&want).to_string());
        let compiled = compile("m.yaml", &files, &Options::default());
        let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&map)).collect();
        let bytes = serde_json::to_vec(&record).unwrap();
        let map = compiled.map.unwrap_or_else(|| panic!("{}", shown.join("\n")));
        let mapped = map.run_json(&bytes, &context(), &mut Scratch::default()).unwrap();
        let mut found: Value = serde_json::from_slice(&mapped.data).unwrap();
        for header in
            ["hub_id", "entity", "schema_version", "source_refs", "mapping", "data_classification"]
        {
            found.as_object_mut().unwrap().remove(header);
        }
        assert_eq!(found, want, "{body}");
        count += 1;
    }
    assert_eq!(count, 10, "ten small examples");
}

/// A target that the result fits; amounts are money.
fn target_of(value: &Value) -> Value {
    let mut schema = schema_of(value);
    schema["additionalProperties"] = Value::Bool(true);
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.insert("weight".into(), serde_json::json!({"type": "integer"}));
    }
    schema
}
