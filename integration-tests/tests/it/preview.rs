//! The preview of maps: what the console asks while somebody writes one.

use serde_json::{Value, json};
use testkit::{Result, TestHub};

const PATH: &str = "/api/v1/maps/preview";

const MAP: &str = "map: try/order
version: 1
source: ../source/order.schema.json
target: party@1
source_id: id | text
fields:
  kind: { const: person }
  roles: { const: [customer] }
  status: { const: active }
  name.family: name
";

fn request(map: &str, sample: &str) -> Value {
    let schema = json!({"type": "object", "required": ["id", "name"], "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"}}});
    json!({"map": map, "sample": sample, "files": {"source/order.schema.json": schema.to_string()}})
}

/// Goal: a map is tried before it is anybody's.
/// Method: a good map on a good and a bad record; a bad map; no token.
#[tokio::test]
async fn a_map_is_tried_on_a_sample() -> Result<()> {
    let hub = TestHub::start().await?;
    let client = hub.client();
    let good = client.post(PATH, &request(MAP, r#"{"id": 7, "name": "山田"}"#)).await?;
    assert_eq!(good.status, 200, "{}", good.body);
    assert_eq!(good.body["usable"], json!(true), "{}", good.body);
    assert_eq!(good.body["records"][0]["data"]["name"]["family"], json!("山田"));
    assert!(good.body["records"][0].get("fields").is_none(), "nobody asked: {}", good.body);

    let mut asked = request(MAP, r#"{"id": 7, "name": "山田"}"#);
    asked["explain"] = json!(true);
    let explained = client.post(PATH, &asked).await?;
    let fields = explained.body["records"][0]["fields"].as_array().expect("fields");
    let name = fields.iter().find(|it| it["target"] == "name.family").expect("the name");
    assert_eq!(name["reads"][0], json!({"path": "name", "offset": 18, "length": 8}));

    let bad = client.post(PATH, &request(MAP, r#"{"id": 7, "name": 5}"#)).await?;
    let fault = &bad.body["records"][0]["faults"][0];
    assert_eq!((&fault["field"], &fault["offset"]), (&json!("name"), &json!(18)), "{}", bad.body);

    let wrong = client.post(PATH, &request(&MAP.replace(": name", ": nmae"), "{}")).await?;
    assert_eq!(wrong.body["usable"], json!(false));
    let said = &wrong.body["diagnostics"][0];
    assert_eq!((&said["code"], &said["line"]), (&json!("M01"), &json!(10)), "{}", wrong.body);
    assert_eq!(said["page"], json!("/problems/M01"));

    let stranger = hub.hub.stranger().post(PATH, &request(MAP, "{}")).await?;
    assert_eq!(stranger.status, 401, "{}", stranger.body);
    let unknown = json!({"map": MAP, "package": "no-such"});
    assert_eq!(client.post(PATH, &unknown).await?.status, 404);
    let large = request(MAP, &" ".repeat(2 << 20));
    assert_eq!(client.post(PATH, &large).await?.status, 413);
    Ok(())
}

/// Goal: a map of a shipped package is tried with that package's own files.
#[tokio::test]
async fn a_map_may_stand_in_a_package() -> Result<()> {
    let hub = TestHub::start().await?;
    let folder = testkit::config::repository().join("adapters/packages/shopify-admin");
    let map = std::fs::read_to_string(folder.join("maps/party.map.yaml"))?;
    let sample = std::fs::read_to_string(folder.join("fixtures/customer/in.json"))?;
    let request = json!({"map": map, "package": "shopify-admin", "sample": sample});
    let answer = hub.client().post(PATH, &request).await?;
    assert_eq!(answer.body["usable"], json!(true), "{}", answer.body);
    assert_eq!(answer.body["records"][0]["data"]["entity"], json!("party"), "{}", answer.body);
    Ok(())
}
