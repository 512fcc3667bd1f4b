//! A draft from samples passes the check once its decisions are made.

use std::fs;

use mapping::{Inferred, Options, Scratch, compile, infer};
use serde_json::Value;

use crate::support::{Files, context, data, mappings};

/// A decision made by program: the rule that writes a value.
fn rule_of(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let fields: Vec<String> =
                members.iter().map(|(key, it)| format!("{key}: {}", rule_of(it))).collect();
            format!("{{ fields: {{ {} }} }}", fields.join(", "))
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let items: Vec<String> = items.iter().map(rule_of).collect();
            format!("{{ list: [ {} ] }}", items.join(", "))
        }
        scalar => format!("{{ const: {scalar} }}"),
    }
}

/// The draft with each decision made by what the canonical example has there.
fn decided(inferred: &Inferred, entity: &str) -> String {
    let example = mappings().join(format!("canon/v1/examples/{entity}.good.json"));
    let example: Value = serde_json::from_slice(&fs::read(example).unwrap()).unwrap();
    let mut text = inferred.map.clone();
    for decision in &inferred.decisions {
        let (field, _) = decision.split_once(':').unwrap();
        match field {
            "source file" => {}
            "source_id" => {
                text = text.replacen("\npolicy:", "\nsource_id: { const: x }\npolicy:", 1)
            }
            field => {
                let pointer = format!("/{}", field.replace('.', "/"));
                let value = example.pointer(&pointer).unwrap_or_else(|| panic!("{field}"));
                text.push_str(&format!("  {field}: {}\n", rule_of(value)));
            }
        }
    }
    text
}

fn check(inferred: &Inferred, entity: &str) -> std::sync::Arc<mapping::Map> {
    let text = decided(inferred, entity);
    let files = Files::default()
        .with(&inferred.map_file, text.as_str())
        .with(&inferred.source_file, inferred.source.as_str());
    let compiled = compile(&inferred.map_file, &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&text)).collect();
    compiled.map.unwrap_or_else(|| panic!("{}\n{text}\n{}", inferred.source, shown.join("\n")))
}

#[test]
fn a_draft_passes_once_the_decisions_are_made() {
    let sample = fs::read(data("order.json")).unwrap();
    let inferred = infer(&[&sample, &sample], "shop/order", "order", &Files::default()).unwrap();
    insta::assert_snapshot!(inferred.map);
    let map = check(&inferred, "order");
    map.run_json(&sample, &context(), &mut Scratch::default()).unwrap();
}

/// Goal: any JSON, any entity: the list of decisions is all that is missing.
#[test]
fn drafts_of_all_entities_pass_once_the_decisions_are_made() {
    let sample = r#"{"id": 7, "name": "a", "status": "x", "created_at": "2026-01-05T00:00:00Z", "qty": 1.5}
        {"id": 8, "name": null, "currency": "JPY", "nested": {"code": "z"}}"#;
    let listed = format!("[{}]", sample.replace("\n", ",\n"));
    for entity in canon::entity::Entity::ALL {
        let name = entity.name();
        for sample in [sample, &listed] {
            let inferred = infer(&[sample.as_bytes()], "x/y", name, &Files::default()).unwrap();
            check(&inferred, name);
        }
    }
}

/// A journal of a till in code page 932, with names in the first row.
const JOURNAL: &[u8] = b"code,\x93\xfa\x8e\x9e,qty,price,note\r\n0007,2026-01-05T12:34:00+09:00,2,990.50,\x97\xce\x92\x83\r\n0008,2026-01-05T12:40:00+09:00,1,1000,\r\n";

#[test]
fn rows_with_a_delimiter_become_a_layout_and_a_draft() {
    let inferred = infer(&[JOURNAL], "till/sale", "pos_transaction", &Files::default()).unwrap();
    insta::assert_snapshot!(format!("{}\n{}", inferred.source, inferred.map));
    let map = check(&inferred, "pos_transaction");
    let layout = codec::layout::Layout::parse("l", &inferred.source).unwrap();
    let rows = layout.read(JOURNAL).unwrap();
    assert_eq!(rows.rows.len(), 2);
    for row in &rows.rows {
        let made = map.run_row(&rows, row, &context(), &mut Scratch::default()).unwrap();
        assert!(["0007", "0008"].contains(&made.source_id.as_str()), "{}", made.source_id);
    }
}

#[test]
fn rows_of_fixed_width_become_a_layout_and_a_draft() {
    let lines = b"A001 tea      000120 2026-01-05\r\nA002 \xcb\xb0\xd9      000030 2026-01-06\r\n";
    let inferred = infer(&[lines], "till/stock", "variant", &Files::default()).unwrap();
    insta::assert_snapshot!(inferred.source);
    check(&inferred, "variant");
    let rows = codec::layout::Layout::parse("l", &inferred.source).unwrap().read(lines).unwrap();
    let cells: Vec<&str> = (0..4).map(|it| rows.cell(&rows.rows[0], it)).collect();
    assert_eq!(cells, ["A001", "tea", "000120", "2026-01-05"]);
}

/// Goal: a trailer behind the rows is told and passed over.
#[test]
fn a_trailer_is_passed_over_and_told() {
    let sample = b"code,name,qty\n7,tea,2\n8,cup,1\nEND,2\n";
    let inferred = infer(&[sample], "till/sale", "variant", &Files::default()).unwrap();
    for wanted in ["footer_lines: 1", "header: names", "\"qty\", type: integer"] {
        assert!(inferred.source.contains(wanted), "{wanted}: {}", inferred.source);
    }
    let told = inferred.decisions.join("\n");
    assert!(told.contains("`footer_lines: 1`"), "{told}");
    let layout = codec::layout::Layout::parse("l", &inferred.source).unwrap();
    assert_eq!(layout.read(sample).unwrap().rows.len(), 2);
    check(&inferred, "variant");
}

#[test]
fn what_cannot_be_inferred_is_said() {
    let files = Files::default();
    for (sample, entity, word) in [
        (&b"{\"a\": 1"[..], "order", "not JSON"),
        (b"[]", "order", "no records"),
        (b"a,b\n1,2\n", "nothing", "nothing"),
        (b"one\nthree\n", "order", "neither"),
        (
            b"a,b,c\n1,2,3\n4,\"x\"y,6\n7,8,9\n8,9,0\n",
            "order",
            "record 3 of the sample, at byte 12,",
        ),
    ] {
        let why = infer(&[sample], "x/y", entity, &files).unwrap_err();
        assert!(why.contains(word), "{why}");
    }
}
