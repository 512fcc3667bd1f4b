//! Manifests as people write them, right and wrong.

use super::*;
use canon::entity::{Action, Entity};

const GOOD: &str = "\
package: example-shop
version: 1.0.0
title: Example
vendor: Example
class: ec
settings:
  - { name: shop, help: the shop's name }
auth: { kind: api_key, header: X-Api-Key }
in:
  transport: webhook
  format: json
  topic: { header: X-Topic }
  signature:
    header: X-Signature
    algorithm: hmac-sha256
    encoding: hex
    parts: [timestamp, { literal: . }, body]
    timestamp: { from: { header: X-Time }, unit: seconds }
  dedupe_headers: X-Id
  records:
    - name: order
      topics: [orders/create, orders/updated]
      schema: source/order.schema.json
      maps:
        - maps/order.map.yaml
        - map: maps/party.map.yaml
          when: [{ field: /customer, exists: true }]
out:
  operations:
    - name: stock
      entity: inventory_level
      map: maps/stock.out.map.yaml
      needs: { item: { far_id_of: variant, at: /variant/hub_id } }
      method: PUT
      path: /shops/{setting:shop}/stock/{body:/sku}
      throttle: [{ status: 400, pointer: /error, one_of: hour_api_limit }]
";

#[test]
fn a_manifest_becomes_typed() {
    let manifest = Manifest::parse("package.yaml", GOOD).unwrap();
    let input = manifest.input.as_ref().unwrap();
    assert_eq!(input.topic, Topic::Header("X-Topic".into()));
    assert_eq!(input.dedupe_headers, ["X-Id"]);
    let signature = input.signature.as_ref().unwrap();
    assert_eq!(signature.parts, [Part::Timestamp, Part::Literal(".".into()), Part::Body]);
    assert_eq!(signature.timestamp.as_ref().unwrap().tolerance_s, 300);
    assert_eq!(
        manifest.map_files(),
        ["maps/order.map.yaml", "maps/party.map.yaml", "maps/stock.out.map.yaml"]
    );
    let stock = manifest.operation("stock").unwrap();
    assert!(stock.carries(Entity::InventoryLevel, Action::Snapshot));
    assert!(!stock.carries(Entity::InventoryLevel, Action::Deleted));
    assert_eq!(stock.success, [200, 201, 202, 204]);
}

#[test]
fn every_fault_is_found_at_once_with_its_place() {
    let cases = [
        ("version: 1.0.0", "version: 1.0", "K02", "1.4.0"),
        ("class: ec", "class: shop", "Y14", "one of"),
        ("vendor: Example", "vendr: Example", "Y12", "vendor"),
        ("algorithm: hmac-sha256", "algorithm: hmac-sha265", "Y14", "hmac-sha256"),
        ("[timestamp, { literal: . }, body]", "[timestamp]", "K08", ""),
        ("[timestamp, { literal: . }, body]", "[body]", "K08", "not signed"),
        ("[timestamp, { literal: . }, body]", "[body, moon]", "K08", "sorted-form"),
        ("exists: true", "exist: true", "K09", ""),
        ("maps/party.map.yaml", "../party.map.yaml", "K06", "without `..`"),
        ("entity: inventory_level", "entity: inventory_levels", "K07", "inventory_level"),
        ("{body:/sku}", "{sku}", "K05", "body:/"),
        ("far_id_of: variant, at: /variant/hub_id", "setting: shop, far_id_of: variant", "K03", ""),
        ("pointer: /error, one_of", "header: X, one_of", "K03", "pointer"),
    ];
    for (good, bad, code, word) in cases {
        assert!(GOOD.contains(good), "{good}");
        let faults = Manifest::parse("package.yaml", &GOOD.replace(good, bad)).unwrap_err();
        let said = |it: &Diagnostic| format!("{:?} {:?} {}", it.expected, it.help, it.message);
        let found = faults.iter().find(|it| it.code == code && said(it).contains(word));
        assert!(found.is_some_and(|it| it.place.line > 0), "{bad:?} gave {faults:?}");
    }
    let all = GOOD.replace("class: ec", "class: shop").replace("exists: true", "exist: true");
    let faults = Manifest::parse("package.yaml", &all).unwrap_err();
    assert!(faults.iter().any(|it| it.code == "Y14") && faults.iter().any(|it| it.code == "K09"));
}
