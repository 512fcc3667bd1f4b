//! From samples: a schema or a layout of the source, and a draft of a map with the
//! decisions that only a person can make.

mod draft;
mod rows;
mod seen;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    library::Library,
    schema::{Kinds, read_json_schema},
};
use draft::{Draft, Facts};
use seen::Seen;

/// What samples suggest.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// File of the source's schema or layout, in the package: `source/order.schema.json`.
    pub source_file: String,
    /// A JSON Schema marked `x-inferred`, or a layout as YAML.
    pub source: String,
    /// File of the map, in the package: `maps/order.map.yaml`.
    pub map_file: String,
    /// A draft of the map, as YAML.
    pub map: String,
    /// What a person has to decide, one line each: `field: why`, or
    /// `source file: why` about the source file.
    pub decisions: Vec<String>,
}

/// What is known of the source.
struct Source {
    /// Ending of its file.
    ending: &'static str,
    text: String,
    paths: Vec<(String, Facts)>,
    decisions: Vec<String>,
}

/// Proposes a source schema or layout for `samples` and a map to the canonical
/// `entity`. Samples are JSON documents (one, a list of them, or one a line), or
/// one file of rows: CSV or fixed width, in any charset.
///
/// # Errors
/// In words: no samples, a sample that cannot be read, an unknown entity.
pub fn infer(
    samples: &[&[u8]],
    id: &str,
    entity: &str,
    library: &dyn Library,
) -> Result<Inferred, String> {
    let first = samples.first().ok_or("there are no samples")?;
    if canon::entity::Entity::from_name(entity).is_none() {
        let names = canon::entity::Entity::ALL.iter().map(|it| it.name());
        let near = codec::diagnostic::nearest(entity, names);
        let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        return Err(format!("there is no canonical entity `{entity}`{hint}"));
    }
    let target = read_json_schema(library, &format!("canon/v1/{entity}.schema.json"))?;
    let name = id.rsplit('/').next().unwrap_or(id);
    let begins = first.iter().find(|it| !it.is_ascii_whitespace());
    let source = match begins {
        None => return Err("the sample is empty".into()),
        Some(b'{' | b'[') => documents(samples)?,
        Some(b'<') => {
            let why = "the sample looks like XML, for which no layout is proposed: write one with `format: xml`, the path of its records and of each field";
            return Err(why.into());
        }
        _ => rows::source(samples, id)?,
    };
    let mut draft = Draft {
        paths: source.paths,
        target: &target,
        lines: String::new(),
        decisions: source.decisions,
    };
    draft.object(target.root(), "", true, 0);
    let known = |path: &str| matches!(path, "id" | "uuid" | "code" | "no");
    let source_id = draft.paths.iter().find(|(path, _)| known(path));
    let id_rule = source_id.map_or_else(String::new, |(path, facts)| {
        let text = if facts.kinds.only(Kinds::TEXT) { "" } else { " | text" };
        format!("source_id: {{ from: {path}{text}, missing: error, null: error }}\n")
    });
    if id_rule.is_empty() {
        draft.decisions.insert(0, "source_id: which field tells one record from another".into());
    }
    let decisions: String = draft.decisions.iter().fold(String::new(), |mut text, it| {
        let _infallible = writeln!(text, "# decide: {it}");
        text
    });
    let source_file = format!("source/{name}.{}", source.ending);
    let map = format!(
        "# Drafted from samples; what is to be decided:\n{decisions}map: {id}\nversion: 1\nsource: ../{source_file}\ntarget: {entity}@1\n{id_rule}policy: {{ missing: omit, null: omit }}\nfields:\n{}",
        draft.lines
    );
    Ok(Inferred {
        source_file,
        source: source.text,
        map_file: format!("maps/{name}.map.yaml"),
        map,
        decisions: draft.decisions,
    })
}

/// JSON: what the documents have in common.
fn documents(samples: &[&[u8]]) -> Result<Source, String> {
    let mut seen = Seen::default();
    let mut decisions = Vec::new();
    let mut count = 0;
    for (index, sample) in samples.iter().enumerate() {
        for document in serde_json::Deserializer::from_slice(sample).into_iter::<Value>() {
            let document =
                document.map_err(|fault| format!("sample {} is not JSON: {fault}", index + 1))?;
            let list = document.as_array();
            if list.is_some() && decisions.is_empty() {
                let why = "source file: the records stand in a list; the manifest says `records_at: \"\"`";
                decisions.push(why.to_owned());
            }
            for record in list.map_or(std::slice::from_ref(&document), Vec::as_slice) {
                count += 1;
                seen.add(record);
            }
        }
    }
    if count == 0 {
        return Err("the samples have no records".into());
    }
    let mut schema = seen.schema();
    if let Some(schema) = schema.as_object_mut() {
        let note =
            format!("Inferred from {count} sample(s); confirm it and take `x-inferred` out.");
        schema.insert("x-inferred".into(), Value::Bool(true));
        schema.insert("description".into(), json!(note));
    }
    let mut paths = Vec::new();
    seen.paths("", &mut paths);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    Ok(Source { ending: "schema.json", text, paths, decisions })
}
