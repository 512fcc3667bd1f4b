//! One fixture as it lies in its folder.

use codec::yaml::{self, Faults, Table};
use serde_json::Value;

use crate::load::Loader;
use canon::entity::Action;

/// One fixture.
#[derive(Debug)]
pub(super) struct Case {
    /// What it shows: the comment at the head of `case.yaml`.
    pub(super) about: String,
    /// What the topic's header or the feed says.
    pub(super) topic: Option<String>,
    /// For what goes out: what happened to the thing. Without it, it comes in.
    pub(super) action: Option<Action>,
    /// For what goes out: the far side has the thing already.
    pub(super) known: bool,
    /// What the far side and the channel supply, by name.
    pub(super) needs: Vec<(String, String)>,
    /// The bytes as they come.
    pub(super) bytes: Vec<u8>,
    /// What must come out.
    pub(super) expected: Option<Value>,
}

// === impl Case ===

impl Case {
    /// Reads `fixtures/{name}/`.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub(super) fn read(loader: &Loader<'_>, name: &str) -> Result<Self, Vec<String>> {
        let file = format!("fixtures/{name}/case.yaml");
        let text = loader.read(&file).ok_or_else(|| vec![format!("there is no {file}")])?;
        let render = |faults: Vec<codec::diagnostic::Diagnostic>| {
            faults.iter().map(|it| it.render(&text)).collect::<Vec<_>>()
        };
        let node = yaml::parse(&loader.path(&file), &text).map_err(render)?;
        let faults = Faults::new(&loader.path(&file));
        let case = Table::open(&faults, &node, "a case").and_then(|it| Self::of(it, loader, name));
        match case {
            Some(mut case) if faults.is_empty() => {
                case.about = about(&text);
                if case.about.is_empty() {
                    return Err(vec![format!("{file} does not say in a comment what it shows")]);
                }
                Ok(case)
            }
            _ => Err(render(faults.into_vec())),
        }
    }

    fn of(table: Table<'_>, loader: &Loader<'_>, name: &str) -> Option<Self> {
        let file = table.required_text("file").unwrap_or_default();
        let path = loader.path(&format!("fixtures/{name}/{file}"));
        let bytes = loader.files.read(&path);
        if bytes.is_none() {
            table.error("K30", format!("there is no file `{file}` beside it"));
        }
        let ways = [("in", false), ("out", true)];
        let out = table.one_of("direction", &ways).unwrap_or(false);
        let topic = table.text("topic").map(str::to_owned);
        let words: Vec<(&str, Action)> = Action::ALL.iter().map(|it| (it.name(), *it)).collect();
        let action = table.one_of("action", &words);
        if out != action.is_some() {
            table.error("K30", "`action` is said for `direction: out`, and only then");
        }
        let known = table.bool("known").unwrap_or(false);
        let needs = table.entries("needs").iter();
        let needs = needs
            .filter_map(|(name, value)| Some((name.text()?.to_owned(), value.text()?.to_owned())));
        let needs = needs.collect();
        table.finish();
        let expected = loader.read(&format!("fixtures/{name}/expect.json"));
        let expected = expected.and_then(|it| serde_json::from_str(&it).ok());
        let bytes = bytes?.to_vec();
        Some(Self { about: String::new(), topic, action, known, needs, bytes, expected })
    }
}

/// The comment lines at the head, as one text.
fn about(text: &str) -> String {
    let lines = text.lines().map_while(|it| it.strip_prefix('#')).map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}
