//! What a map costs at most is known before it runs.

use crate::support::Files;
use mapping::{Cost, Options, compile};

fn cost(rule: &str, lengths: bool) -> Cost {
    let map = format!(
        "map: t/c\nversion: 1\nsource: s.json\ntarget: order@1\nsource_id: {{ const: x }}\nfields:\n  r: {rule}\n"
    );
    let most =
        |count: u32| if lengths { format!(r#""maxItems": {count},"#) } else { String::new() };
    let source = format!(
        r#"{{"type": "object", "properties": {{"a": {{"type": "string"}}, "l": {{"type": "array", {}
            "items": {{"type": "object", "properties": {{"k": {{"type": "string"}},
            "m": {{"type": "array", {} "items": {{"type": "string"}}}}}}}}}}}}}}"#,
        most(100),
        most(30)
    );
    let files = Files::default()
        .with("m.yaml", map.as_str())
        .with("s.json", source)
        .with("canon/v1/order.schema.json", r#"{"type": "object", "properties": {"r": {}}}"#);
    let compiled = compile("m.yaml", &files, &Options::default());
    assert!(compiled.map.is_some(), "{rule}: {:?}", compiled.diagnostics);
    compiled.cost
}

/// Goal: the formula that LANGUAGE.md gives is the one that is counted.
/// Method: rules whose steps can be counted by hand: one for each function,
/// comparison, written value and element.
#[test]
fn steps_are_counted_for_each_element() {
    // The id is one step everywhere; a written value one, each function one.
    let cases = [
        ("a", "3; at most 3 steps", Some(0)),
        ("a | trim | upper", "5; at most 5 steps", Some(0)),
        ("l | count", "3 + 1 for each of l; at most 103 steps", Some(100)),
        (
            "l | collect(k | trim) | join(\",\")",
            "4 + 3 for each of l; at most 304 steps",
            Some(100),
        ),
        (
            "{ each: l, fields: { n: m | count } }",
            "1 + 3 for each of l + 1 for each of l for each of l[].m; at most 3301 steps",
            Some(3100),
        ),
        (
            "{ each: l, where: k == \"x\", fields: { n: { from: 'root.l[k = \"y\"].k' } } }",
            "1 + 6 for each of l + 2 for each of l for each of l; at most 20601 steps",
            Some(10_100),
        ),
    ];
    for (rule, text, elements) in cases {
        let cost = cost(rule, true);
        assert_eq!((cost.text().as_str(), cost.elements_max), (text, elements), "{rule}");
    }
    let open = cost("l | count", false);
    assert_eq!(open.text(), "3 + 1 for each of l; a list declares no `maxItems`");
    assert_eq!((open.steps_max, open.elements_max), (None, None));
}
