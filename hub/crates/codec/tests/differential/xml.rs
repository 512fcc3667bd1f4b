//! XML beside expat: documents that were changed at random. What both read they read
//! alike; what only one reads is counted by its reason, and no reason is new.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use codec::layout::xml_to_json;
use serde_json::Value;

/// Documents that are compared.
const COUNT: u32 = 3000;
const SEEDS: [&str; 5] = [
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:a\" xmlns:p='urn:p' n='1'>\n <p:b p:n=\"x&amp;y\" n='&#65;'>表\
     <![CDATA[<&]]></p:b><!-- c --><b/><?t d?>\n</a>\n",
    "<r><a>1</a><a k='v'>2</a><a><b>&lt;&#x20BB7;</b> <b>3</b></a></r>",
    "<e:E xmlns:e='urn:e'><e:H><x xmlns='urn:x' e:m='1'/></e:H><e:B><o xmlns:e='urn:f' e:k='2'/></e:B></e:E>",
    "<a b = 'c\td' e=\"f'g\">h\r\ni&quot;j&apos;k&gt;l</a >",
    "<?xml version='1.0'?><注文 番号='1'><名>髙</名></注文>",
];
const TOKENS: [&str; 40] = [
    "<",
    ">",
    "&",
    ";",
    "'",
    "\"",
    "/",
    "=",
    " ",
    "\n",
    "--",
    "]]>",
    "<!-- x -->",
    "<![CDATA[y]]>",
    "<?z?>",
    "<?xml?>",
    "<!DOCTYPE a>",
    "<!DOCTYPE a [<!ENTITY e 'f'>]>",
    "&e;",
    "&#0;",
    "&#xFFFF;",
    "&#x10FFFF;",
    "&#;",
    " xmlns=''",
    " xmlns:p=''",
    " xmlns:q='urn:p'",
    " q:n='1'",
    " n='2'",
    " xml:lang='ja'",
    "<p:c/>",
    "<c:/>",
    "<:c/>",
    "<a:b:c/>",
    "\u{1}",
    "\u{85}",
    "\u{FFFE}",
    "1",
    "-",
    ".",
    "<d></d>",
];

/// Pseudo-random numbers (xorshift), the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).expect("fits")).expect("fits")
    }
}

/// A document with up to four changes in it.
fn document(chance: &mut Chance) -> String {
    let mut text = SEEDS[chance.below(SEEDS.len())].to_owned();
    for _ in 0..chance.below(5) {
        let mut at = chance.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let length =
            text[at..].chars().take(1 + chance.below(3)).map(char::len_utf8).sum::<usize>();
        match chance.below(4) {
            0 => text.insert_str(at, TOKENS[chance.below(TOKENS.len())]),
            1 => text.replace_range(at..at + length, TOKENS[chance.below(TOKENS.len())]),
            2 => text.replace_range(at..at + length, ""),
            _ => {
                let piece = text[at..at + length].to_owned();
                text.insert_str(at, &piece);
            }
        }
    }
    text
}

/// Why only one of them reads a document; `None`: no known reason.
fn reason(text: &str, ours: bool, told: &str) -> Option<&'static str> {
    let start = text.split("?>").next().unwrap_or_default();
    if !ours && text.contains("<!DOCTYPE") {
        return Some("a DOCTYPE: expat reads it, the hub never does");
    }
    if !ours && start.contains("encoding") && !start.contains("encoding=\"UTF-8\"") {
        return Some("a character set that the hub does not read by that name");
    }
    let version = start.split_once("version=").and_then(|(_, it)| it.get(1..));
    let minor = version.and_then(|it| it.strip_prefix("1.")).unwrap_or_default();
    if !ours && start.starts_with("<?xml") && !minor.starts_with(|it: char| it.is_ascii_digit()) {
        return Some("a version that is none: expat does not look at it");
    }
    if ours && told.contains("XML or text declaration") || told.contains("unsupported version") {
        return Some("version 1.1 and higher: the fifth edition reads it as 1.0");
    }
    None
}

#[test]
fn what_both_read_they_read_alike() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("independent-xml");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let documents: Vec<String> = (0..COUNT).map(|_| document(&mut chance)).collect();
    for (number, text) in documents.iter().enumerate() {
        std::fs::write(folder.join(format!("{number:04}.xml")), text).expect("writes");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let script = root.join("integration-tests/independent/documents.py");
    match Command::new("python3").arg(script).arg(&folder).output() {
        Ok(output) if output.status.success() => {}
        other => return super::skipped(&format!("{other:?}")),
    }
    let (mut both, mut neither, mut reasons) = (0, 0, BTreeMap::new());
    for (number, text) in documents.iter().enumerate() {
        let told = std::fs::read_to_string(folder.join(format!("{number:04}.told"))).expect("told");
        let theirs: Option<Value> = serde_json::from_str(&told).ok();
        match (xml_to_json(text.as_bytes()), theirs) {
            (Some(ours), Some(theirs)) => {
                assert_eq!(ours, theirs, "{number:04}: {text}");
                both += 1;
            }
            (None, None) => neither += 1,
            (ours, _) => match reason(text, ours.is_some(), &told) {
                Some(reason) => *reasons.entry(reason).or_insert(0) += 1,
                None => {
                    let ours = if ours.is_some() { "reads" } else { "refuses" };
                    panic!("{number:04}: the hub {ours} it, expat says {told}: {text:?}");
                }
            },
        }
    }
    println!("{both} read alike, {neither} refused by both, {reasons:#?}");
    assert!(both > 500 && neither > 500, "{both} and {neither}");
}
