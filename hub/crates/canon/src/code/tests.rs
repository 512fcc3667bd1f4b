//! Check digits by the golden vectors of the canonical reference, section 9.

use super::*;
use proptest::prelude::*;

#[test]
fn golden_gtin_13_check() {
    assert_eq!(gs1_check_digit("490123456789"), Some('4'));
    assert!(is_gtin("4901234567894"));
    assert_eq!(gs1_check_digit("450000000001"), Some('8'));
    assert!(is_gtin("4500000000018"));
}

#[test]
fn golden_in_store_price_code() {
    assert_eq!(gs1_check_digit("021234500398"), Some('5'));
    assert!(is_in_store_gtin("0212345003985"));
    assert!(!is_in_store_gtin("4901234567894"));
}

#[test]
fn golden_gln_check() {
    assert_eq!(gs1_check_digit("491234500001"), Some('9'));
    assert!(is_gln("4912345000019"));
}

#[test]
fn golden_corporate_number_check() {
    assert_eq!(corporate_check_digit("000012050002"), Some('7'));
    assert!(is_corporate_number("7000012050002"));
    assert_eq!(registration_number("T7000012050002"), RegistrationNumber::Good);
    assert_eq!(corporate_check_digit("123456789012"), Some('7'));
    assert!(is_corporate_number("7123456789012"));
}

#[test]
fn a_registration_number_is_refused_by_form_and_warned_of_by_check_digit() {
    assert_eq!(registration_number("T1000012050002"), RegistrationNumber::Unchecked);
    for malformed in [
        "7000012050002",
        "T0000012050002",
        "T700001205000",
        "T70000120500021",
        "t7000012050002",
        "T７０００012050002",
    ] {
        assert_eq!(registration_number(malformed), RegistrationNumber::Malformed, "{malformed}");
    }
}

#[test]
fn codes_of_the_wrong_length_or_letters_are_none() {
    for code in ["", "4", "490123456789X", "４９０１２３４５６７８９４", "49012345678940"]
    {
        assert!(!is_gtin(code) && !is_gln(code) && !is_sscc(code), "{code}");
    }
    assert!(is_gtin("4006381333931") && is_gtin("96385074") && is_gtin("036000291452"));
    assert!(is_sscc("106141412345678908"));
}

#[test]
fn prefectures_have_names_and_codes() {
    for (index, name) in PREFECTURES.iter().enumerate() {
        let code = format!("JP-{:02}", index + 1);
        assert_eq!(prefecture_code(name).as_ref(), Some(&code));
        assert_eq!(prefecture_name(&code), Some(*name));
    }
    assert_eq!(prefecture_code("東京").as_deref(), Some("JP-13"));
    assert_eq!(prefecture_code("京都").as_deref(), Some("JP-26"));
    assert_eq!(prefecture_code("北海道").as_deref(), Some("JP-01"));
    assert_eq!(prefecture_code("北海"), None);
    assert_eq!(prefecture_code("関東"), None);
    for code in ["JP-00", "JP-48", "JP-1", "US-13", "JP-+1"] {
        assert_eq!(prefecture_name(code), None, "{code}");
    }
}

#[test]
fn postal_codes_become_three_and_four() {
    for good in ["1500001", "150-0001", "〒150-0001", "１５０－０００１", "150‐0001", " 150-0001 "]
    {
        assert_eq!(postal_code_jp(good).as_deref(), Some("150-0001"), "{good}");
    }
    for bad in ["", "150", "150-000", "15-00001", "150-00011", "150 0001", "A50-0001"] {
        assert_eq!(postal_code_jp(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn one_wrong_digit_is_always_seen(body in "[0-9]{12}", at in 0_usize..13, other in 0_u8..10) {
        let good = format!("{body}{}", gs1_check_digit(&body).unwrap());
        prop_assert!(is_gtin(&good));
        let mut wrong = good.clone().into_bytes();
        wrong[at] = b'0' + other;
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert_eq!(is_gtin(&wrong), wrong == good);
    }

    #[test]
    fn a_corporate_number_begins_with_its_check_digit(lower in "[0-9]{12}") {
        let check = corporate_check_digit(&lower).unwrap();
        prop_assert!(('1'..='9').contains(&check));
        let number = format!("{check}{lower}");
        prop_assert!(is_corporate_number(&number));
    }

    #[test]
    fn any_text_is_looked_at_without_a_fault(text in any::<String>()) {
        let _seen = (is_gtin(&text), registration_number(&text), postal_code_jp(&text), prefecture_code(&text));
    }
}
