//! Archives that are read, and those that are refused.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::{packing::zip, zstd::MAGIC, *};

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
    // The end says one file, the directory has two: none is passed over.
    let mut fewer = archive.clone();
    let end = fewer.len() - 22;
    for at in [end + 8, end + 10] {
        fewer[at] = 1;
    }
    assert_eq!(unzip(&fewer, &CAPS).expect_err("refused").code, "compressed-damaged");
    let code = |files: &[(&[u8], u16, &[u8])]| unzip(&zip(files), &CAPS).expect_err("refused").code;
    assert_eq!(code(&[(b"a", 1, b"x")]), "compressed-unsupported");
    assert_eq!(code(&[(b"a", 0, b"x"), (b"a", 0, b"y")]), "compressed-damaged");
    assert_eq!(code(&[(b"\x81", 0, b"x")]), "compressed-damaged");
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).expect("in memory")
}

/// What zstd 1.5 makes of fifty lines at its level 19, with a checksum.
const BY_ZSTD: [u8; 39] = [
    0x28, 0xB5, 0x2F, 0xFD, 0x64, 0x84, 0x02, 0xCD, 0x00, 0x00, 0x90, 0xE8, 0xA1, 0xA8, 0xE7, 0xA4,
    0xBA, 0x2C, 0xE3, 0x82, 0xBD, 0xE3, 0x83, 0xBC, 0xE3, 0x83, 0x88, 0x0D, 0x0A, 0x01, 0x00, 0xDE,
    0x56, 0x35, 0xC3, 0xA7, 0x22, 0xD6, 0xF2,
];

#[test]
fn zstd_comes_back() {
    let text = "表示,ソート\r\n".repeat(50).into_bytes();
    assert_eq!(kind(&BY_ZSTD), Some(Kind::Zstd));
    assert_eq!(unzstd(&BY_ZSTD, &CAPS).expect("unpacks"), text);
    // Frames one after the other, and one that is passed over.
    let note = [b"\x50\x2A\x4D\x18\x02\0\0\0".as_slice(), b"no"].concat();
    let two = [note.as_slice(), &BY_ZSTD, &zstd(b"end")].concat();
    assert_eq!(kind(&two), Some(Kind::Zstd));
    assert_eq!(unzstd(&two, &CAPS).expect("unpacks"), [text, b"end".to_vec()].concat());
    for cut in 0..BY_ZSTD.len() {
        let fault = unzstd(BY_ZSTD.get(..cut).expect("in bounds"), &CAPS).expect_err("cut");
        assert_eq!(fault.code, "compressed-damaged", "{cut}");
    }
    for at in 0..BY_ZSTD.len() {
        let mut changed = BY_ZSTD;
        changed[at] ^= 0x5A;
        assert!(unzstd(&changed, &CAPS).is_err(), "{at}");
    }
    let behind = [BY_ZSTD.as_slice(), b"x"].concat();
    assert_eq!(unzstd(&behind, &CAPS).expect_err("refused").offset, BY_ZSTD.len());
}

#[test]
fn bombs_of_zstd_do_not_go_off() {
    let zeros = zstd(&vec![0; 3 << 20]);
    assert!(zeros.len() < 4000);
    assert_eq!(unzstd(&zeros, &CAPS).expect_err("refused").code, "compressed-too-large");
    let wide = Caps { ratio_max: 100_000, ..CAPS };
    assert_eq!(unzstd(&zeros, &wide).expect("unpacks").len(), 3 << 20);
    let twice = [zeros.as_slice(), &zeros].concat();
    assert_eq!(unzstd(&twice, &wide).expect_err("refused").code, "compressed-too-large");
    // Each frame alone would be within the ratio.
    let small = zstd(&vec![0; 1 << 19]);
    let many = [small.as_slice(), &small, &small, &small].concat();
    assert_eq!(unzstd(&many, &CAPS).expect_err("refused").code, "compressed-too-large");
    // A window of a gibibyte is a promise of memory, not data.
    let window = |byte| [0x28, 0xB5, 0x2F, 0xFD, 0x00, byte, 1, 0, 0];
    let refused = |bytes: &[u8]| unzstd(bytes, &CAPS).map_err(|it| it.code);
    assert_eq!(refused(&window(20 << 3)), Err("compressed-too-large"));
    assert_eq!(refused(&window(13 << 3 | 1)), Err("compressed-too-large"));
    assert_eq!(refused(&window(13 << 3)), Ok(Vec::new()));
    // And so is a length.
    let long = [0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 0x40, 1, 0, 0];
    assert_eq!(refused(&long), Err("compressed-too-large"));
}

/// A frame of eight plain bytes and a block of so many matches, each of 65,539
/// bytes and what `more` says beyond, for two bytes of input.
fn matches(count: usize, more: u16) -> Vec<u8> {
    let mut block = vec![1 << 3, b'a'];
    // The number of matches (RFC 8878 section 3.1.1.3.2.1), then the three codes
    // that hold for each: no literals, the offset before, the longest match.
    match count {
        ..128 => block.push(u8::try_from(count).expect("fits")),
        _ => {
            block.push(0xFF);
            block.extend(u16::try_from(count - 0x7F00).expect("fits").to_le_bytes());
        }
    }
    block.extend([0x54, 0, 0, 52]);
    (0..count).for_each(|_| block.extend(more.to_le_bytes()));
    block.push(1);
    let head = |last: usize, kind: usize, length: usize| {
        (last | kind << 1 | length << 3).to_le_bytes()[..3].to_vec()
    };
    let start = [&MAGIC[..], &[0, 7 << 3]].concat();
    [start, head(0, 0, 8), b"12345678".to_vec(), head(1, 2, block.len()), block].concat()
}

#[test]
fn blocks_of_zstd_are_bounded_within() {
    let wide = Caps { bytes_max: 64 << 20, ..CAPS };
    // The literal comes behind the match, of the byte four before.
    let one = unzstd(&matches(1, 0), &wide).expect("unpacks");
    assert_eq!((one.len(), one.get(..12)), (8 + 65_539 + 1, Some(&b"123456785678"[..])));
    // A block has at most 128 KiB, and it is refused before more are in memory.
    for (count, more) in [(2, 0), (3, u16::MAX), (32_512 + 33_000, u16::MAX)] {
        let frame = matches(count, more);
        assert!(frame.len() < 132_000);
        assert_eq!(unzstd(&frame, &wide).expect_err("refused").code, "compressed-damaged");
    }
}

#[test]
fn many_frames_and_dictionaries_of_zstd() {
    let empty = [0x28, 0xB5, 0x2F, 0xFD, 0, 0, 1, 0, 0];
    assert_eq!(unzstd(&empty.repeat(100_000), &CAPS), Ok(Vec::new()));
    let known = [0x28, 0xB5, 0x2F, 0xFD, 1, 0, 7, 1, 0, 0];
    assert_eq!(unzstd(&known, &CAPS).expect_err("refused").code, "compressed-unsupported");
    // A content of 16 MiB that is its own window.
    let single = [0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 1, 1, 0, 0];
    let wide = Caps { bytes_max: 64 << 20, ..CAPS };
    assert_eq!(unzstd(&single, &wide).expect_err("refused").code, "compressed-too-large");
}

#[test]
fn one_file_is_unpacked_whichever_way() {
    for packed in [gzip(b"a,1\n"), zstd(b"a,1\n"), zip(&[(b"x.csv", 0, b"a,1\n")])] {
        assert_eq!(unpack(&packed, &CAPS).expect("unpacks").as_deref(), Some(&b"a,1\n"[..]));
    }
    assert_eq!(unpack(b"a,1\n", &CAPS), Ok(None));
    let two = zip(&[(b"a", 0, b"x"), (b"b", 0, b"y")]);
    assert_eq!(unpack(&two, &CAPS).expect_err("refused").code, "compressed-too-large");
    assert!(unpack(&zip(&[(b"folder/", 0, b"")]), &CAPS).is_err());
}
