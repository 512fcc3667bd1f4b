//! The report of `text inspect` for people, in English and Japanese.

use super::{
    Told,
    json::{code_points, hex, image},
};
use crate::problem::Language;
use codec::inspect::{Ends, Evidence, Example, Finding, Guess, Lost, Oddity, Shape};
use std::{collections::BTreeMap, fmt::Write as _};

/// Guesses, lost characters and names that are shown.
const GUESSES_MAX: usize = 4;
const LOST_MAX: usize = 20;
const HEADER_MAX: usize = 8;

/// Writes the page. Each text is given in both languages.
struct Page<'a> {
    told: &'a Told,
    language: Language,
    out: String,
}

/// The whole report.
pub(super) fn page(told: &Told, language: Language) -> String {
    let mut page = Page { told, language, out: String::new() };
    let (bytes, characters) = (told.report.bytes, told.report.characters);
    page.line(
        0,
        &format!("{}: {bytes} bytes, {characters} characters", told.file),
        &format!("{}：{bytes} バイト、{characters} 文字", told.file),
    );
    page.guesses();
    page.shape();
    page.bad();
    page.suspicious();
    page.targets();
    page.out
}

impl Page<'_> {
    fn t<'t>(&self, english: &'t str, japanese: &'t str) -> &'t str {
        match self.language {
            Language::English => english,
            Language::Japanese => japanese,
        }
    }

    fn line(&mut self, depth: usize, english: &str, japanese: &str) {
        let text = self.t(english, japanese);
        let line = format!("{}{text}\n", "  ".repeat(depth));
        self.out.push_str(&line);
    }

    fn guesses(&mut self) {
        self.line(0, "Character set, from a sample", "文字コード（標本からの推定）");
        for guess in self.told.inspection.guesses.iter().take(GUESSES_MAX) {
            self.guess(guess);
        }
        if self.told.chosen {
            let name = self.told.read_as.profile.charset;
            self.line(
                1,
                &format!("read as {name}, as asked"),
                &format!("指定どおり {name} として読む"),
            );
        }
    }

    fn guess(&mut self, guess: &Guess) {
        let Guess { charset, bad_bytes, likeness, evidence } = guess;
        let words: Vec<String> = evidence
            .iter()
            .map(|(what, count)| {
                let (english, japanese) = words(*what);
                match self.language {
                    Language::English => format!("{count} {english}"),
                    Language::Japanese => format!("{japanese} {count}"),
                }
            })
            .collect();
        let name = charset.name();
        self.line(
            1,
            &format!(
                "{name:<18} {likeness:>3} of 100, {bad_bytes} bad bytes; {}",
                words.join(", ")
            ),
            &format!("{name:<18} {likeness:>3}/100、不正バイト {bad_bytes}：{}", words.join("、")),
        );
    }

    fn shape(&mut self) {
        self.line(0, "Layout", "レイアウト");
        let (shape, ends) = (&self.told.inspection.shape, self.told.report.ends);
        self.ends(ends);
        let Shape { delimiter, quotes, header, line_bytes, records, eof_mark, .. } = shape;
        if let Some((delimiter, columns)) = delimiter {
            let delimiter = delimiter.escape_default();
            self.line(
                1,
                &format!("{columns} columns, cut by `{delimiter}`"),
                &format!("`{delimiter}` 区切り、{columns} 列"),
            );
        }
        if !header.is_empty() {
            let names: Vec<&str> = header.iter().take(HEADER_MAX).map(String::as_str).collect();
            let (names, more) =
                (names.join(", "), if header.len() > HEADER_MAX { " …" } else { "" });
            self.line(
                1,
                &format!("the first line looks like a header: {names}{more}"),
                &format!("先頭行は見出しのよう：{names}{more}"),
            );
        }
        if *quotes {
            self.line(1, "there are quotes", "引用符あり");
        }
        if let Some(bytes) = line_bytes.filter(|_| delimiter.is_none()) {
            self.line(
                1,
                &format!("every line looked at has {bytes} bytes: fixed width"),
                &format!("調べた行はすべて {bytes} バイト（固定長）"),
            );
        }
        for it in records {
            let code = |(c, count): &(char, usize)| format!("{c} ×{count}");
            let codes: Vec<String> = it.codes.iter().map(code).collect();
            let (bytes, alike, codes) = (it.bytes, it.alike, codes.join(" "));
            self.line(
                1,
                &format!("records of {bytes} bytes? {alike} of 100 bytes are like those above; begin with {codes}"),
                &format!("{bytes} バイト固定長？ 100 バイト中 {alike} が前レコードと同種、先頭 {codes}"),
            );
        }
        if *eof_mark {
            self.line(1, "the end mark 1A stands at the end", "末尾に終端記号 1A あり");
        }
    }

    fn ends(&mut self, ends: Ends) {
        let kinds = [("CRLF", ends.crlf), ("LF", ends.lf), ("CR", ends.cr)];
        let there: Vec<String> = kinds
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{name} ×{count}"))
            .collect();
        let list = there.join(", ");
        match there.len() {
            0 => self.line(1, "no line ends", "改行なし"),
            1 => self.line(1, &format!("line ends: {list}"), &format!("改行：{list}")),
            _ => self.line(
                1,
                &format!("line ends are mixed: {list}"),
                &format!("改行が混在：{list}"),
            ),
        }
        if ends.open && !there.is_empty() {
            self.line(1, "the last line has no end", "最終行に改行なし");
        }
    }

    fn bad(&mut self) {
        let (bad, name) = (&self.told.report.bad, self.told.read_as.profile.charset);
        let count = bad.count;
        self.line(
            0,
            &format!("Bytes that are no characters of {name}: {count}"),
            &format!("{name} の文字でないバイト：{count}"),
        );
        self.examples(bad);
    }

    fn suspicious(&mut self) {
        if self.told.report.odd.is_empty() {
            return;
        }
        self.line(0, "Readable, but look at it", "読めるが確認を要するもの");
        for (oddity, finding) in &self.told.report.odd {
            let ((english, japanese), count) = (oddity_words(*oddity), finding.count);
            self.line(1, &format!("{english}: {count}"), &format!("{japanese}：{count}"));
            self.examples(finding);
        }
    }

    fn examples(&mut self, finding: &Finding) {
        for it in &finding.examples {
            let Example { offset, line, before, found, after, text } = it;
            let bytes = format!("{} [{}] {}", hex(before), hex(found), hex(after));
            let image = image(&self.told.read_as.profile, it);
            let image = image.map_or(String::new(), |it| format!("  {it}"));
            let (english, japanese) = (
                format!("line {line}, byte {offset}:  {}  {text}{image}", bytes.trim()),
                format!("{line} 行、{offset} バイト目：{}  {text}{image}", bytes.trim()),
            );
            self.line(2, &english, &japanese);
        }
        let shown = u64::try_from(finding.examples.len()).unwrap_or(0);
        if shown > 0 && finding.count > shown {
            self.line(2, "…", "…");
        }
    }

    fn targets(&mut self) {
        let report = &self.told.report;
        for ((name, lost), more) in self.told.targets.iter().zip(&report.lost).zip(&report.more) {
            self.target(name, lost, *more);
        }
    }

    fn target(&mut self, name: &str, lost: &BTreeMap<String, Lost>, more: u64) {
        if lost.is_empty() {
            let (english, japanese) =
                (format!("All of it survives in {name}"), format!("{name} へすべて変換可能"));
            return self.line(0, &english, &japanese);
        }
        self.line(
            0,
            &format!("Would not survive in {name}: {} characters", lost.len()),
            &format!("{name} へそのまま変換できない文字：{} 種", lost.len()),
        );
        let mut sorted: Vec<&Lost> = lost.values().collect();
        sorted.sort_by_key(|it| (it.instead.is_some(), std::cmp::Reverse(it.count)));
        for it in sorted.iter().take(LOST_MAX) {
            let Lost { text, count, offset, line, instead } = it;
            let points = code_points(text);
            let (english, japanese) = match instead {
                None => ("refused".to_owned(), "拒否".to_owned()),
                Some(it) if it.is_empty() => ("left out".to_owned(), "省略".to_owned()),
                Some(it) => (format!("written as {it}"), format!("{it} に置換")),
            };
            self.line(
                1,
                &format!(
                    "{text} {points} ×{count}, first in line {line}, byte {offset}: {english}"
                ),
                &format!("{text} {points} ×{count}、初出 {line} 行 {offset} バイト目：{japanese}"),
            );
        }
        let left = u64::try_from(lost.len().saturating_sub(LOST_MAX)).unwrap_or(0) + more;
        if left > 0 {
            let mut text = String::new();
            let _written = write!(text, "… {left}");
            self.line(1, &text, &text);
        }
    }
}

fn words(evidence: Evidence) -> (&'static str, &'static str) {
    match evidence {
        Evidence::ByteOrderMark => ("byte order mark", "BOM"),
        Evidence::Escapes => ("escape sequences", "エスケープシーケンス"),
        Evidence::Shifts => ("shifts", "シフトコード"),
        Evidence::Ascii => ("ASCII", "ASCII"),
        Evidence::Kana => ("kana and full-width", "かな・全角"),
        Evidence::Kanji => ("kanji", "漢字"),
        Evidence::HalfKana => ("half-width katakana", "半角カナ"),
        Evidence::UserDefined => ("user-defined", "外字"),
        Evidence::Control => ("control characters", "制御文字"),
        Evidence::Other => ("other", "その他"),
    }
}

fn oddity_words(oddity: Oddity) -> (&'static str, &'static str) {
    match oddity {
        Oddity::Replaced => {
            ("U+FFFD: a character was lost before", "U+FFFD（以前の変換で失われた文字）")
        }
        Oddity::HtmlReference => (
            "HTML references: written for characters that an earlier set did not have",
            "HTML 文字参照（以前の変換で書けなかった文字）",
        ),
        Oddity::UserDefined => {
            ("user-defined characters: they need a gaiji table", "外字（外字表が必要）")
        }
        Oddity::Control => ("control characters", "制御文字"),
        Oddity::InnerByteOrderMark => ("byte order marks within the text", "文中の BOM"),
        Oddity::OtherCode => (
            "codes that would be written as another code of the same character",
            "同じ文字の別コードで書き戻されるコード",
        ),
    }
}
