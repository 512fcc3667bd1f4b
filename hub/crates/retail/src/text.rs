//! Match keys: texts brought to a form in which equal things compare equal.
//!
//! A key is for comparing only. The stored text is never replaced by it.

use unicode_normalization::UnicodeNormalization;

/// Variants of one character in names, each with the one it is compared as.
const NAME_VARIANTS: [(char, char); 12] = [
    ('髙', '高'),
    ('﨑', '崎'),
    ('嵜', '崎'),
    ('齋', '斉'),
    ('斎', '斉'),
    ('齊', '斉'),
    ('邊', '辺'),
    ('邉', '辺'),
    ('濵', '浜'),
    ('濱', '浜'),
    ('德', '徳'),
    ('澤', '沢'),
];
/// Signs that stand for a long vowel or a hyphen, one for another, in real data.
const DASHES: [char; 10] = ['-', '‐', '‑', '–', '—', '―', '−', 'ｰ', 'ー', '～'];
/// Values that systems fill in where they know nothing.
const PLACEHOLDERS: [&str; 8] =
    ["-1", "null", "none", "anonymous", "guest", "unknown", "n/a", "undefined"];
/// Mail domains behind which a marketplace hides the buyer, each order or shop anew.
const RELAY_DOMAINS: [&str; 6] = [
    "marketplace.amazon.co.jp",
    "marketplace.amazon.com",
    "pc.fw.rakuten.ne.jp",
    "fw.rakuten.ne.jp",
    "mb.fw.rakuten.ne.jp",
    "privaterelay.appleid.com",
];
/// Shortest number that can be somebody's phone.
const PHONE_DIGITS_MIN: usize = 9;

/// A name for comparing: NFKC, lower case, no spaces, variant characters as one.
#[must_use]
pub fn name_key(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .map(|c| NAME_VARIANTS.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to))
        .collect()
}

/// A reading for comparing: as [`name_key`], hiragana as katakana, dashes as one.
#[must_use]
pub fn kana_key(text: &str) -> String {
    name_key(text)
        .chars()
        .map(|c| match c {
            'ぁ'..='ゖ' => u32::from(c).checked_add(0x60).and_then(char::from_u32).unwrap_or(c),
            _ if DASHES.contains(&c) => 'ー',
            _ => c,
        })
        .collect()
}

/// An e-mail address for comparing; `None` when it is no evidence of a person:
/// not an address, a placeholder, a no-reply or relay address.
#[must_use]
pub fn email_key(text: &str) -> Option<String> {
    let folded: String = text.trim().nfkc().flat_map(char::to_lowercase).collect();
    let (local, domain) = folded.rsplit_once('@')?;
    let is_nobody = local.is_empty()
        || !domain.contains('.')
        || is_placeholder(local)
        || ["noreply", "no-reply", "no_reply", "donotreply"].contains(&local)
        || RELAY_DOMAINS.contains(&domain);
    (!is_nobody).then_some(folded)
}

/// A phone number for comparing, `+` and digits; `None` when it cannot be
/// anybody's. A number without country is taken as Japanese.
#[must_use]
pub fn phone_key(text: &str) -> Option<String> {
    let folded: String = text.nfkc().collect();
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let first = digits.chars().next()?;
    if digits.len() < PHONE_DIGITS_MIN || digits.chars().all(|c| c == first) {
        return None;
    }
    let international = if folded.trim_start().starts_with('+') {
        // `+81 (0)3-…` is written by people who read it aloud.
        digits.strip_prefix("810").map_or_else(|| digits.clone(), |rest| format!("81{rest}"))
    } else if let Some(rest) = digits.strip_prefix("010") {
        rest.to_owned()
    } else if let Some(rest) = digits.strip_prefix('0') {
        format!("81{rest}")
    } else {
        digits
    };
    // `000-0000-0000` with a country code in front is still nobody's.
    let is_empty_number =
        international.strip_prefix("81").is_some_and(|rest| rest.chars().all(|c| c == '0'));
    (!is_empty_number).then(|| format!("+{international}"))
}

/// A member number or the like for comparing; `None` for placeholders. Leading
/// zeros are part of it.
#[must_use]
pub fn code_key(text: &str) -> Option<String> {
    let folded: String = text.trim().nfkc().collect();
    (!folded.is_empty() && !is_placeholder(&folded.to_lowercase())).then_some(folded)
}

/// A GTIN as 14 digits, if its check digit is right.
#[must_use]
pub fn gtin(text: &str) -> Option<String> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if ![8, 12, 13, 14].contains(&digits.len()) {
        return None;
    }
    let weighted: u32 =
        digits.iter().rev().enumerate().map(|(at, d)| d * if at % 2 == 1 { 3 } else { 1 }).sum();
    let is_zero = digits.iter().all(|digit| *digit == 0);
    (weighted.is_multiple_of(10) && !is_zero).then(|| format!("{text:0>14}"))
}

/// Whether a GTIN (14 digits) is only the retailer's own: prefixes 02 and 20 to 29.
#[must_use]
pub fn is_instore(gtin: &str) -> bool {
    gtin.get(..2).is_some_and(|it| it == "00" || it == "02" || it == "20")
        && gtin.get(1..3).is_some_and(|it| it == "02" || it.starts_with('2'))
}

/// `^[0-]*$` and the words that mean nobody.
fn is_placeholder(text: &str) -> bool {
    text.chars().all(|c| c == '0' || c == '-') || PLACEHOLDERS.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h24_names_match_across_character_sets() {
        assert_eq!(name_key("髙島屋〜①"), name_key("高島屋〜1"));
        assert_eq!(name_key("斎藤　花子"), name_key("齋藤花子"));
        assert_eq!(kana_key("ｶﾞｯﾃﾝ ﾀﾛｰ"), kana_key("がってんたろー"));
        assert_ne!(name_key("佐藤"), name_key("佐東"));
    }

    #[test]
    fn addresses_match_and_nobody_matches_nothing() {
        assert_eq!(email_key(" Hanako@Example.JP "), Some("hanako@example.jp".to_owned()));
        for nobody in ["", "hanako", "noreply@shop.jp", "a1@marketplace.amazon.co.jp", "0@x.jp"] {
            assert_eq!(email_key(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn phone_numbers_match_in_all_spellings() {
        let want = Some("+819012345678".to_owned());
        for spelling in
            ["090-1234-5678", "０９０１２３４５６７８", "+81 90-1234-5678", "+81 (0)90 1234 5678"]
        {
            assert_eq!(phone_key(spelling), want, "{spelling}");
        }
        for nobody in ["", "000-0000-0000", "0000000000", "110", "+81-00-0000-0000"] {
            assert_eq!(phone_key(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn article_numbers_need_their_check_digit() {
        assert_eq!(gtin("4901234567894").as_deref(), Some("04901234567894"));
        assert_eq!(gtin("4901234567895"), None);
        assert_eq!(gtin("TEA-500"), None);
        assert!(is_instore(&gtin("0212345003985").unwrap()));
        assert!(!is_instore(&gtin("4901234567894").unwrap()));
        assert_eq!(code_key("0000"), None);
        assert_eq!(code_key(" 00042 ").as_deref(), Some("00042"));
    }
}
