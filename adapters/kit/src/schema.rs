//! Records against the JSON Schema of their source.

use canon::entry::RecordFault;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// Faults kept of one record; a record of another kind altogether has many. Of the
/// others, how many there are.
const FAULTS_MAX: usize = 20;
/// Characters shown of what was found.
const FOUND_CHARS_MAX: usize = 60;
/// Shown in place of personal data.
const MASKED: &str = "(personal)";

/// A source schema, compiled.
#[derive(Debug)]
pub(crate) struct Schema {
    validator: Validator,
    document: Value,
}

// === impl Schema ===

impl Schema {
    /// Compiles a schema. Nothing is ever fetched: a reference to another file
    /// is an error. Patterns run in linear time.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .build(&document)
            .map_err(|it| it.to_string())?;
        Ok(Self { validator, document })
    }

    /// All that is wrong with a record; empty when it fits.
    pub(crate) fn check(&self, record: &Value) -> Vec<RecordFault> {
        // Most records fit, and that is told without noting where in them one is.
        if self.validator.is_valid(record) {
            return Vec::new();
        }
        let mut errors = self.validator.iter_errors(record);
        let mut faults: Vec<RecordFault> =
            errors.by_ref().take(FAULTS_MAX).map(|it| self.fault(&it)).collect();
        let more = errors.count();
        if more > 0
            && let Some(mut last) = faults.last().cloned()
        {
            last.field.clear();
            last.found = format!("{more} more {}", if more == 1 { "fault" } else { "faults" });
            last.expected = format!("at most {FAULTS_MAX} are listed: mend these first");
            faults.push(last);
        }
        faults
    }

    fn fault(&self, error: &ValidationError<'_>) -> RecordFault {
        let field = error.instance_path().as_str().to_owned();
        let found = match error.instance().as_ref() {
            Value::Object(_) => "an object".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            _ if self.is_personal(&field) => MASKED.to_owned(),
            scalar => shorten(&scalar.to_string()),
        };
        let expected = error.masked().to_string();
        RecordFault { field, offset: None, found, expected, needed_by: None, shows: None }
    }

    /// Whether the schema marks what stands at that pointer as personal data.
    fn is_personal(&self, pointer: &str) -> bool {
        let mut node = &self.document;
        let marked = |it: &Value| it.get("x-personal").is_some_and(|it| *it == Value::Bool(true));
        for part in pointer.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            let child = node.get("properties").and_then(|it| it.get(&name));
            match child.or_else(|| node.get("items")) {
                Some(child) => node = child,
                // What the schema does not describe may be anything.
                None => return true,
            }
            if marked(node) {
                return true;
            }
        }
        false
    }
}

/// The first characters, with `…` when there are more.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(FOUND_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_name_the_place_and_hide_what_is_personal() {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer"},
                "lines": {"items": {"properties": {"price": {"type": "string"}}}},
                "email": {"type": "string", "maxLength": 5, "x-personal": true},
            },
        });
        let schema = Schema::compile(&schema.to_string()).unwrap();
        assert!(schema.check(&json!({"id": 1})).is_empty());
        let bad = json!({"id": "x", "lines": [{"price": 3}], "email": "hanako@example.com"});
        let mut faults = schema.check(&bad);
        faults.sort_by(|left, right| left.field.cmp(&right.field));
        let seen: Vec<_> = faults.iter().map(|it| (it.field.as_str(), it.found.as_str())).collect();
        assert_eq!(seen, [("/email", MASKED), ("/id", "\"x\""), ("/lines/0/price", "3")]);
        assert!(!format!("{faults:?}").contains("hanako"), "{faults:?}");
    }

    #[test]
    fn faults_that_are_not_listed_are_counted() {
        let schema = json!({"items": {"type": "string"}});
        let schema = Schema::compile(&schema.to_string()).unwrap();
        let faults = schema.check(&Value::from(vec![0; FAULTS_MAX + 1]));
        assert_eq!(faults.len(), FAULTS_MAX + 1);
        let last = faults.last().unwrap();
        assert_eq!((last.field.as_str(), last.found.as_str()), ("", "1 more fault"));
        assert_eq!(schema.check(&Value::from(vec![0; FAULTS_MAX])).len(), FAULTS_MAX);
    }

    #[test]
    fn a_schema_that_points_elsewhere_is_refused() {
        let remote = r#"{"$ref": "https://example.com/other.json"}"#;
        assert!(Schema::compile(remote).is_err());
        assert!(Schema::compile("{").is_err());
    }
}
