//! Data items and their clauses, as a tree by level numbers.

use super::words::{Word, sentences};
use crate::diagnostic::Place;

/// One data item: a group if it has children.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) level: u8,
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) picture: Option<String>,
    pub(super) usage: Usage,
    pub(super) sign: Sign,
    pub(super) occurs: usize,
    /// The item that says how many of them are there.
    pub(super) depending: Option<String>,
    pub(super) redefines: Option<String>,
    pub(super) children: Vec<Item>,
}

/// How a number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    Display,
    Packed,
    Binary,
    /// COMP-5: binary in the machine's own order.
    Native,
    /// NATIONAL: UTF-16.
    National,
    /// DISPLAY-1: double bytes.
    Graphic,
}

/// Where the sign of a number in characters stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Over the last digit.
    Over,
    OverFirst,
    Before,
    Behind,
}

type Fault = (Place, String);

/// Reads all items.
pub(super) fn parse(text: &str) -> Result<Vec<Item>, Fault> {
    let mut flat = Vec::new();
    for words in sentences(text)? {
        flat.extend(item(&words)?);
    }
    let mut rest = flat.into_iter().peekable();
    let mut roots = Vec::new();
    while let Some(item) = rest.next() {
        roots.push(gather(item, &mut rest));
    }
    roots.iter_mut().for_each(|it| inherit(it, Usage::Display, Sign::Over));
    Ok(roots)
}

/// Takes the items of higher levels that follow as children.
fn gather(mut item: Item, rest: &mut std::iter::Peekable<std::vec::IntoIter<Item>>) -> Item {
    while let Some(child) = rest.next_if(|it| it.level > item.level) {
        let child = gather(child, rest);
        item.children.push(child);
    }
    item
}

/// A group's usage and sign are those of its items.
fn inherit(item: &mut Item, usage: Usage, sign: Sign) {
    if item.usage == Usage::Display {
        item.usage = usage;
    }
    if item.sign == Sign::Over {
        item.sign = sign;
    }
    let (usage, sign) = (item.usage, item.sign);
    item.children.iter_mut().for_each(|it| inherit(it, usage, sign));
}

/// One sentence; conditions (88) say nothing about bytes.
fn item(words: &[Word]) -> Result<Option<Item>, Fault> {
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    let level: u8 = first
        .text
        .parse()
        .map_err(|_| (first.place, format!("`{}` where a level number must be", first.text)))?;
    match level {
        88 => return Ok(None),
        1..=49 | 77 => {}
        _ => return Err((first.place, format!("level {level} cannot be read as a layout"))),
    }
    let mut rest = rest.iter().peekable();
    let clause = |it: &str| matches!(it, "PIC" | "PICTURE" | "REDEFINES" | "OCCURS" | "USAGE");
    let name = rest.next_if(|it| !clause(&it.text));
    let mut item = Item {
        level: if level == 77 { 1 } else { level },
        name: name.map_or_else(|| "FILLER".to_owned(), |it| it.text.clone()),
        place: first.place,
        picture: None,
        usage: Usage::Display,
        sign: Sign::Over,
        occurs: 1,
        depending: None,
        redefines: None,
        children: Vec::new(),
    };
    while let Some(word) = rest.next() {
        let mut next = |skip: &[&str]| {
            while rest.next_if(|it| skip.contains(&it.text.as_str())).is_some() {}
            rest.next().map(|it| it.text.clone())
        };
        match word.text.as_str() {
            "PIC" | "PICTURE" => item.picture = next(&["IS"]),
            "REDEFINES" => item.redefines = next(&[]),
            "OCCURS" => {
                let count = next(&[]).and_then(|it| it.parse().ok());
                let some = rest.peek().is_some_and(|it| it.text == "TO") || count != Some(0);
                let count = count.filter(|_| some);
                item.occurs = count.ok_or((word.place, "OCCURS without a count".to_owned()))?;
            }
            "TO" => {
                let count = next(&[]).and_then(|it| it.parse().ok());
                let more = count.filter(|it| *it >= item.occurs.max(1));
                item.occurs = more.ok_or((word.place, "OCCURS without a count".to_owned()))?;
            }
            "DEPENDING" => item.depending = next(&["ON"]),
            "INDEXED" => drop(next(&["BY"])),
            "VALUE" | "VALUES" => drop(next(&["IS", "ARE", "ALL"])),
            "SEPARATE" => {
                item.sign = match item.sign {
                    Sign::OverFirst | Sign::Before => Sign::Before,
                    Sign::Over | Sign::Behind => Sign::Behind,
                }
            }
            "LEADING" => item.sign = Sign::OverFirst,
            "COMP-3" | "COMPUTATIONAL-3" | "PACKED-DECIMAL" => item.usage = Usage::Packed,
            "COMP" | "COMPUTATIONAL" | "COMP-4" | "COMPUTATIONAL-4" | "BINARY" => {
                item.usage = Usage::Binary;
            }
            "COMP-5" | "COMPUTATIONAL-5" => item.usage = Usage::Native,
            "NATIONAL" => item.usage = Usage::National,
            "DISPLAY-1" => item.usage = Usage::Graphic,
            "USAGE" | "IS" | "DISPLAY" | "TIMES" | "SIGN" | "TRAILING" | "CHARACTER" | "JUST"
            | "JUSTIFIED" | "RIGHT" | "BLANK" | "WHEN" | "ZERO" | "ZEROS" | "ZEROES" => {}
            other => return Err((word.place, format!("`{other}` cannot be read as a layout"))),
        }
    }
    Ok(Some(item))
}
