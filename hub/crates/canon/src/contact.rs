//! E-mail addresses and phone numbers as they are compared, and those that
//! prove nothing about who somebody is.

use unicode_normalization::UnicodeNormalization as _;

/// An e-mail address as it is kept for comparing: trimmed, its domain in lower
/// case, the part before the `@` as written. `None`: not an address.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text: String = text.trim().nfkc().collect();
    let (local, domain) = text.rsplit_once('@')?;
    let has_blank = text.chars().any(|it| it.is_whitespace() || it.is_control());
    let dotted = domain.split('.').all(|label| !label.is_empty());
    (!local.is_empty() && !has_blank && dotted)
        .then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// The key two e-mail addresses share when one mailbox is meant: [`email`] in
/// lower case.
#[must_use]
pub fn email_key(text: &str) -> Option<String> {
    email(text).map(|it| it.to_lowercase())
}

/// A phone number in E.164: `+81312345678`. A number without `+` or an
/// international prefix `010` is taken as Japanese, its trunk `0` dropped.
/// `None`: too short, too long, or with anything but digits and separators.
#[must_use]
pub fn phone(text: &str) -> Option<String> {
    let plain: String = text.trim().nfkc().collect();
    let mut digits = String::new();
    for letter in plain.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '+' if digits.is_empty() => {}
            ' ' | '(' | ')' | '.' | '/' => {}
            _ if crate::text::is_dash(letter) => {}
            _ => return None,
        }
    }
    let number = if plain.starts_with('+') {
        // `+81 (0)3 …` is written by many and dialled by none.
        match digits.strip_prefix("810") {
            Some(rest) => format!("81{rest}"),
            None => digits,
        }
    } else if let Some(rest) = digits.strip_prefix("010") {
        rest.to_owned()
    } else {
        format!("81{}", digits.strip_prefix('0')?)
    };
    let begins_well = !number.starts_with('0');
    (begins_well && (8..=15).contains(&number.len())).then(|| format!("+{number}"))
}

/// Whether `value` is a filler that many records share, so that two records
/// having it says nothing: `0000`, `guest`, `noreply@…`, a marketplace's relay.
/// Canonical reference, section 5.2. A shop's own phone belongs in its
/// configuration.
#[must_use]
pub fn is_filler(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let empty = value.chars().all(|it| it == '0' || crate::text::is_dash(it));
    let word = matches!(
        value.as_str(),
        "null" | "none" | "n/a" | "undefined" | "anonymous" | "guest" | "unknown" | "test" | "-1"
    );
    let relayed = value.rsplit_once('@').is_some_and(|(local, domain)| {
        let nobody = local.replace(['-', '_', '.'], "");
        matches!(nobody.as_str(), "noreply" | "donotreply" | "guest" | "dummy")
            || RELAYS.iter().any(|relay| {
                domain
                    .strip_suffix(relay)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
    });
    empty || word || relayed
}

/// Domains whose addresses are given per order or per shop, not per person, and
/// those that are reserved (RFC 2606).
const RELAYS: &[&str] = &[
    "marketplace.amazon.co.jp",
    "marketplace.amazon.com",
    "fw.rakuten.ne.jp",
    "privaterelay.appleid.com",
    "invalid",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_compare_by_domain_and_by_key() {
        assert_eq!(email(" Aoi.T@Example.JP ").as_deref(), Some("Aoi.T@example.jp"));
        assert_eq!(email("ａｏｉ＠example.jp").as_deref(), Some("aoi@example.jp"));
        assert_eq!(email_key("Aoi.T@Example.JP"), email_key("aoi.t@example.jp"));
        for bad in ["", "aoi", "@example.jp", "aoi@", "a oi@example.jp", "aoi@example..jp"] {
            assert_eq!(email(bad), None, "{bad}");
        }
    }

    #[test]
    fn phone_numbers_become_international() {
        for good in [
            "03-1234-5678",
            "0312345678",
            "+81-3-1234-5678",
            "+81 (0)3 1234 5678",
            "０３（１２３４）５６７８",
            "010 81 3 1234 5678",
            "03ー1234ー5678",
        ] {
            assert_eq!(phone(good).as_deref(), Some("+81312345678"), "{good}");
        }
        assert_eq!(phone("090-1234-5678").as_deref(), Some("+819012345678"));
        assert_eq!(phone("+1 415 555 0100").as_deref(), Some("+14155550100"));
        for bad in ["", "1234", "12-3456", "内線 12", "0312345678 内線1", "+0312345678", "0000"]
        {
            assert_eq!(phone(bad), None, "{bad}");
        }
    }

    #[test]
    fn fillers_prove_nothing() {
        for filler in [
            "",
            "0000",
            "000-0000-0000",
            "-1",
            "NULL",
            "Guest",
            "no-reply@shop.example.jp",
            "b2x9@marketplace.amazon.co.jp",
            "x@pc.fw.rakuten.ne.jp",
            "x@invalid",
        ] {
            assert!(is_filler(filler), "{filler}");
        }
        for real in [
            "0000123456",
            "aoi@example.jp",
            "guesthouse@example.jp",
            "03-1234-5678",
            "a@notinvalid",
        ] {
            assert!(!is_filler(real), "{real}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays(text in any::<String>()) {
            if let Some(normal) = email(&text) {
                prop_assert_eq!(email(&normal), Some(normal));
            }
            if let Some(normal) = phone(&text) {
                prop_assert_eq!(phone(&normal), Some(normal));
            }
        }

        #[test]
        fn numbers_with_separators_are_the_number(digits in "0[1-9][0-9]{8,9}", at in 1_usize..9) {
            let parted = format!("{}-{}", &digits[..at], &digits[at..]);
            prop_assert_eq!(phone(&parted), phone(&digits));
        }
    }
}
