//! Codes with rules of their own: GS1 keys, corporate numbers, prefectures,
//! postal codes.
//!
//! All take text and keep it text: leading zeros are part of a code.

/// The GS1 check digit (mod 10, weights 3 and 1 from the right) that belongs
/// behind `body`. `None` when `body` is empty or not all digits.
#[must_use]
pub fn gs1_check_digit(body: &str) -> Option<char> {
    let mut sum = 0;
    for (index, digit) in digits(body)?.rev().enumerate() {
        sum += digit * if index % 2 == 0 { 3 } else { 1 };
    }
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// Digits that end in their GS1 check digit.
#[must_use]
pub fn has_gs1_check_digit(code: &str) -> bool {
    let mut rest = code.chars();
    let last = rest.next_back();
    last.is_some() && gs1_check_digit(rest.as_str()) == last
}

/// A GTIN-8, -12, -13 or -14 with its check digit. A JAN is a GTIN-13 or -8.
#[must_use]
pub fn is_gtin(code: &str) -> bool {
    matches!(code.len(), 8 | 12 | 13 | 14) && has_gs1_check_digit(code)
}

/// A GTIN-13 or UPC given out by a retailer for its own use (prefixes 02 and 20
/// to 29): it means something only there, often a price is in it.
#[must_use]
pub fn is_in_store_gtin(code: &str) -> bool {
    code.len() == 13
        && has_gs1_check_digit(code)
        && (code.starts_with("02") || code.starts_with('2'))
}

/// A GLN: 13 digits with their check digit.
#[must_use]
pub fn is_gln(code: &str) -> bool {
    code.len() == 13 && has_gs1_check_digit(code)
}

/// An SSCC: 18 digits with their check digit.
#[must_use]
pub fn is_sscc(code: &str) -> bool {
    code.len() == 18 && has_gs1_check_digit(code)
}

/// The check digit (1 to 9) that belongs before the twelve digits of a Japanese
/// corporate number: 9 − (Σ Pₙ·Qₙ mod 9), n from the right, Q 1 and 2 in turn.
#[must_use]
pub fn corporate_check_digit(lower: &str) -> Option<char> {
    if lower.len() != 12 {
        return None;
    }
    let mut sum = 0;
    for (index, digit) in digits(lower)?.rev().enumerate() {
        sum += digit * if index % 2 == 0 { 1 } else { 2 };
    }
    char::from_digit(9 - sum % 9, 10)
}

/// A corporate number (法人番号): 13 digits, the first one the check digit.
#[must_use]
pub fn is_corporate_number(code: &str) -> bool {
    let mut rest = code.chars();
    let first = rest.next();
    first.is_some() && corporate_check_digit(rest.as_str()) == first
}

/// What can be said of a registration number for qualified invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistrationNumber {
    /// `T` and a corporate number.
    Good,
    /// `T` and 13 digits whose check digit is not a corporate number's. For sole
    /// proprietors the check is advisory: warn, do not refuse.
    Unchecked,
    /// Not `T` and 13 digits that begin with 1 to 9.
    Malformed,
}

/// Looks at a registration number: `T7000012050002`.
#[must_use]
pub fn registration_number(code: &str) -> RegistrationNumber {
    let number = code.strip_prefix('T').unwrap_or_default();
    if number.len() != 13 || digits(number).is_none() || number.starts_with('0') {
        RegistrationNumber::Malformed
    } else if is_corporate_number(number) {
        RegistrationNumber::Good
    } else {
        RegistrationNumber::Unchecked
    }
}

/// The prefectures in the order of JIS X 0401: the first is `JP-01`.
pub const PREFECTURES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// The ISO 3166-2 code of a prefecture by its name, with or without 都, 府 or 県.
#[must_use]
pub fn prefecture_code(name: &str) -> Option<String> {
    let name = name.trim();
    let short = |full: &'static str| full.strip_suffix(['都', '府', '県']).unwrap_or(full);
    let index = PREFECTURES.iter().position(|full| *full == name || short(full) == name)?;
    Some(format!("JP-{:02}", index + 1))
}

/// The name of a prefecture by its ISO 3166-2 code, such as `JP-13`.
#[must_use]
pub fn prefecture_name(code: &str) -> Option<&'static str> {
    let number = code.strip_prefix("JP-").filter(|it| it.len() == 2 && digits(it).is_some())?;
    let index = number.parse::<usize>().ok()?.checked_sub(1)?;
    PREFECTURES.get(index).copied()
}

/// A Japanese postal code as it is stored: `NNN-NNNN`. Takes seven digits, half
/// or full width, with any dash or none and with or without 〒.
#[must_use]
pub fn postal_code_jp(text: &str) -> Option<String> {
    let mut found = String::new();
    for letter in text.trim().trim_start_matches('〒').trim_start().chars() {
        match letter {
            '0'..='9' => found.push(letter),
            '０'..='９' => {
                let digit = u32::from(letter).checked_sub(u32::from('０'))?;
                found.push(char::from_digit(digit, 10)?);
            }
            _ if found.len() == 3 && crate::text::is_dash(letter) => {}
            _ => return None,
        }
    }
    let (left, right) = (found.get(..3)?, found.get(3..)?);
    (right.len() == 4).then(|| format!("{left}-{right}"))
}

/// The values of `text`'s digits; `None` when it is empty or has anything else.
fn digits(text: &str) -> Option<impl DoubleEndedIterator<Item = u32> + ExactSizeIterator> {
    let all = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.bytes().map(|b| u32::from(b - b'0')))
}

#[cfg(test)]
mod tests;
