//! Archives that are read, and those that are refused.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::{packing::zip, *};

const CAPS: Caps = Caps { bytes_max: 4 << 20, ratio_max: 100, files_max: 3 };

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

#[test]
fn gzip_comes_back() {
    let text = "表示,ソート\r\n".repeat(1000).into_bytes();
    let packed = gzip(&text);
    assert_eq!(kind(&packed), Some(Kind::Gzip));
    assert_eq!(gunzip(&packed, &CAPS).expect("unpacks"), text);
    let two = [gzip(b"a"), gzip(b"b")].concat();
    assert_eq!(gunzip(&two, &CAPS).expect("unpacks"), b"ab");
    for bad in [packed.get(..packed.len() - 3).expect("cut"), b"\x1F\x8B\x08", b"abc"] {
        assert_eq!(gunzip(bad, &CAPS).expect_err("refused").code, "compressed-damaged");
    }
    let mut wrong = packed.clone();
    let last = wrong.len() - 6;
    wrong[last] ^= 1;
    assert_eq!(gunzip(&wrong, &CAPS).expect_err("refused").code, "compressed-damaged");
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = gzip(&vec![0; 3 << 20]);
    assert!(zeros.len() < 4000);
    assert_eq!(gunzip(&zeros, &CAPS).expect_err("refused").code, "compressed-too-large");
    let wide = Caps { ratio_max: 10_000, ..CAPS };
    assert_eq!(gunzip(&zeros, &wide).expect("unpacks").len(), 3 << 20);
    let narrow = Caps { bytes_max: 1 << 20, ..wide };
    assert_eq!(gunzip(&zeros, &narrow).expect_err("refused").code, "compressed-too-large");
    let half: &[u8] = &vec![1; 3 << 20];
    let archive = zip(&[(b"a", 0, half), (b"b", 0, half)]);
    assert_eq!(unzip(&archive, &wide).expect_err("refused").code, "compressed-too-large");
    let four = zip(&[(b"a", 0, b""), (b"b", 0, b""), (b"c", 0, b""), (b"d", 0, b"")]);
    assert_eq!(unzip(&four, &CAPS).expect_err("refused").code, "compressed-too-large");
}

#[test]
fn archives_are_unpacked() {
    let archive =
        zip(&[(b"\x94\x84\x8F\xE3.csv", 0, b"1,2\r\n"), ("売上/2.csv".as_bytes(), 0x0800, b"3")]);
    assert_eq!(kind(&archive), Some(Kind::Zip));
    let files = unzip(&archive, &CAPS).expect("unpacks");
    let seen: Vec<_> = files.iter().map(|it| (it.name.as_str(), it.bytes.as_slice())).collect();
    assert_eq!(seen, [("売上.csv", &b"1,2\r\n"[..]), ("売上/2.csv", b"3")]);
    assert_eq!(unzip(&zip(&[(b"folder/", 0, b"")]), &CAPS).expect("unpacks"), []);
}

#[test]
fn strange_archives_are_refused() {
    let archive = zip(&[(b"a", 0, b"text"), (b"b", 0, b"more")]);
    for cut in 0..archive.len() {
        assert!(unzip(archive.get(..cut).expect("in bounds"), &CAPS).is_err(), "{cut}");
    }
    for at in 0..archive.len() {
        let mut changed = archive.clone();
        changed[at] ^= 0x5A;
        // A changed name or date is another archive; the texts never change.
        if let Ok(files) = unzip(&changed, &CAPS) {
            let texts: Vec<_> = files.iter().map(|it| it.bytes.as_slice()).collect();
            assert_eq!(texts, [&b"text"[..], b"more"], "{at}");
        }
    }
    let code = |files: &[(&[u8], u16, &[u8])]| unzip(&zip(files), &CAPS).expect_err("refused").code;
    assert_eq!(code(&[(b"a", 1, b"x")]), "compressed-unsupported");
    assert_eq!(code(&[(b"a", 0, b"x"), (b"a", 0, b"y")]), "compressed-damaged");
    assert_eq!(code(&[(b"\x81", 0, b"x")]), "compressed-damaged");
}
