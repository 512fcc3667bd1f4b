//! The form of keys, their hashes, and tables.

use super::*;

fn key(byte: u8) -> ApiKey {
    ApiKey::from_random("demo", &[byte; 48]).expect("a key")
}

#[test]
fn a_key_has_its_prefix_id_secret_and_checksum() {
    let text = key(7).expose().to_owned();
    let fields: Vec<_> = text.split('_').collect();
    let lengths: Vec<_> = fields.iter().map(|it| it.len()).collect();
    assert_eq!(lengths, [3, 4, 12, 43, 6]);
    assert_eq!((fields[0], fields[1]), ("hub", "demo"));
    assert!(ApiKey::is_well_formed(&text));
    for index in 0..text.len() {
        let mut typo = text.clone().into_bytes();
        typo[index] = if typo[index] == b'x' { b'y' } else { b'x' };
        let typo = String::from_utf8(typo).expect("ASCII");
        assert!(!ApiKey::is_well_formed(&typo), "{typo}");
    }
    for bad in ["", "hub_demo", "_____", &text[1..], &format!("{text}_")] {
        assert!(!ApiKey::is_well_formed(bad), "{bad}");
    }
}

#[test]
fn the_whole_range_of_random_bytes_fits() {
    // 2^256 - 1 has 43 digits in base 62.
    let largest = base62(&[255; 32], SECRET_CHARS);
    assert_eq!(largest, "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1".to_owned());
    assert_eq!(base62(&[0, 61], 3), "00z");
    assert_eq!(base62(&[1, 0], 3), "048");
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926, "the check value of CRC-32");
}

#[test]
fn generated_keys_differ_and_print_only_their_id() {
    let (one, two) =
        (ApiKey::generate("prod").expect("a key"), ApiKey::generate("prod").expect("a key"));
    assert_ne!(one.expose(), two.expose());
    assert_eq!(format!("{one:?}"), format!("ApiKey({})", one.id()));
    assert_eq!(ApiKey::generate("Prod 1").err(), Some(KeyFault::Environment));
}

#[test]
fn a_hash_is_kept_as_text_and_read_strictly() {
    let pepper = Secret::new("pepper of this installation");
    for pepper in [None, Some(&pepper)] {
        let hash = KeyHash::of(key(1).expose(), pepper).expect("a hash");
        assert_eq!(KeyHash::parse(&hash.to_string()), Ok(hash.clone()));
        assert_eq!(format!("{hash:?}"), "KeyHash");
    }
    let text = KeyHash::of(key(1).expose(), None).expect("a hash").to_string();
    for bad in [
        "",
        "sha256:",
        "sha256:00",
        &text.to_uppercase(),
        &text.replace("sha256", "md5"),
        &format!("{text}0"),
    ] {
        assert_eq!(KeyHash::parse(bad), Err(KeyFault::HashForm), "{bad}");
    }
    for bad in ["short", "with a space in it, but long enough", "日本語日本語日本語日本語日本語"]
    {
        assert_eq!(KeyHash::of(bad, None), Err(KeyFault::TokenForm), "{bad}");
    }
}

#[test]
fn a_table_finds_peppered_and_plain_keys_and_refuses_ambiguity() {
    let pepper = Secret::new("pepper of this installation");
    let entry = |owner: &str, byte, pepper| KeyEntry {
        owner: owner.to_owned(),
        hash: KeyHash::of(key(byte).expose(), pepper).expect("a hash"),
        not_before: Some(Timestamp::from_ms(10)),
        not_after: Some(Timestamp::from_ms(20)),
        scopes: Vec::new(),
    };
    let entries = vec![entry("plain", 1, None), entry("peppered", 2, Some(&pepper))];
    let table = KeyTable::new(entries.clone(), Some(pepper.clone())).expect("a table");
    let find = |byte, ms| {
        let found = table.find(key(byte).expose(), Timestamp::from_ms(ms));
        found.map(|it| it.owner.clone()).map_err(Denied::reason)
    };
    assert_eq!(find(1, 10), Ok("plain".to_owned()));
    assert_eq!(find(2, 20), Ok("peppered".to_owned()));
    assert_eq!(find(1, 9), Err(Reason::KeyExpired));
    assert_eq!(find(2, 21), Err(Reason::KeyExpired));
    assert_eq!(find(3, 15), Err(Reason::UnknownKey));
    let no_pepper = KeyTable::new(entries, None).expect_err("the pepper is missing");
    assert_eq!(no_pepper, KeyFault::NoPepper { owner: "peppered".to_owned() });
    let twice = vec![entry("one", 1, None), entry("two", 1, None)];
    assert!(matches!(KeyTable::new(twice, None), Err(KeyFault::Repeated { .. })));
}
