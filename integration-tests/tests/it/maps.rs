//! Maps at the command line: what somebody sees who has a map, a schema and a
//! sample in an empty folder, and nothing else.

use std::path::Path;
use tempfile::TempDir;
use testkit::{
    Result,
    hub::{Output, find_binary, run},
};

const MAP: &str = "map: try/member
version: 1
source: member.schema.json
target: party@1
source_id: id | text
policy: { missing: omit, null: omit }
fields:
  kind: { const: person }
  roles: { const: [customer] }
  status: { const: active }
  name.family: name | trim
";

const SCHEMA: &str = r#"{"type": "object", "required": ["id", "name"], "properties": {
    "id": {"type": "integer"}, "name": {"type": "string"}}}"#;

const LAYOUT: &str = "layout: try/members
version: 1
format: csv
charset: cp932
line_end: lf
header: names
columns:
  - { name: id, required: true }
  - { name: name, required: true }
  - { name: e-mail }
";

fn folder(files: &[(&str, &[u8])]) -> Result<TempDir> {
    let temp = TempDir::with_prefix("channelhub-maps-")?;
    for (name, bytes) in files {
        std::fs::write(temp.path().join(name), bytes)?;
    }
    Ok(temp)
}

async fn map(folder: &Path, command: &str, files: &[&str]) -> Result<Output> {
    let mut arguments = vec!["map".to_owned(), command.to_owned()];
    for file in files {
        let path = folder.join(file);
        let known = path.exists() || file.ends_with(".yaml");
        arguments.push(if known { path.display().to_string() } else { (*file).to_owned() });
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    run(&find_binary()?, &arguments).await
}

/// Goal: a map needs no package to be tried, and a fault is found in the file.
/// Method: each command on a map alone; good and bad records.
#[tokio::test]
async fn a_map_is_tried_by_itself() -> Result<()> {
    let lines = "{\"id\": 1, \"name\": \"山田\"}\n{\"id\": 2,\n \"name\": 5}\n";
    let lines = lines.replace(",\n", ", ");
    let temp = folder(&[
        ("m.map.yaml", MAP.as_bytes()),
        ("n.map.yaml", MAP.replace("| trim", "| upper").as_bytes()),
        ("member.schema.json", SCHEMA.as_bytes()),
        ("good.json", "{\"id\": 7,\n \"name\": \"a\"}".as_bytes()),
        ("bad.json", "{\"id\": 7,\n \"名\": 1, \"name\": true}".as_bytes()),
        ("cut.json", b"{\"id\": 7"),
        ("two.ndjson", lines.as_bytes()),
    ])?;
    let at = temp.path();
    let checked = map(at, "check", &["m.map.yaml"]).await?;
    assert!(checked.stdout.contains("0 errors"), "{}{}", checked.stdout, checked.stderr);
    let made = map(at, "run", &["m.map.yaml", "--in", "good.json"]).await?;
    assert!(made.stdout.contains("\"family\":\"a\""), "{}", made.stderr);
    let bad = map(at, "run", &["m.map.yaml", "--in", "bad.json"]).await?;
    assert!(bad.stderr.contains("line 2, column 18"), "{}", bad.stderr);
    let cut = map(at, "run", &["m.map.yaml", "--in", "cut.json"]).await?;
    assert!(cut.stderr.contains("truncated at byte 8"), "{}", cut.stderr);
    let both = map(at, "run", &["m.map.yaml", "--in", "two.ndjson"]).await?;
    assert!(both.stderr.contains("2 records, 1 with faults"), "{}", both.stderr);
    let diff = map(at, "diff", &["m.map.yaml", "n.map.yaml", "--in", "good.json"]).await?;
    assert!(diff.stdout.contains("\"a\" -> \"A\"") && diff.code == Some(1), "{}", diff.stdout);
    let field = ["m.map.yaml", "--in", "good.json", "--field", "name.famly"];
    let near = map(at, "explain", &field).await?;
    assert!(near.stderr.contains("did you mean `name.family`?"), "{}", near.stderr);
    Ok(())
}

/// Goal: rows with a bad one between good ones, by a layout beside the map; a
/// column whose name is no plain word; two versions compared.
#[tokio::test]
async fn rows_are_tried_by_the_layout_beside_the_map() -> Result<()> {
    let rows = MAP
        .replace("member.schema.json", "member.layout.yaml")
        .replace("id | text", "id")
        .replace("name | trim", "'[\"e-mail\"] | default(name | width)'");
    let temp = folder(&[
        ("m.map.yaml", rows.as_bytes()),
        ("n.map.yaml", rows.replace("width", "trim").as_bytes()),
        ("member.layout.yaml", LAYOUT.as_bytes()),
        ("rows.csv", b"id,name,e-mail\n1,\xb1,\n2\n3,x,y\n"),
    ])?;
    let at = temp.path();
    let made = map(at, "run", &["m.map.yaml", "--in", "rows.csv"]).await?;
    assert!(made.stdout.contains("\"family\":\"ア\""), "{}{}", made.stdout, made.stderr);
    assert!(made.stdout.contains("\"family\":\"y\""), "{}", made.stdout);
    assert!(made.stderr.contains("record 2, line 3"), "{}", made.stderr);
    let diff = map(at, "diff", &["m.map.yaml", "n.map.yaml", "--in", "rows.csv"]).await?;
    assert!(diff.stdout.contains("\"ア\" -> \"ｱ\""), "{}{}", diff.stdout, diff.stderr);
    assert!(diff.stderr.contains("not compared"), "{}", diff.stderr);
    Ok(())
}

/// Goal: a wrong name is told as what it is.
#[tokio::test]
async fn what_is_not_there_is_told() -> Result<()> {
    let temp = folder(&[
        ("m.map.yaml", MAP.as_bytes()),
        ("sample.xml", b"<a><b>1</b></a>"),
        ("empty.csv", b""),
        ("s.json", b"{\"id\": 1}"),
    ])?;
    let at = temp.path();
    let no_schema = map(at, "check", &["m.map.yaml"]).await?;
    assert!(no_schema.stderr.contains("no file `member.schema.json`"), "{}", no_schema.stderr);
    assert!(no_schema.stderr.contains("m.map.yaml:3:9"), "{}", no_schema.stderr);
    assert!(no_schema.stdout.contains("1 error"), "{}", no_schema.stdout);
    let no_map = map(at, "check", &["other.map.yaml"]).await?;
    assert!(no_map.stderr.contains("there is no file"), "{}", no_map.stderr);
    assert_ne!(map(at, "fmt", &[]).await?.code, Some(0), "nothing to format");
    for (sample, entity, why) in [
        ("sample.xml", "order", "looks like XML"),
        ("empty.csv", "order", "the sample is empty"),
        ("s.json", "ordre", "did you mean `order`?"),
    ] {
        let asked = ["--in", sample, "--id", "a/b", "--entity", entity];
        let said = map(at, "infer", &asked).await?;
        assert!(said.stderr.contains(why) && said.code != Some(0), "{}", said.stderr);
    }
    Ok(())
}
