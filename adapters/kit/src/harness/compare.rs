//! What differs between two JSON documents, place by place.

use serde_json::Value;

/// Differences told of one fixture; more say nothing more.
const DIFFERENCES_MAX: usize = 12;

/// What differs, in words; empty when nothing does.
pub(super) fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", expected, actual, &mut found);
    found.truncate(DIFFERENCES_MAX);
    found
}

fn walk(at: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(given)) => {
            for (key, value) in wanted {
                let at = format!("{at}/{key}");
                match given.get(key) {
                    Some(other) => walk(&at, value, other, found),
                    None => found.push(format!("{at}: expected {value}, found nothing")),
                }
            }
            let extra = given.iter().filter(|(key, _)| !wanted.contains_key(*key));
            found
                .extend(extra.map(|(key, it)| format!("{at}/{key}: expected nothing, found {it}")));
        }
        (Value::Array(wanted), Value::Array(given)) => {
            for (index, value) in wanted.iter().enumerate() {
                let at = format!("{at}/{index}");
                match given.get(index) {
                    Some(other) => walk(&at, value, other, found),
                    None => found.push(format!("{at}: expected {value}, found nothing")),
                }
            }
            let extra = given.iter().enumerate().skip(wanted.len());
            found.extend(
                extra.map(|(index, it)| format!("{at}/{index}: expected nothing, found {it}")),
            );
        }
        _ if expected == actual => {}
        _ => found.push(format!("{at}: expected {expected}, found {actual}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_difference_has_its_place() {
        let expected = json!({"a": [1, {"b": "x"}], "c": null, "d": 1});
        let actual = json!({"a": [1, {"b": "y"}, 3], "c": null, "e": 2});
        assert_eq!(
            differences(&expected, &actual),
            [
                "/a/1/b: expected \"x\", found \"y\"",
                "/a/2: expected nothing, found 3",
                "/d: expected 1, found nothing",
                "/e: expected nothing, found 2",
            ]
        );
        assert!(differences(&expected, &expected).is_empty());
    }
}
