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

#[test]
fn arithmetic_is_exact_or_a_fault() {
    let tiny = r#"{"a": 0.000000000000005, "b": 0.00000000000001}"#;
    assert_eq!(result("a | times(b)", tiny), "fault");
    assert_eq!(result("a * b", tiny), "fault");
    let wide = r#"{"a": 7922816251426433759354395033.5, "b": 0.01}"#;
    for pipe in ["a | plus(b)", "a | minus(b)", "a + b", "a - b"] {
        assert_eq!(result(pipe, wide), "fault", "{pipe}");
    }
    let list = r#"{"l": [{"v": 7922816251426433759354395033.5}, {"v": 0.01}]}"#;
    assert_eq!(result("l | sum(v)", list), "fault");
    let count = r#"{"a": "1767582000.00000000000000000001"}"#;
    assert_eq!(result("a | epoch_s", count), "fault");
}

#[test]
fn an_offset_beyond_all_bounds_is_a_fault() {
    for offset in ["-32768", "-1081", "+1081", "+32767"] {
        let record = format!(r#"{{"t": "/Date(1767582000000{offset})/"}}"#);
        assert_eq!(result("t | odata_date", &record), "fault", "{offset}");
    }
}

#[test]
fn what_one_record_writes_is_bounded() {
    let lines = vec![r#"{"s":1}"#; 300].join(",");
    let record = format!(r#"{{"x": "{}", "l": [{lines}]}}"#, "x".repeat(500_000));
    let copied = "{ each: l, fields: { t: root.x } }";
    assert_eq!(result(copied, &record), "fault");
    assert_eq!(
        result("l | collect(root.x | prefix(\"a\") | slice(0, 1)) | join(\"/\")", &record),
        "fault"
    );
}
