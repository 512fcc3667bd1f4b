//! What is in compressed files, and why others are refused.

use super::{super::tests::GZIP, *};

/// A zip of files that are stored: name, text, CRC-32.
fn zip(files: &[(&str, &[u8], u32)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let long = |it: usize| u32::try_from(it).unwrap().to_le_bytes();
    for (name, text, crc) in files {
        let mut head = [20_u16, 0x0800, 0, 0, 0].map(u16::to_le_bytes).concat();
        head.extend([crc.to_le_bytes(), long(text.len()), long(text.len())].concat());
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", head.as_slice(), &[0; 10]].concat());
        directory.extend([&long(out.len()), name.as_bytes()].concat());
        out.extend([b"PK\x03\x04", head.as_slice(), name.as_bytes(), text].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (at, size) = (long(out.len()), long(directory.len()));
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
    out
}

fn name_of(name: &str, bytes: &[u8]) -> String {
    inside(name, bytes, 32).unwrap().unwrap().name
}

fn reason(name: &str, bytes: &[u8], bytes_max: u64) -> String {
    let refusal = inside(name, bytes, bytes_max).unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

#[test]
fn what_is_in_a_file_is_called_without_its_ending() {
    let found = inside("売上.csv.gz", &GZIP, 32).unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.bytes), ("売上.csv", "[1]\n".repeat(8).into_bytes()));
    assert_eq!(inside("a.csv.gz", b"a,1\n", 32).unwrap(), None, "the name decides nothing");
    for (name, is) in [("A.CSV.GZ", "A.CSV"), ("a.csv", "a.csv"), (".gz", ".gz"), ("髙", "髙")] {
        assert_eq!(name_of(name, &GZIP), is);
    }
}

#[test]
fn a_zip_is_its_one_file() {
    let crc = 0x3524_41C2;
    let one = |name| zip(&[(name, b"abc", crc)]);
    for (name, is) in [("x.csv", "x.csv"), ("../日/x.csv", "x.csv"), ("a\\b", "b"), ("\n", "n")] {
        assert_eq!(name_of("n.zip", &one(name)), is);
    }
    let macos = zip(&[("x.csv", b"abc", crc), ("__MACOSX/._x.csv", b"", 0)]);
    assert_eq!(name_of("n.zip", &macos), "x.csv");
    let workbook = zip(&[("[Content_Types].xml", b"abc", crc), ("xl/workbook.xml", b"", 0)]);
    assert_eq!(inside("n.zip", &workbook, 1).unwrap(), None, "a workbook is no archive");
    let four = ["a", "b", "c", "d"].map(|it| (it, &b""[..], 0));
    let text = reason("n.zip", &zip(&four), 32);
    assert!(text.contains("one file in it; this one has 4 files: a, b, c, …"), "{text}");
    assert!(reason("n.zip", &zip(&[]), 32).contains("has 0 files"));
}

#[test]
fn what_is_damaged_or_too_large_is_refused_with_the_reason() {
    let text = reason("a.csv.gz", &GZIP[..20], 32);
    assert!(
        text.starts_with("undecodable: cannot be decoded: ") && text.contains("a sound gzip file"),
        "{text}"
    );
    let text = reason("a.csv.gz", &GZIP, 31);
    assert!(text.starts_with("file-too-large: the file has 26 bytes"), "{text}");
    assert!(text.contains("it is compressed (gzip)") && text.contains("more than 31"), "{text}");
    let wrong = zip(&[("x.csv", b"abc", 1)]);
    assert!(reason("n.zip", &wrong, 32).contains("a sound zip file; compressed-damaged"));
}

#[test]
fn what_is_too_large_to_be_held_is_known_before_it_is_unpacked() {
    let seen = |name: &str, bytes: &[u8]| stored(name, std::io::Cursor::new(bytes.to_vec()));
    let name = |name: &str, bytes: &[u8]| seen(name, bytes).unwrap().map(|it| it.name);
    assert_eq!(name("a.csv.gz", &GZIP).as_deref(), Some("a.csv"));
    assert_eq!(name("a.csv.gz", b"a,1\n"), None);
    let crc = 0x3524_41C2;
    let macos = zip(&[("__MACOSX/._x.csv", b"", 0), ("日/x.csv", b"abc", crc)]);
    assert_eq!(name("n.zip", &macos).as_deref(), Some("x.csv"));
    assert_eq!(name("n.zip", &zip(&[("[Content_Types].xml", b"abc", crc)])), None);
    let inside = seen("n.zip", &macos).unwrap().unwrap();
    let mut out = [0; 9];
    let read = inside.open(std::io::Cursor::new(macos.clone()), 9).unwrap().unpack(&mut out);
    assert_eq!((read.unwrap(), &out[..3]), (3, &b"abc"[..]));
    let two = zip(&[("a", b"abc", crc), ("b", b"abc", crc)]);
    for (bytes, why) in [(two, "2 files: a, b"), (macos[..90].to_vec(), "a sound zip file")] {
        let Err(Untold::Refused(refusal)) = seen("n.zip", &bytes) else { panic!("{why}") };
        assert!(refusal.to_string().contains(why), "{refusal}");
    }
}
