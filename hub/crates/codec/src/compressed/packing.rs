//! Archives for tests.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// An archive of files with name, flags and text; every second one is stored.
pub(crate) fn zip(files: &[(&[u8], u16, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (index, (name, flags, text)) in files.iter().enumerate() {
        let method = if index % 2 == 0 { 8_u16 } else { 0 };
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("in memory");
        let deflated = encoder.finish().expect("in memory");
        let packed = if method == 8 { deflated } else { text.to_vec() };
        let mut crc = Crc::new();
        crc.update(text);
        let long = |it: usize| u32::try_from(it).expect("fits").to_le_bytes();
        let mut common = [20_u16, *flags, method, 0, 0].map(u16::to_le_bytes).concat();
        common.extend(crc.sum().to_le_bytes());
        common.extend([long(packed.len()), long(text.len())].concat());
        common.extend(u16::try_from(name.len()).expect("fits").to_le_bytes());
        common.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00", common.as_slice(), &[0; 10]].concat());
        directory.extend(long(out.len()));
        directory.extend_from_slice(name);
        out.extend([b"PK\x03\x04", common.as_slice(), name, packed.as_slice()].concat());
    }
    let count = u16::try_from(files.len()).expect("fits").to_le_bytes();
    let long = |it: usize| u32::try_from(it).expect("fits").to_le_bytes();
    let at = long(out.len());
    let size = long(directory.len());
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &at, &[0, 0]].concat());
    out
}
