//! `channelhub keys`: what each key of a configuration says, for those who have
//! nothing but the program.

use super::Failure;
use std::process::ExitCode;

const ENGLISH: &str = include_str!("../../../config/README.md");
const JAPANESE: &str = include_str!("../../../config/README.ja.md");

/// Explain every key of hub.yaml, channels/NAME.yaml and routes.yaml, or one.
#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    /// A key, like `quota` or `api.tokens`; none: the whole page.
    key: Option<String>,
    /// In English or Japanese.
    #[arg(long, default_value = "en", value_parser = ["en", "ja"])]
    language: String,
}

impl Keys {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let page = if self.language == "ja" { JAPANESE } else { ENGLISH };
        let Some(key) = self.key else {
            say!("{}", page.trim_end());
            return Ok(ExitCode::SUCCESS);
        };
        let found = about(page, key.trim_end_matches(':'));
        if found.is_empty() {
            let known = page.lines().flat_map(names);
            let near = codec::diagnostic::nearest(&key, known);
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`channelhub keys` shows all".to_owned(),
            };
            return Err(format!("there is no key `{key}`; {hint}"));
        }
        say!("{}", found.join("\n\n"));
        Ok(ExitCode::SUCCESS)
    }
}

/// The keys that a line is about: those in the first cell of a row, or the one with
/// which the line begins.
fn names(line: &str) -> Vec<&str> {
    let first = match line.strip_prefix('|') {
        Some(row) => row.split('|').next().unwrap_or_default(),
        None => match line.trim_start_matches("- ").strip_prefix('`') {
            Some(rest) => {
                return rest.split('`').take(1).map(|it| it.trim_end_matches(':')).collect();
            }
            None => return Vec::new(),
        },
    };
    first.split('`').skip(1).step_by(2).collect()
}

/// What the page says about a key: the rows and lines about it, each behind the
/// heading it stands under; a table that the key opens is shown whole.
fn about(page: &str, key: &str) -> Vec<String> {
    let is_it =
        |line: &str| names(line).iter().any(|it| *it == key || it.rsplit('.').next() == Some(key));
    let (mut heading, mut intro, mut opened) = ("", "", false);
    let mut found = Vec::new();
    for block in page.split("\n\n").map(str::trim) {
        if block.starts_with('#') {
            (heading, intro, opened) = (block, "", false);
        } else if block.starts_with('|') {
            let rows: Vec<&str> = block.lines().filter(|it| opened || is_it(it)).collect();
            if !rows.is_empty() {
                let above = if opened { "" } else { intro };
                let rows = rows.join("\n");
                let parts = [heading, above, &rows].into_iter().filter(|it| !it.is_empty());
                found.push(parts.collect::<Vec<_>>().join("\n\n"));
            }
            opened = false;
        } else {
            opened = block.lines().any(is_it);
            if opened {
                found.push(format!("{heading}\n\n{block}"));
            }
            intro = block;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: every key that the page has can be asked for, in both languages.
    #[test]
    fn each_key_is_found_by_its_name() {
        for page in [ENGLISH, JAPANESE] {
            let keys: Vec<&str> = page.lines().flat_map(names).collect();
            assert!(keys.len() > 60, "{keys:?}");
            for key in keys {
                assert!(!about(page, key).is_empty(), "{key}");
            }
        }
        let found = about(ENGLISH, "tokens").join("\n");
        assert!(found.contains("## hub.yaml") && found.contains("`api.tokens`"), "{found}");
        let found = about(ENGLISH, "limits").join("\n");
        assert!(found.contains("`drain_wait_max`") && !found.contains("`listen`"), "{found}");
        assert!(about(ENGLISH, "qouta").is_empty());
    }
}
