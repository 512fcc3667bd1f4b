//! Reads the part of JSON Schema 2020-12 that data of other systems is
//! described with. `$ref` is followed inside the file and to files beside it;
//! nothing is ever fetched.

use std::{collections::HashMap, sync::Arc};

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Kinds, Schema, SchemaId, Schemas};
use crate::library::{Library, beside};

/// Nodes of one schema. Large platforms have a few thousand.
const NODES_MAX: usize = 50_000;

/// Reads the schema at `path` and everything it refers to.
///
/// # Errors
/// In words: the file that is missing, or what is not a schema.
pub(crate) fn read_json_schema(library: &dyn Library, path: &str) -> Result<Schemas, String> {
    let mut reader =
        Reader { library, files: HashMap::new(), done: HashMap::new(), out: Schemas::default() };
    reader.out.file = path.to_owned();
    let document = reader.file(path)?;
    reader.out.inferred = document.get("x-inferred").and_then(Value::as_bool).unwrap_or(false);
    reader.node(path, "", &document)?;
    Ok(reader.out)
}

struct Reader<'a> {
    library: &'a dyn Library,
    files: HashMap<String, Arc<Value>>,
    /// `file#pointer` to node, so that a schema may refer to itself.
    done: HashMap<String, SchemaId>,
    out: Schemas,
}

impl Reader<'_> {
    fn file(&mut self, path: &str) -> Result<Arc<Value>, String> {
        if let Some(known) = self.files.get(path) {
            return Ok(Arc::clone(known));
        }
        let text = self.library.read(path).ok_or_else(|| format!("there is no file `{path}`"))?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|fault| format!("`{path}` is not JSON: {fault}"))?;
        let value = Arc::new(value);
        self.files.insert(path.to_owned(), Arc::clone(&value));
        Ok(value)
    }

    /// Reads one node; `pointer` is where it stands in its file.
    fn node(&mut self, file: &str, pointer: &str, value: &Value) -> Result<SchemaId, String> {
        let key = format!("{file}#{pointer}");
        if let Some(known) = self.done.get(&key) {
            return Ok(*known);
        }
        if self.out.nodes.len() >= NODES_MAX {
            return Err(format!("`{file}` has more than {NODES_MAX} parts"));
        }
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            return self.reference(file, pointer, target, value);
        }
        let id = self.out.push(Schema::default());
        self.done.insert(key, id);
        let node = self.build(file, pointer, value)?;
        if let Some(slot) = self.out.nodes.get_mut(id as usize) {
            *slot = node;
        }
        Ok(id)
    }

    /// Follows a `$ref`. What stands beside it (a note, `x-personal`) is laid
    /// over a copy of what it refers to.
    fn reference(
        &mut self,
        file: &str,
        pointer: &str,
        target: &str,
        beside_it: &Value,
    ) -> Result<SchemaId, String> {
        let (name, fragment) = target.split_once('#').unwrap_or((target, ""));
        let path = if name.is_empty() { file.to_owned() } else { beside(file, name) };
        let document = self.file(&path)?;
        let found = document
            .pointer(fragment)
            .ok_or_else(|| format!("`{file}` refers to `{target}`, which does not exist"))?;
        let pointer_itself =
            found.get("$ref").and_then(Value::as_str) == Some(target) && path == file;
        if pointer_itself {
            return Err(format!("`{target}` in `{file}` refers to itself"));
        }
        // The root is always node 0, also when it is nothing but a reference.
        let id = self.node(&path, fragment, found)?;
        let overlay = beside_it.get("x-personal").map(truthy);
        let Some(personal) = overlay else {
            self.done.insert(format!("{file}#{pointer}"), id);
            return Ok(id);
        };
        let mut copy = self.out.get(id).cloned().unwrap_or_default();
        copy.personal = copy.personal || personal;
        Ok(self.out.push(copy))
    }

    fn build(&mut self, file: &str, pointer: &str, value: &Value) -> Result<Schema, String> {
        if let Value::Bool(any) = value {
            return Ok(Schema {
                open: *any,
                ..Schema::of(if *any { Kinds::ANY } else { Kinds::default() })
            });
        }
        let Some(object) = value.as_object() else {
            return Err(format!("`{file}#{pointer}` is not a schema"));
        };
        let mut node = Schema { kinds: kinds_of(value), ..limits(value) };
        node.open = object.get("additionalProperties").is_none_or(|it| *it != Value::Bool(false));
        if let Some(additional @ Value::Object(_)) = object.get("additionalProperties") {
            let at = format!("{pointer}/additionalProperties");
            node.additional = Some(self.node(file, &at, additional)?);
        }
        for (name, child) in
            object.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            let id = self.node(file, &format!("{pointer}/properties/{escaped}"), child)?;
            node.properties.push((name.clone(), id));
        }
        if let Some(items) = object.get("items") {
            node.items = Some(self.node(file, &format!("{pointer}/items"), items)?);
        }
        let required = object.get("required").and_then(Value::as_array).into_iter().flatten();
        node.required = required.filter_map(Value::as_str).map(str::to_owned).collect();
        for word in ["anyOf", "oneOf", "allOf"] {
            let parts = object.get(word).and_then(Value::as_array).into_iter().flatten();
            for (index, part) in parts.enumerate() {
                let id = self.node(file, &format!("{pointer}/{word}/{index}"), part)?;
                let part = self.out.get(id).cloned().unwrap_or_default();
                let first = index == 0 && !object.contains_key("type");
                merge(&mut node, part, word == "allOf", first);
            }
        }
        Ok(node)
    }
}

/// Lays one alternative (or one more condition) over a node.
fn merge(node: &mut Schema, part: Schema, all: bool, first: bool) {
    node.kinds = match (first, all) {
        (true, _) => part.kinds,
        (false, true) => node.kinds,
        (false, false) => node.kinds.with(part.kinds),
    };
    for (name, id) in part.properties {
        if node.property(&name).is_none() {
            node.properties.push((name, id));
        }
    }
    if all {
        node.required.extend(part.required);
    }
    node.items = node.items.or(part.items);
    node.format = node.format.take().or(part.format);
    node.chars_max = node.chars_max.or(part.chars_max);
    node.one_of = node.one_of.take().or(part.one_of);
    node.personal = node.personal || part.personal;
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Bool(false) | Value::Null)
}

fn kinds_of(value: &Value) -> Kinds {
    let named = |it: &Value| it.as_str().and_then(Kinds::from_name);
    match value.get("type") {
        Some(Value::Array(names)) => {
            names.iter().filter_map(named).fold(Kinds::default(), Kinds::with)
        }
        Some(name) => named(name).unwrap_or(Kinds::ANY),
        None if value.get("properties").is_some() => Kinds::OBJECT,
        None if value.get("items").is_some() => Kinds::ARRAY,
        None => match value.get("const").or_else(|| value.get("enum").and_then(|it| it.get(0))) {
            Some(Value::String(_)) => Kinds::TEXT,
            Some(Value::Number(_)) => Kinds::NUMBER.with(Kinds::INTEGER),
            Some(Value::Bool(_)) => Kinds::BOOL,
            _ => Kinds::ANY,
        },
    }
}

/// Limits of texts, numbers and lists.
fn limits(value: &Value) -> Schema {
    let count = |key: &str| value.get(key).and_then(Value::as_u64);
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| match value.get(key) {
        Some(Value::Number(number)) => Decimal::from_str_exact(&number.to_string()).ok(),
        _ => None,
    };
    let plain = |it: &Value| match it {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    // An open vocabulary names its usual members and takes others too.
    let open = value.get("x-open").is_some_and(truthy);
    let listed = value.get("enum").and_then(Value::as_array).filter(|_| !open);
    let one_of = match (listed, value.get("const")) {
        (Some(list), _) => Some(list.iter().filter_map(plain).collect()),
        (None, Some(constant)) => plain(constant).map(|it| vec![it]),
        (None, None) => None,
    };
    Schema {
        items_min: count("minItems"),
        items_max: count("maxItems"),
        chars_min: count("minLength"),
        chars_max: count("maxLength"),
        pattern: text("pattern"),
        format: text("format"),
        minimum: number("minimum"),
        maximum: number("maximum"),
        above: number("exclusiveMinimum"),
        below: number("exclusiveMaximum"),
        bytes_max: count("x-max-bytes")
            .map(|bytes| (bytes, text("x-charset").unwrap_or_else(|| "utf-8".into()))),
        scale_max: count("x-scale").and_then(|it| u32::try_from(it).ok()),
        personal: value.get("x-personal").is_some_and(truthy),
        one_of,
        ..Schema::default()
    }
}
