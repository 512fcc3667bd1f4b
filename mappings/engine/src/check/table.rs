//! Tables: found by name, proved to cover what the source can say.

use std::sync::Arc;

use codec::yaml::{self, Faults};

use super::lower::{Lower, Lowered};
use crate::{
    functions::CallSite,
    language::table::{
        Becomes, Edition as EditionFile, Entry, Other, Table as TableFile, read_shared,
    },
    plan::{Edition, Looked, Table, op::Op},
    types::{Kind, Type},
};

impl Lower<'_> {
    /// Lowers `table(name, at)`.
    pub(crate) fn table(
        &mut self,
        site: &CallSite<'_>,
        name: &str,
        at: Option<Lowered>,
    ) -> Option<(Op, Type)> {
        let file = self.find_table(site, name)?;
        self.tables_used.push(name.to_owned());
        let dated = file.editions.iter().any(|it| !it.from.is_empty());
        if dated && at.is_none() {
            self.error("M09", site.span, format!("table `{name}` differs by date"))
                .help(format!("say on which day: `table({name}, placed_at | timestamp)`"));
            return None;
        }
        self.covers(site, &file);
        let id = self.table_id(&file);
        let mut values: Vec<String> = Vec::new();
        let mut omits = false;
        for edition in &file.editions {
            for entry in &edition.entries {
                match &entry.value {
                    Becomes::Text(value) if !values.contains(value) => values.push(value.clone()),
                    Becomes::Omit => omits = true,
                    Becomes::Text(_) => {}
                }
            }
            match &edition.other {
                Other::Text(text) if !values.contains(text) => values.push(text.clone()),
                Other::Omit => omits = true,
                Other::Text(_) | Other::Fault => {}
            }
        }
        let chars = |it: &String| u64::try_from(it.chars().count()).unwrap_or(u64::MAX);
        let ty = Type {
            missing: site.input.missing || omits || at.as_ref().is_some_and(|it| it.ty.missing),
            chars_min: values.iter().map(chars).min().unwrap_or(0),
            chars_max: values.iter().map(chars).max(),
            one_of: Some(values),
            ..site.input.turned(Kind::Text)
        };
        Some((Op::Table { table: id, at: at.map(|it| it.expr) }, ty))
    }

    fn find_table(&mut self, site: &CallSite<'_>, name: &str) -> Option<TableFile> {
        if let Some(given) = self.tables_given.get(name) {
            return Some(TableFile::given(name, given));
        }
        if let Some(known) = self.tables.iter().find(|it| it.name == name) {
            return Some(known.clone());
        }
        let path = format!("tables/{name}.yaml");
        let Some(text) = self.library.read(&path) else {
            let names: Vec<String> = self.tables.iter().map(|it| it.name.clone()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            self.error("M09", site.span, format!("there is no table `{name}`"))
                .expected("a table under `tables:` of this map, or mappings/tables/NAME.yaml")
                .nearest(name, &names);
            return None;
        };
        match yaml::parse(&path, &text) {
            Ok(node) => {
                // Its faults stand in its file, not in the map's.
                let faults = Faults::new(&path);
                let shared = read_shared(&faults, name, &node);
                faults.into_vec().into_iter().for_each(|fault| self.faults.push(fault));
                self.tables.extend(shared.clone());
                shared
            }
            Err(faults) => {
                faults.into_iter().for_each(|fault| self.faults.push(fault));
                None
            }
        }
    }

    /// Every text that the source can say has an entry; every entry can be asked.
    fn covers(&self, site: &CallSite<'_>, file: &TableFile) {
        let Some(known) = &site.input.one_of else { return };
        for edition in &file.editions {
            let has = |member: &String| edition.entries.iter().any(|it| it.key == *member);
            let missing: Vec<&str> =
                known.iter().filter(|it| !has(it)).map(String::as_str).collect();
            if edition.other == Other::Fault && !missing.is_empty() && !edition.explicit {
                self.error("M09", site.span, format!("table `{}` has no entry for {}", file.name, quoted(&missing)))
                    .expected("an entry for everything the source can say")
                    .help("add entries, or `\"*\"` with what all others become (`fault` to set them aside)");
            }
            let strange = |it: &&Entry| file.own && !site.input.made && !known.contains(&it.key);
            for entry in edition.entries.iter().filter(strange) {
                let names: Vec<&str> = known.iter().map(String::as_str).collect();
                self.warning_at("M11", entry.at, format!("the source never says {:?}", entry.key))
                    .nearest(&entry.key, &names);
            }
        }
    }

    fn table_id(&mut self, file: &TableFile) -> u32 {
        if let Some(known) = self.table_ids.get(&file.name) {
            return *known;
        }
        let editions = file.editions.iter().map(|it| self.edition(it)).collect();
        self.plan.tables.push(Arc::new(Table { name: file.name.clone(), editions }));
        let id = u32::try_from(self.plan.tables.len() - 1).unwrap_or(u32::MAX);
        self.table_ids.insert(file.name.clone(), id);
        id
    }

    fn edition(&mut self, file: &EditionFile) -> Edition {
        let mut entries: Vec<(Box<str>, Looked)> = file
            .entries
            .iter()
            .map(|it| {
                let looked = match &it.value {
                    Becomes::Text(value) => Looked::Text(self.intern(value)),
                    Becomes::Omit => Looked::Omit,
                };
                (it.key.clone().into_boxed_str(), looked)
            })
            .collect();
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let other = match &file.other {
            Other::Fault => Looked::Fault,
            Other::Omit => Looked::Omit,
            Other::Text(text) => Looked::Text(self.intern(text)),
        };
        Edition { from: file.from.clone(), entries, other }
    }
}

impl TableFile {
    /// A table that the installation gives.
    fn given(name: &str, entries: &[(String, String)]) -> Self {
        let at = (codec::diagnostic::Place::START, 1);
        let mut edition = EditionFile {
            from: String::new(),
            entries: Vec::new(),
            other: Other::Fault,
            explicit: true,
        };
        for (key, value) in entries {
            match (key.as_str(), value.as_str()) {
                ("*", "fault") => {}
                ("*", value) => edition.other = Other::Text(value.to_owned()),
                _ => edition.entries.push(Entry {
                    at,
                    key: key.clone(),
                    value: Becomes::Text(value.clone()),
                }),
            }
        }
        Self { name: name.to_owned(), at, editions: vec![edition], own: false }
    }
}

fn quoted(names: &[&str]) -> String {
    let mut shown: Vec<String> = names.iter().take(6).map(|it| format!("{it:?}")).collect();
    if names.len() > shown.len() {
        shown.push("…".into());
    }
    shown.join(", ")
}
