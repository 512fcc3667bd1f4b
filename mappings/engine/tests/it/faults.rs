//! Where a fault is told: at the value that is wrong, by its path, its first byte
//! and what it is, also when that is an argument, or stands in one list of many.

use crate::support::{Files, context};
use canon::entry::RecordFault;
use mapping::{Map, Options, Scratch, compile, explain_json};
use serde_json::Value;
use std::sync::Arc;

/// A map of one field `r`; `p` is personal data, of other sources nothing is known.
fn map(rule: &str) -> Arc<Map> {
    let rule =
        if rule.starts_with('{') { rule.to_owned() } else { serde_json::to_string(rule).unwrap() };
    let map = format!(
        "map: t/f\nversion: 1\nsource: s.schema.json\ntarget: order@1\nsource_id: {{ const: x }}\nfields:\n  r: {rule}\n",
    );
    let source = if rule.contains("phone") {
        r#"{"type": "object", "properties": {"a": {"type": "string"},
            "phone": {"type": ["string", "integer"], "x-personal": true},
            "l": {"type": "array", "items": {"type": "object", "properties": {"v": {"type": "string"}}}}}}"#
    } else if rule.contains("(p)") {
        r#"{"type": "object", "properties": {"a": {"type": "string"},
            "p": {"type": "string", "x-personal": true}}, "required": ["a", "p"]}"#
    } else {
        r#"{"type": "object", "additionalProperties": {}}"#
    };
    let target = r#"{"type": "object", "properties": {"r": {"x-personal": true}}}"#;
    let files = Files::default()
        .with("m.yaml", map.as_str())
        .with("s.schema.json", source)
        .with("canon/v1/order.schema.json", target);
    let compiled = compile("m.yaml", &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&map)).collect();
    compiled.map.unwrap_or_else(|| panic!("{rule}: {}", shown.join("\n")))
}

fn result(rule: &str, record: &str) -> Result<Value, RecordFault> {
    match map(rule).run_json(record.as_bytes(), &context(), &mut Scratch::default()) {
        Ok(mapped) => {
            let data: Value = serde_json::from_slice(&mapped.data).unwrap();
            Ok(data.get("r").cloned().unwrap_or_default())
        }
        Err(faulted) => Err(faulted.faults[0].clone()),
    }
}

/// Goal: somebody who reads a fault finds the value in the record.
/// Method: each rule with a record whose wrong value stands at a place that can
/// be known; what stands at the byte that is told, and the path.
#[test]
fn a_fault_is_told_at_the_value_that_is_wrong() {
    let tax = r#"a | decimal | money("JPY") | tax_of(b, floor)"#;
    let included = r#"a | decimal | money("JPY") | tax_of(b, floor, included=true)"#;
    let inner = "{ each: l, fields: { t: { each: root.m, fields: { u: v | decimal } } } }";
    let cases = [
        // Arguments.
        ("a | decimal | money(c)", r#"{"a": "1", "c": "ABC"}"#, "c", r#""ABC""#),
        ("a | decimal | money(c)", r#"{"a": "x", "c": "JPY"}"#, "a", r#""x""#),
        (r#"a | decimal | money("JPY")"#, r#"{"a": "1.5"}"#, "a", r#""1.5""#),
        ("a | decimal | divide(b, 2, floor)", r#"{"a": "1", "b": 0}"#, "b", "0"),
        ("a | decimal | divide(b, 2, floor)", r#"{"a": "1", "b": "x"}"#, "b", r#""x""#),
        ("a | decimal | times(o.b)", r#"{"a": "1", "o": {"b": true}}"#, "o.b", "true"),
        ("a | decimal | plus(b)", r#"{"a": "1", "b": "x"}"#, "b", r#""x""#),
        ("(a + b)", r#"{"a": 1, "b": "x"}"#, "b", r#""x""#),
        ("(a > b)", r#"{"a": 1, "b": "x"}"#, "a", "1"),
        (tax, r#"{"a": "1", "b": "10 %"}"#, "b", r#""10 %""#),
        (included, r#"{"a": "1", "b": -1}"#, "b", "-1"),
        (r#"c | table("tax-rates", b)"#, r#"{"c": "standard", "b": "soon"}"#, "b", r#""soon""#),
        // Lists: the element of the list that is meant, not of another one that is open.
        ("l | sum(v | decimal)", r#"{"l": [{"v": "1"}, {"v": "x"}]}"#, "l[1].v", r#""x""#),
        (inner, r#"{"l": [{}], "m": [{"v": "1"}, {"v": "x"}]}"#, "m[1].v", r#""x""#),
        (
            "{ each: l, fields: { t: root.m | sum(v | decimal) | text } }",
            r#"{"l": [{}], "m": [{"v": "1"}, {"v": "1"}, {"v": "x"}]}"#,
            "m[2].v",
            r#""x""#,
        ),
        (
            "l | flatten(m) | sum(v | decimal)",
            r#"{"l": [{"m": []}, {"m": [{"v": "1"}, {"v": "x"}]}]}"#,
            "l[1].m[1].v",
            r#""x""#,
        ),
        ("l[1].v | decimal", r#"{"l": [{"v": "1"}, {"v": "x"}]}"#, "l[1].v", r#""x""#),
        ("l[-1].v | decimal", r#"{"l": [{"v": "1"}, {"v": "x"}]}"#, "l[1].v", r#""x""#),
        (
            r#"l[k = "b"].v | decimal"#,
            r#"{"l": [{"k": "a"}, {"k": "b", "v": "x"}]}"#,
            "l[1].v",
            r#""x""#,
        ),
        (r#"["a[]"].b | decimal"#, r#"{"a[]": {"b": "x"}}"#, r#"["a[]"].b"#, r#""x""#),
    ];
    for (rule, record, field, at) in cases {
        let fault = result(rule, record).expect_err(rule);
        assert_eq!(fault.field, field, "{rule}: {fault:?}");
        let rest = usize::try_from(fault.offset.unwrap()).ok().and_then(|it| record.get(it..));
        assert!(rest.unwrap().starts_with(at), "{rule}: {fault:?}");
        // A text that was read as a number is shown as one.
        let quoted = at.trim_matches('"');
        assert_eq!(fault.found.trim_matches('"'), quoted, "{rule}");
    }
}

#[test]
fn what_is_made_of_several_values_is_told_at_the_first() {
    let rule = "((b | decimal) * c) | money(\"JPY\")";
    let fault = result(rule, r#"{"b": "1.5", "c": 3}"#).unwrap_err();
    assert_eq!((fault.field.as_str(), fault.offset, fault.found.as_str()), ("b", Some(6), "4.5"));
}

#[test]
fn a_fault_of_what_is_not_there_names_it_too() {
    let cases = [
        (r#"c | table("tax-rates", b)"#, r#"{"c": "standard"}"#, "b", "nothing"),
        (
            "{ each: l, fields: { t: { from: x, missing: error } } }",
            r#"{"l": [{}]}"#,
            "l[0].x",
            "nothing",
        ),
    ];
    for (rule, record, field, found) in cases {
        let fault = result(rule, record).expect_err(rule);
        assert_eq!((fault.field.as_str(), fault.found.as_str()), (field, found), "{fault:?}");
        assert_eq!(fault.offset, None);
    }
}

#[test]
fn personal_data_are_not_shown_as_arguments_either() {
    let fault = result("a | decimal | money(p)", r#"{"a": "1", "p": "Hanako"}"#).unwrap_err();
    assert_eq!((fault.field.as_str(), fault.found.as_str()), ("p", "6 characters (masked)"));
    for (rule, phone) in [
        (r#"{ if: 'phone in ["110", "119"]', then: '"x"' }"#, "9012345678"),
        ("{ if: 'phone in [110, 119]', then: '\"x\"' }", "\"0901234567\""),
        ("{ if: 'phone in (root.l | collect(v))', then: '\"x\"' }", "9012345678"),
    ] {
        let record = format!(r#"{{"a": "1", "phone": {phone}, "l": [{{"v": "b"}}]}}"#);
        let fault = result(rule, &record).unwrap_err();
        let told = (fault.field.as_str(), fault.found.as_str());
        assert_eq!(told, ("phone", "10 characters (masked)"), "{rule}");
    }
    // Whose text stands where a list should, nobody said.
    for rule in ["l | count", "{ each: l, fields: { t: v } }"] {
        let fault = result(rule, r#"{"l": "Hanako"}"#).unwrap_err();
        assert_eq!((fault.field.as_str(), fault.found.as_str()), ("l", "6 characters (masked)"));
        assert_eq!(fault.offset, Some(6));
    }
    let fault = result("l | count", r#"{"l": {"v": 1}}"#).unwrap_err();
    assert_eq!((fault.found.as_str(), fault.expected.as_str()), ("an object", "a list"));
}

#[test]
fn what_is_read_is_explained_at_its_own_place() {
    let rule = "{ each: l, fields: { t: root.m | sum(v) | text } }";
    let record = r#"{"l": [{}, {}], "m": [{"v": 1}, {"v": 2}]}"#;
    let explained = explain_json(&map(rule), record.as_bytes(), &context());
    let field = explained.field("r[1].t").unwrap();
    let reads: Vec<&str> = field.reads.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(reads, ["m", "m[0].v", "m[1].v"]);
}

#[test]
fn each_rescue_is_for_the_steps_before_it() {
    let rule = r#"a | matches("^x") | rescue("b") | matches("^c") | rescue("d")"#;
    assert_eq!(result(rule, r#"{"a": "y"}"#).unwrap(), "d");
    assert_eq!(result(rule, r#"{"a": "xc"}"#).unwrap(), "d");
    assert_eq!(result(rule, r#"{"a": "c"}"#).unwrap(), "d");
    let rule = r#"a | matches("^x") | rescue("cd") | matches("^c") | rescue("d")"#;
    assert_eq!(result(rule, r#"{"a": "y"}"#).unwrap(), "cd");
}

/// Goal: equals are found as the language compares, by each stage of its own, and
/// the time it takes grows with the list, not with its square.
#[test]
fn distinct_keeps_the_first_of_equals() {
    let count = |rule: &str, list: &str| result(rule, &format!(r#"{{"l": {list}}}"#)).unwrap();
    let two = r#"[{"a": "x", "b": "1"}, {"a": "y", "b": "x"}, {"a": "x", "b": "2"}]"#;
    assert_eq!(count("l | distinct(a) | distinct(b) | count", two), 2);
    assert_eq!(count("l | distinct(v) | count", r#"[{"v": 1}, {"v": 1.0}, {"v": "1"}]"#), 2);
    assert_eq!(count("l | distinct(v) | count", r#"[{"v": ""}, {}, {"v": null}]"#), 2);
    let order = r#"[{"v": "b"}, {"v": "a"}, {"v": "b"}, {"v": "c"}, {"v": "a"}]"#;
    assert_eq!(count("l | distinct(v) | collect(v) | join(\"\")", order), "bac");
    let many: Vec<String> = (0..200_000).map(|it| format!(r#"{{"v":"{it}"}}"#)).collect();
    assert_eq!(count("l | distinct(v) | count", &format!("[{}]", many.join(","))), 200_000);
}

/// Goal: what only reads alike is not the same, so that none of it is left out.
#[test]
fn distinct_tells_kinds_apart() {
    let count = |rule: &str, list: &str| result(rule, &format!(r#"{{"l": {list}}}"#)).unwrap();
    assert_eq!(count("l | distinct(v) | count", r#"[{"v": true}, {"v": "true"}]"#), 2);
    let money = r#"[{"k": "m", "v": "100"}, {"v": "100 JPY"}, {"k": "m", "v": "100.0"}]"#;
    let rule = r#"l | distinct((k == "m" ? (v | decimal | money("JPY")) : v)) | count"#;
    assert_eq!(count(rule, money), 2);
    let lists = r#"[{"v": "a, b"}, {"v": "a|b"}, {"v": "a, b"}]"#;
    assert_eq!(count(r#"l | distinct((v | split("|"))) | count"#, lists), 2);
    assert_eq!(count("l | distinct(v) | count", r#"[{"v": {"a": 1}}, {"v": {"a": 2}}]"#), 2);
}

/// Goal: a number among amounts does not vanish.
#[test]
fn a_sum_is_of_numbers_or_of_money() {
    let rule = r#"l | sum((k == "m" ? (v | decimal | money("JPY")) : (v | decimal)))"#;
    for list in
        [r#"[{"k": "m", "v": "1"}, {"k": "n", "v": "2"}]"#, r#"[{"v": "2"}, {"k": "m", "v": "1"}]"#]
    {
        let fault = result(rule, &format!(r#"{{"l": {list}}}"#)).unwrap_err();
        assert_eq!(fault.field, "l[1].v", "{fault:?}");
    }
}

/// Goal: what becomes no personal data at the end is personal until then, and a value
/// that stands nowhere in the source is not shown where it may be made of such data.
#[test]
fn what_is_made_of_personal_data_is_not_shown_on_the_way() {
    let record = r#"{"a": "1", "p": "Hanako", "phone": "0901234567", "l": []}"#;
    for rule in [
        r#"(p) | matches("^x") | sha256"#,
        r#"(p) | sha256 | matches("^x")"#,
        r#"(p) | matches("^x") | hub_id("party")"#,
        r#"phone | matches("^x") | sha256"#,
    ] {
        let fault = result(rule, record).unwrap_err();
        assert!(fault.found.ends_with("(masked)"), "{rule}: {fault:?}");
    }
    let fault = result(r#"a | matches("^x") | sha256"#, r#"{"a": "1"}"#).unwrap_err();
    assert_eq!(fault.found, r#""1""#);
}

#[test]
fn faults_that_are_not_listed_are_counted() {
    let rules: String = (0..60).map(|it| format!("f{it}: a | decimal | text, ")).collect();
    let rule = format!("{{ fields: {{ {} }} }}", rules.trim_end_matches(", "));
    let made = map(&rule).run_json(br#"{"a": "x"}"#, &context(), &mut Scratch::default());
    let faults = made.unwrap_err().faults;
    assert_eq!(faults.len(), 51);
    let last = &faults[50];
    assert_eq!((last.found.as_str(), last.field.as_str()), ("10 more faults", ""), "{last:?}");
}
