//! Durations (`5s`), sizes (`1MiB`) and secrets (`{file: …}`) in settings.

use super::fault_at;
use codec::yaml::{Node, Table};
use std::{path::Path, time::Duration};

/// Reads `250ms`, `5s`, `10m`, `2h`, `7d`.
#[must_use]
pub fn read_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let ms = match unit {
        "ms" => number,
        "s" => number.checked_mul(1000)?,
        "m" => number.checked_mul(60_000)?,
        "h" => number.checked_mul(3_600_000)?,
        "d" => number.checked_mul(86_400_000)?,
        _ => return None,
    };
    Some(Duration::from_millis(ms))
}

/// Reads `512B`, `64KiB`, `1MiB`, `2GiB`, in bytes.
#[must_use]
pub fn read_size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let shift = match unit {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|it: char| !it.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

/// The duration under `key`, if the key is there.
pub(super) fn duration(table: &Table<'_>, key: &'static str) -> Option<Duration> {
    let text = table.text(key)?;
    let read = read_duration(text);
    if read.is_none()
        && let Some(node) = table.node(key)
    {
        let expected = "a duration such as 250ms, 5s, 10m, 2h or 7d";
        fault_at(table, "C10", node, format!("`{key}` is `{text}`"), expected);
    }
    read
}

/// The size under `key`, if the key is there.
pub(super) fn size(table: &Table<'_>, key: &'static str) -> Option<u64> {
    let text = table.text(key)?;
    let read = read_size(text);
    if read.is_none()
        && let Some(node) = table.node(key)
    {
        fault_at(
            table,
            "C11",
            node,
            format!("`{key}` is `{text}`"),
            "a size such as 512B, 64KiB or 1MiB",
        );
    }
    read
}

/// The secret described by `node`: `{file: PATH}` (relative to the
/// configuration; one line end at its end is dropped) or `{env: NAME}`.
/// A secret never stands in the settings themselves.
pub(super) fn secret(table: &Table<'_>, node: &Node, dir: &Path) -> Option<String> {
    let expected = "{file: PATH} or {env: NAME}";
    if node.map().is_none() {
        let message = "a secret does not stand in the settings".to_owned();
        fault_at(table, "C12", node, message, expected);
        return None;
    }
    let inner = Table::open(table.faults(), node, "a secret")?;
    let (file, env) = (inner.text("file"), inner.text("env"));
    let read = match (file, env) {
        (Some(file), None) => std::fs::read_to_string(dir.join(file))
            .map_err(|cause| format!("secret file {file}: {cause}")),
        (None, Some(name)) => from_environment(name),
        _ => Err("a secret comes from one place".to_owned()),
    };
    inner.finish();
    match read {
        Ok(text) => {
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                fault_at(table, "C12", node, "the secret is empty".to_owned(), expected);
                return None;
            }
            Some(text.to_owned())
        }
        Err(message) => {
            fault_at(table, "C12", node, message, expected);
            None
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`settings` is what reads the environment")]
fn from_environment(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|cause| format!("environment variable {name}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_need_their_unit() {
        assert_eq!(read_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read_duration("2h"), Some(Duration::from_secs(7200)));
        assert_eq!(read_size("1MiB"), Some(1 << 20));
        assert_eq!(read_size("512B"), Some(512));
        for bad in ["", "5", "s", "5 s", "-1s", "1.5h", "99999999999999999999s", "1Mb"] {
            assert_eq!(read_duration(bad), None, "{bad}");
            assert_eq!(read_size(bad), None, "{bad}");
        }
    }
}
