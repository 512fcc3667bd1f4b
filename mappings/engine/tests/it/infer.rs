//! A draft from samples passes the check once its decisions are made.

use std::fs;

use mapping::{Options, compile, infer};

use crate::support::{Files, data};

#[test]
fn a_draft_passes_once_the_decisions_are_made() {
    let sample = fs::read(data("order.json")).unwrap();
    let inferred = infer(&[&sample, &sample], "shop/order", "order", &Files::default()).unwrap();
    insta::assert_snapshot!(inferred.map);
    // What the draft asks, answered.
    let answers = "  order_no: name\n  channel: { const: ec }\n  placed_at: created_at | timestamp\n  order_type: { const: sale }\n  status: { const: confirmed }\n  prices_include_tax: taxes_included\n  totals.grand: total_price | money(currency)\n  lines:\n    each: line_items\n    fields:\n      line_id: id | text\n      sku: sku | default(\"-\")\n      title_snapshot: title\n      qty_ordered: { qty: quantity | decimal, uom: { const: EA } }\n";
    let drafted = |field: &str| inferred.map.contains(&format!("\n  {field}:"));
    let asked: String = answers
        .split_inclusive('\n')
        .collect::<Vec<_>>()
        .chunk_by(|_, next| next.starts_with("    "))
        .filter(|block| !drafted(block[0].trim_start().split(':').next().unwrap()))
        .flatten()
        .copied()
        .collect();
    let text = format!("{}{asked}", inferred.map);
    let files = Files::default()
        .with("m.yaml", text.as_str())
        .with("order.schema.json", inferred.schema.to_string());
    let compiled = compile("m.yaml", &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&text)).collect();
    assert!(compiled.map.is_some(), "{text}\n{}", shown.join("\n"));
    for decision in &inferred.decisions {
        let field = decision.split(':').next().unwrap();
        assert!(
            asked.contains(field.split('.').next().unwrap()) || field == "source_id",
            "{decision} was not asked for"
        );
    }
}
