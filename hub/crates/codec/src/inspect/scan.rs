//! A whole file, read part by part in a known character set: bytes that are no
//! characters, characters that are rarely meant, and what would not survive.

use std::collections::{BTreeMap, HashMap};

use super::shape::Ends;
use crate::charset::{Charset, Cursor, Fault, Named, Part, Parts, Policy, Profile, Skip, SkipKind};

/// Bytes and characters shown on either side of a finding.
const CONTEXT_BYTES: usize = 8;
const CONTEXT_CHARS: usize = 10;
/// Different characters that are counted for one target.
const LOST_MAX: usize = 10_000;
/// Longest `&#…;` that is looked for.
const REFERENCE_MAX: usize = 10;

/// What is suspicious though it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// U+FFFD: somebody before lost a character here.
    Replaced,
    /// `&#12345;`: somebody before could not write a character here.
    HtmlReference,
    /// A user-defined character: only a gaiji table says what it is.
    UserDefined,
    /// A control character that is no tab, line end or last end mark.
    Control,
    /// A byte order mark within the text.
    InnerByteOrderMark,
    /// A code that the same set writes as another code: 髙 as EEE0 and FBFC.
    OtherCode,
}

/// One place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub offset: u64,
    /// From 1.
    pub line: u64,
    pub before: Vec<u8>,
    pub found: Vec<u8>,
    pub after: Vec<u8>,
    /// The text around it; bytes that are no characters as `\xNN`.
    pub text: String,
}

/// How often something stands in the file, and where it stands first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    pub count: u64,
    pub examples: Vec<Example>,
}

/// A set that the text shall be written in.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: String,
    pub named: Named,
}

/// A character that a target does not write as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// One character, or one with its mark.
    pub text: String,
    pub count: u64,
    pub offset: u64,
    pub line: u64,
    /// What would be written; `None`: it would be refused.
    pub instead: Option<String>,
}

/// What stands in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub bytes: u64,
    pub characters: u64,
    pub ends: Ends,
    /// Bytes that are no characters.
    pub bad: Finding,
    pub odd: BTreeMap<Oddity, Finding>,
    /// For each target, by character.
    pub lost: Vec<BTreeMap<String, Lost>>,
    /// Different characters beyond those in `lost`, for each target.
    pub more: Vec<u64>,
}

/// Reads a file part by part.
#[derive(Debug)]
pub struct Scan {
    profile: Profile,
    parts: Parts,
    targets: Vec<Target>,
    /// For each target, whether it writes a character as it is.
    writes: Vec<HashMap<char, bool>>,
    /// Every target writes all of ASCII as it is.
    ascii: bool,
    examples_max: usize,
    last: Option<char>,
    report: Report,
}

/// One part while it is looked at.
struct View<'a> {
    part: &'a Part,
    cursor: Cursor,
    /// Line of the text at `at`.
    line: u64,
    at: usize,
    last: Option<char>,
}

// === impl Scan ===

impl Scan {
    /// `examples_max` are kept of each kind.
    pub fn new(profile: Profile, targets: Vec<Target>, examples_max: usize) -> Self {
        let count = targets.len();
        let all: String = (' '..='~').collect();
        let ascii = targets.iter().all(|it| it.named.profile.encode_exact(&all).is_ok());
        let report = Report {
            lost: vec![BTreeMap::new(); count],
            more: vec![0; count],
            ..Report::default()
        };
        Self {
            parts: Parts::new(profile.clone()),
            profile,
            targets,
            writes: vec![HashMap::new(); count],
            ascii,
            examples_max,
            last: None,
            report,
        }
    }

    /// Looks at the next part; `last` says that nothing follows.
    ///
    /// # Errors
    /// Only a BOM that is against the profile.
    pub fn push(&mut self, bytes: &[u8], last: bool) -> Result<(), Fault> {
        let part = self.parts.push(bytes, last)?;
        self.report.bytes += u64::try_from(part.bytes.len()).unwrap_or(0);
        self.faults(&part);
        self.characters(&part, last);
        self.references(&part);
        if self.is_rewritten(&part) {
            self.other_codes(&part);
        }
        self.report.ends.add(&part.decoded.text, self.last);
        self.last = part.decoded.text.chars().next_back().or(self.last);
        Ok(())
    }

    /// What was found.
    pub fn finish(mut self) -> Report {
        self.report.ends.open = self.last.is_some_and(|it| !matches!(it, '\n' | '\r' | '\u{1A}'));
        self.report
    }

    fn view<'a>(&self, part: &'a Part) -> View<'a> {
        let line = self.report.ends.lines() + 1;
        View { part, cursor: Cursor::new(&self.profile), line, at: 0, last: self.last }
    }

    fn faults(&mut self, part: &Part) {
        let mut view = self.view(part);
        for skip in part.decoded.faults() {
            let length = u64::try_from(skip.length).unwrap_or(0);
            if self.report.bad.examples.len() < self.examples_max {
                let line = view.line_at(skip.at);
                let span = (skip.offset, skip.offset + skip.length);
                self.report.bad.examples.push(example(part, span, (skip.at, skip.at), line));
            }
            self.report.bad.count += length;
        }
    }

    fn characters(&mut self, part: &Part, last: bool) {
        let mut view = self.view(part);
        let text = &part.decoded.text;
        let body = if last { text.trim_end_matches('\u{1A}').len() } else { text.len() };
        let mut before = self.last;
        for (at, c) in text.char_indices() {
            self.report.characters += 1;
            if !(self.ascii && matches!(c, ' '..='~' | '\n' | '\r' | '\t')) {
                if let Some(oddity) = oddity(c).filter(|_| at < body) {
                    self.odd(oddity, &mut view, (at, at + c.len_utf8()));
                }
                self.lost(&mut view, (at, c, before));
            }
            before = Some(c);
        }
    }

    fn odd(&mut self, oddity: Oddity, view: &mut View<'_>, (start, end): (usize, usize)) {
        let finding = self.report.odd.entry(oddity).or_default();
        finding.count += 1;
        if finding.examples.len() < self.examples_max {
            let (line, span) = (view.line_at(start), view.source(start, end));
            finding.examples.push(example(view.part, span, (start, end), line));
        }
    }

    fn lost(&mut self, view: &mut View<'_>, (at, c, before): (usize, char, Option<char>)) {
        for index in 0..self.targets.len() {
            let (Some(target), Some(writes)) =
                (self.targets.get(index), self.writes.get_mut(index))
            else {
                continue;
            };
            let profile = &target.named.profile;
            let exact = |text: &str| profile.encode_exact(text).is_ok();
            if *writes.entry(c).or_insert_with(|| exact(c.encode_utf8(&mut [0; 4]))) {
                continue;
            }
            let mark = matches!(c, '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}')
                || matches!(c, '\u{E0100}'..='\u{E01EF}');
            let text: String = before.filter(|_| mark).into_iter().chain([c]).collect();
            if mark && exact(&text) {
                continue;
            }
            let (Some(lost), Some(more)) =
                (self.report.lost.get_mut(index), self.report.more.get_mut(index))
            else {
                continue;
            };
            if let Some(found) = lost.get_mut(&text) {
                found.count += 1;
            } else if lost.len() >= LOST_MAX {
                *more += 1;
            } else {
                let instead = instead(&text, profile, &target.named.writing.policy);
                let (line, (offset, _)) = (view.line_at(at), view.source(at, at + c.len_utf8()));
                let offset = view.part.offset + u64::try_from(offset).unwrap_or(0);
                lost.insert(text.clone(), Lost { text, count: 1, offset, line, instead });
            }
        }
    }

    /// `&#12345;` and `&#x9AD9;`: what encoders of the web write.
    fn references(&mut self, part: &Part) {
        let mut view = self.view(part);
        let text = &part.decoded.text;
        for (at, _) in text.match_indices("&#") {
            let rest = text.get(at + 2..).unwrap_or_default();
            let digits = rest.strip_prefix(['x', 'X']).unwrap_or(rest);
            let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
            if length > 0 && length <= REFERENCE_MAX && digits.as_bytes().get(length) == Some(&b';')
            {
                let end = text.len() - digits.len() + length + 1;
                self.odd(Oddity::HtmlReference, &mut view, (at, end));
            }
        }
    }

    /// Whether writing the text again gives other bytes than those that were read.
    fn is_rewritten(&self, part: &Part) -> bool {
        let unicode =
            matches!(self.profile.charset, Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be);
        if unicode || part.decoded.text.is_ascii() {
            return false;
        }
        // Bad bytes and shifts make it differ too; then it is looked at closer.
        self.profile.encode_exact(&part.decoded.text).ok().as_ref() != Some(&part.bytes)
    }

    fn other_codes(&mut self, part: &Part) {
        let mut view = self.view(part);
        let mut codes: HashMap<char, Vec<u8>> = HashMap::new();
        let profile = self.profile.clone();
        for (at, c) in part.decoded.text.char_indices().filter(|(_, c)| !c.is_ascii()) {
            let code = codes.entry(c).or_insert_with(|| plain_code(&profile, c));
            let end = at + c.len_utf8();
            let (from, to) = view.source(at, end);
            let found = part.bytes.get(from..to).unwrap_or_default();
            if !code.is_empty() && found != code.as_slice() {
                self.odd(Oddity::OtherCode, &mut view, (at, end));
            }
        }
    }
}

// === impl View ===

impl View<'_> {
    /// The line of a place in the text; places must not go back.
    fn line_at(&mut self, to: usize) -> u64 {
        let passed = self.part.decoded.text.get(self.at..to).unwrap_or_default();
        let mut ends = Ends { cr: 1, ..Ends::default() };
        ends.add(passed, self.last);
        self.line += ends.lines() - 1;
        self.last = passed.chars().next_back().or(self.last);
        self.at = self.at.max(to);
        self.line
    }

    /// The bytes of a character, without what turns to its set. Asked twice of
    /// the same place it answers the same.
    fn source(&mut self, start: usize, end: usize) -> (usize, usize) {
        let Part { decoded, bytes, .. } = self.part;
        let mut cursor = self.cursor.clone();
        let from = cursor.advance(&decoded.text, &decoded.skips, start);
        let to = cursor.clone().advance(&decoded.text, &decoded.skips, end);
        self.cursor = cursor;
        let passed = |it: &&Skip| it.at == start && it.offset >= from && it.offset < to;
        let silent = decoded.skips.iter().filter(passed);
        let prefix: usize = silent
            .filter(|it| it.kind != SkipKind::Silent || bytes.get(it.offset) != Some(&0x8F))
            .map(|it| it.length)
            .sum();
        (from + prefix, to)
    }
}

/// What a policy writes for a text; `None` if it refuses.
pub(super) fn instead(text: &str, profile: &Profile, policy: &Policy) -> Option<String> {
    let (mut bytes, mut changes) = (Vec::new(), Vec::new());
    profile.encode(text, policy, &mut bytes, &mut changes).ok()?;
    profile.decode(&bytes).ok().map(std::borrow::Cow::into_owned)
}

/// The code of a character without shifts; empty if it has none.
fn plain_code(profile: &Profile, c: char) -> Vec<u8> {
    let mut code = profile.encode_exact(c.encode_utf8(&mut [0; 4])).unwrap_or_default();
    if let [0x0E, inner @ .., 0x0F] = code.as_slice() {
        code = inner.to_vec();
    } else if let [0x1B, _, _, inner @ .., 0x1B, _, _] = code.as_slice() {
        code = inner.to_vec();
    }
    code
}

fn oddity(c: char) -> Option<Oddity> {
    Some(match c {
        char::REPLACEMENT_CHARACTER => Oddity::Replaced,
        '\u{E000}'..='\u{F8FF}' => Oddity::UserDefined,
        '\u{FEFF}' => Oddity::InnerByteOrderMark,
        '\t' | '\r' | '\n' => return None,
        c if c.is_control() => Oddity::Control,
        _ => return None,
    })
}

/// A place by its bytes and by its text; no text where the bytes are bad.
fn example(
    part: &Part,
    (from, to): (usize, usize),
    (start, end): (usize, usize),
    line: u64,
) -> Example {
    let bytes = |from: usize, to: usize| {
        part.bytes.get(from..to.min(part.bytes.len())).unwrap_or_default().to_vec()
    };
    let text = |start: usize, end: usize| part.decoded.text.get(start..end).unwrap_or_default();
    let (before, behind) = (text(0, start), text(end, part.decoded.text.len()));
    let found = bytes(from, to);
    let mut around: Vec<char> = before.chars().rev().take(CONTEXT_CHARS).collect();
    around.reverse();
    let mut said: String = around.into_iter().map(shown).collect();
    match text(start, end) {
        "" => said.extend(found.iter().map(|it| format!("\\x{it:02X}"))),
        text => said.extend(text.chars().map(shown)),
    }
    said.extend(behind.chars().take(CONTEXT_CHARS).map(shown));
    Example {
        offset: part.offset + u64::try_from(from).unwrap_or(0),
        line,
        before: bytes(from.saturating_sub(CONTEXT_BYTES), from),
        after: bytes(to, to + CONTEXT_BYTES),
        found,
        text: said,
    }
}

/// A character on a screen: what has no shape as its number.
fn shown(c: char) -> String {
    match c {
        '\u{E000}'..='\u{F8FF}' | '\u{FEFF}' | char::REPLACEMENT_CHARACTER => {
            c.escape_unicode().to_string()
        }
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    }
}
