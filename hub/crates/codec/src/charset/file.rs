//! Profiles as data: `charset:` in a layout, and the same keys in a file of
//! their own that layouts and people name.

use std::sync::Arc;

use super::{
    Bom, Charset, Duplicates, Family, Gaiji, HalfKana, Kana, Meaning, Overline, Policy, Profile,
    Symbol, Symbols, Yen,
};
use crate::{
    diagnostic::{Diagnostic, nearest},
    yaml::{self, Faults, Node, Table},
};

/// Reads another file of the same package by its path; `None` if there is none.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A profile and how it is written by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub profile: Profile,
    pub writing: Writing,
}

/// What becomes of a record with a character that the set does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    pub policy: Policy,
    /// What the policy cannot write is set aside, and the other records are
    /// written; else nothing is.
    pub quarantine: bool,
}

// === impl Writing ===

impl Default for Writing {
    fn default() -> Self {
        Self { policy: Policy::refuse(), quarantine: false }
    }
}

impl Writing {
    /// The same, but every character that the set does not have is replaced: what
    /// an operator lets go who has seen it.
    #[must_use]
    pub fn replacing(&self, profile: &Profile) -> Policy {
        let mut policy = self.policy.clone();
        let can = |it: &&str| profile.encode_exact(it).is_ok();
        let mark = ["〓", "?"].into_iter().find(can).map(str::to_owned);
        policy.substitute = policy.substitute.or(mark);
        policy
    }
}

// === impl Named ===

impl Named {
    /// Reads `charset`, if it is there; without files beside it.
    pub fn optional(table: &Table<'_>) -> Option<Self> {
        table.node("charset").map(|_| Self::read(table, &|_| None))
    }

    /// The usual choices of a character set.
    pub fn new(charset: Charset) -> Self {
        Self { profile: Profile::new(charset), writing: Writing::default() }
    }

    /// Reads a file with one profile. `file` is only for the faults.
    ///
    /// # Errors
    /// Every fault of the file, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(file, text)?;
        let faults = Faults::new(file);
        let table = Table::open(&faults, &node, "a character set");
        match table.and_then(choices) {
            Some(named) if faults.is_empty() => Ok(named),
            _ => Err(faults.into_vec()),
        }
    }

    /// `charset: cp932`, or a map of its name and choices, or of the `file` that
    /// has them. UTF-8 where it cannot be read; the faults say why.
    pub(crate) fn read(table: &Table<'_>, files: Files<'_>) -> Self {
        let fallback = Self::new(Charset::Utf8);
        let Some(node) = table.required("charset") else { return fallback };
        if node.map().is_none() {
            return charset(table, node).map_or(fallback, Self::new);
        }
        let Some(table) = Table::open(table.faults(), node, "a character set") else {
            return fallback;
        };
        let Some(file) = node.get("file") else { return choices(table).unwrap_or(fallback) };
        let _file = table.node("file");
        let faults = table.faults();
        table.finish();
        let name = file.text().unwrap_or_default();
        let Some(text) = files(name) else {
            faults.error("L30", file, format!("there is no file `{name}` beside this layout"));
            return fallback;
        };
        Self::parse(name, &text).unwrap_or_else(|list| {
            list.into_iter().for_each(|it| faults.push(it));
            fallback
        })
    }
}

fn charset(table: &Table<'_>, node: &Node) -> Option<Charset> {
    let name = node.text().unwrap_or_default();
    let charset = Charset::from_name(name);
    if charset.is_none() {
        let names = Charset::ALL.map(Charset::name);
        let mut fault = table.faults().new_error("L01", node, format!("no character set `{name}`"));
        fault.expected = Some(format!("one of {}", names.join(", ")));
        fault.help = nearest(name, names).map(|it| format!("did you mean `{it}`?"));
        table.faults().push(fault);
    }
    charset
}

const SYMBOLS: [(&str, bool); 2] = [("microsoft", false), ("jis", true)];

fn choices(table: Table<'_>) -> Option<Named> {
    let charset = table.required("name").and_then(|node| charset(&table, node));
    let mut named = Named::new(charset.unwrap_or(Charset::Utf8));
    let profile = &mut named.profile;
    let boms =
        [("optional", Bom::Optional), ("required", Bom::Required), ("refused", Bom::Refused)];
    profile.bom = table.one_of("bom", &boms).unwrap_or(profile.bom);
    let duplicates = [("ibm", Duplicates::Ibm), ("nec", Duplicates::Nec)];
    profile.duplicates = table.one_of("duplicates", &duplicates).unwrap_or(profile.duplicates);
    profile.symbols = symbols(&table);
    let yen = [("backslash", Yen::Backslash), ("yen", Yen::Yen)];
    profile.yen = table.one_of("yen", &yen).unwrap_or(profile.yen);
    let overline = [("tilde", Overline::Tilde), ("overline", Overline::Overline)];
    profile.overline = table.one_of("overline", &overline).unwrap_or(profile.overline);
    let kana = [("allowed", HalfKana::Allowed), ("refused", HalfKana::Refused)];
    profile.half_kana = table.one_of("half_width_kana", &kana).unwrap_or(profile.half_kana);
    check(&table, profile);
    profile.gaiji = gaiji(&table, profile);
    if let Some(table) = table.table("write", "how it is written") {
        named.writing = writing(table, &named.profile);
    }
    table.finish();
    charset.map(|_| named)
}

/// One word for all seven, or a word for some of them.
fn symbols(table: &Table<'_>) -> Symbols {
    let Some(node) = table.node("symbols") else { return Symbols::MICROSOFT };
    if node.map().is_none() {
        let jis = table.one_of("symbols", &SYMBOLS).unwrap_or(false);
        return if jis { Symbols::JIS } else { Symbols::MICROSOFT };
    }
    let Some(table) = Table::open(table.faults(), node, "the symbols") else {
        return Symbols::MICROSOFT;
    };
    let symbols = Symbol::ALL.into_iter().fold(Symbols::MICROSOFT, |symbols, it| {
        symbols.with(it, table.one_of(it.name(), &SYMBOLS).unwrap_or(false))
    });
    table.finish();
    symbols
}

/// A choice that the character set does not have would be without effect.
fn check(table: &Table<'_>, profile: &Profile) {
    let usual = Profile::new(profile.charset);
    let family = profile.charset.family();
    let japanese = !matches!(family, Family::Utf8 | Family::Utf16 | Family::Single);
    let can_lack_kana = matches!(family, Family::ShiftJis | Family::Euc | Family::Iso2022);
    let wrong = [
        ("bom", profile.bom != usual.bom && profile.bom_bytes().is_empty()),
        ("duplicates", profile.duplicates != usual.duplicates && profile.charset != Charset::Cp932),
        ("symbols", profile.symbols != usual.symbols && !japanese),
        ("yen", profile.yen != usual.yen && !profile.charset.has_roman()),
        ("overline", profile.overline != usual.overline && !profile.charset.has_roman()),
        ("half_width_kana", profile.half_kana != usual.half_kana && !can_lack_kana),
    ];
    for (key, _) in wrong.into_iter().filter(|(_, is)| *is) {
        table.error("L31", format!("{} has no choice of `{key}`", profile.charset));
    }
}

/// Codes to what they mean: a character, or `{ image: … }`.
fn gaiji(table: &Table<'_>, profile: &Profile) -> Option<Arc<Gaiji>> {
    let nodes = table.entries("gaiji");
    let faults = table.faults();
    let mut entries = Vec::with_capacity(nodes.len());
    for (key, value) in nodes {
        let name = key.text().unwrap_or_default();
        let Some(code) = bytes(name) else {
            faults.error("L32", key, format!("`{name}` is no code such as F040"));
            continue;
        };
        let meaning = match value.map() {
            None => value.text().map(|it| Meaning::Text(it.to_owned())),
            Some(_) => Table::open(faults, value, "a gaiji").and_then(|it| {
                let image = it.required_text("image").map(|it| Meaning::Image(it.to_owned()));
                it.finish();
                image
            }),
        };
        entries.extend(meaning.map(|it| (code, it)));
    }
    if nodes.is_empty() {
        return None;
    }
    match Gaiji::new(profile, entries) {
        Ok(gaiji) => Some(Arc::new(gaiji)),
        Err(list) => {
            for it in list {
                let same = |key: &Node| key.text().and_then(bytes).as_ref() == Some(&it.code);
                let at = nodes.iter().rev().find(|(key, _)| same(key));
                match at {
                    Some((key, _)) => faults.error("L32", key, it.to_string()),
                    None => table.error("L32", it.to_string()),
                }
            }
            None
        }
    }
}

/// The bytes of a code in hexadecimal, two or three.
fn bytes(code: &str) -> Option<Vec<u8>> {
    let number = u32::from_str_radix(code, 16).ok()?;
    let [_, bytes @ ..] = number.to_be_bytes();
    match code.len() {
        4 => bytes.get(1..).map(<[u8]>::to_vec),
        6 => Some(bytes.to_vec()),
        _ => None,
    }
}

fn writing(table: Table<'_>, profile: &Profile) -> Writing {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Word {
        Refuse,
        Substitute,
        Quarantine,
    }
    let words = [
        ("refuse", Word::Refuse),
        ("substitute", Word::Substitute),
        ("quarantine", Word::Quarantine),
    ];
    let word = table.one_of("unwritable", &words).unwrap_or(Word::Refuse);
    let mut policy = Policy::refuse();
    policy.fold = table.bool("near_equals").unwrap_or(true);
    let widths = [("as_is", Kana::AsIs), ("full", Kana::Full), ("half", Kana::Half)];
    policy.kana = table.one_of("katakana", &widths).unwrap_or(Kana::AsIs);
    for (from, to) in table.entries("table") {
        let mut chars = from.text().unwrap_or_default().chars();
        let (Some(c), None, Some(to)) = (chars.next(), chars.next(), to.text()) else {
            table.faults().error("L32", from, "a character and the text to write for it");
            continue;
        };
        policy.table.push((c, to.to_owned()));
    }
    policy.substitute = table.text("substitute").map(str::to_owned);
    if word == Word::Substitute && policy.substitute.is_none() {
        policy.substitute = Some("〓".to_owned());
    }
    if word != Word::Substitute && policy.substitute.is_some() {
        table.error("L31", "`substitute` goes with `unwritable: substitute`");
    }
    let texts = policy.table.iter().map(|(_, to)| to).chain(&policy.substitute);
    for text in texts {
        if let Err(fault) = profile.encode_exact(text) {
            table.error("L31", format!("what is written instead cannot be written: {fault}"));
        }
    }
    table.finish();
    Writing { policy, quarantine: word == Word::Quarantine }
}
