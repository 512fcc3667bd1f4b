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

const LAYOUT: &str = "layout: try/members
version: 1
format: csv
line_end: lf
charset: { file: host.charset.yaml }
header: names
columns:
  - { name: id, required: true }
  - { name: name, required: true }
  - { name: born, type: date, format: YYYYMMDD }
";

const ROWS_MAP: &str = "map: try/member
version: 1
source: ../source/members.layout.yaml
target: party@1
source_id: id
fields:
  kind: { const: person }
  roles: { const: [customer] }
  status: { const: active }
  name.family: name
";

/// Goal: a layout that shares a character set with others can be tried, and a
/// record that cannot be read is told like every other.
/// Method: CP932 with a code of its own; a good row, a bad one, a good one.
#[tokio::test]
async fn rows_are_tried_by_a_layout_with_files_beside_it() -> Result<()> {
    let hub = TestHub::start().await?;
    // id,name,born / 1,{F040}{8E52},19800101 / 2,x,19801399 / 3,y,19800102
    let sample = "aWQsbmFtZSxib3JuCjEs8ECOUiwxOTgwMDEwMQoyLHgsMTk4MDEzOTkKMyx5LDE5ODAwMTAyCg==";
    let request = json!({"map": ROWS_MAP, "sample": sample, "sample_base64": true, "files": {
        "source/members.layout.yaml": LAYOUT,
        "source/host.charset.yaml": "name: cp932\ngaiji: { F040: 𠮷 }\n"}});
    let answer = hub.client().post(PATH, &request).await?;
    assert_eq!(answer.body["usable"], json!(true), "{}", answer.body);
    let records = answer.body["records"].as_array().expect("records");
    assert_eq!(records.len(), 3, "{}", answer.body);
    assert_eq!(records[0]["data"]["name"]["family"], json!("𠮷山"));
    let fault = &records[1]["faults"][0];
    assert_eq!((&records[1]["record"], &fault["field"]), (&json!(2), &json!("born")));
    assert_eq!(records[2]["data"]["name"]["family"], json!("y"));

    let mut cut = request.clone();
    cut["sample"] = json!("aWQsbmFtZQo=");
    let answer = hub.client().post(PATH, &cut).await?;
    let why = answer.body["unreadable"].as_str().expect("why");
    assert!(why.contains("born") && !why.contains("LayoutFault"), "{why}");
    Ok(())
}

/// Goal: a small sample does not become a long answer.
/// Method: more rows and more elements than an answer tells.
#[tokio::test]
async fn an_answer_is_bounded_and_says_so() -> Result<()> {
    let hub = TestHub::start().await?;
    let rows: String = (1..=25).map(|it| format!("{it},x,19800101\n")).collect();
    let request = json!({"map": ROWS_MAP, "sample": format!("id,name,born\n{rows}"), "files": {
        "source/members.layout.yaml": LAYOUT,
        "source/host.charset.yaml": "name: cp932\n"}});
    let answer = hub.client().post(PATH, &request).await?;
    assert_eq!(answer.body["records"].as_array().map(Vec::len), Some(20), "{}", answer.body);
    assert_eq!(answer.body["records_left_off"], json!(5));
    assert!(answer.body.get("fields_left_off").is_none(), "nobody asked");

    let map = format!(
        "{MAP}  identifiers:\n    each: all\n    fields: {{ scheme: {{ const: other }}, value: id }}\n"
    );
    let all: Vec<Value> = (0..2000).map(|it| json!({"id": it.to_string()})).collect();
    let sample = json!({"id": 7, "name": "a", "all": all}).to_string();
    let schema = json!({"type": "object", "required": ["id", "name"], "properties": {
        "id": {"type": "integer"}, "name": {"type": "string"},
        "all": {"type": "array", "items": {"type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}}}}}});
    let mut asked = json!({"map": map, "sample": sample,
        "files": {"source/order.schema.json": schema.to_string()}});
    let plain = hub.client().post(PATH, &asked).await?;
    let count = |it: &Value| it["records"][0]["data"]["identifiers"].as_array().map(Vec::len);
    assert_eq!(count(&plain.body), Some(2000), "{}", plain.body);
    asked["explain"] = json!(true);
    let told = hub.client().post(PATH, &asked).await?;
    assert_eq!(told.body["records"][0]["fields"].as_array().map(Vec::len), Some(1000));
    assert!(told.body["fields_left_off"].as_u64().is_some_and(|it| it > 3000), "left off");
    Ok(())
}
