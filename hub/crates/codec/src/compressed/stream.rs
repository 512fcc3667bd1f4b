//! Unpacking of what is too large to be held: bytes come out part by part, under
//! the same caps as of the whole, and are counted before anybody gets them.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Take};

use flate2::{
    Crc,
    bufread::{DeflateDecoder, MultiGzDecoder},
};
use zstd::stream::read::Decoder;

use super::{Caps, Fault, Kind, RATIO_FROM_BYTES, damaged, wide, zip, zstd::WINDOW_LOG_MAX};

/// A file that is packed, as a stream of what is in it.
pub struct Unpacking<R: BufRead> {
    inner: Inner<R>,
    /// Of a zip: what its directory says comes out, and what has.
    promised: Option<(u64, u32)>,
    crc: Crc,
    out: u64,
    out_max: u64,
}

enum Inner<R: BufRead> {
    Gzip(MultiGzDecoder<R>),
    Zstd(Decoder<'static, R>),
    Stored(Take<R>),
    Deflated(DeflateDecoder<Take<R>>),
}

/// Why no more comes out.
#[derive(Debug)]
pub enum Broken {
    /// The packed bytes cannot be read; they may be later.
    Io(io::Error),
    /// They are no sound file, or too much comes out.
    Packed(Fault),
}

impl<R: BufRead + Seek> Unpacking<R> {
    /// Of a gzip or zstd file that begins where `packed` stands.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn of(kind: Kind, mut packed: R, caps: &Caps) -> Result<Self, Broken> {
        let bytes = length(&mut packed)?;
        let inner = match kind {
            Kind::Gzip => Inner::Gzip(MultiGzDecoder::new(packed)),
            Kind::Zstd => {
                let decoder = Decoder::with_buffer(packed).and_then(|mut it| {
                    it.window_log_max(WINDOW_LOG_MAX)?;
                    Ok(it)
                });
                Inner::Zstd(decoder.map_err(Broken::Io)?)
            }
            Kind::Zip => {
                let message = "a zip holds files; one of them is read";
                return Err(Broken::Packed(damaged(0, message)));
            }
        };
        Ok(Self::new(inner, None, bytes, caps))
    }

    /// Of the file of a zip with that name.
    ///
    /// # Errors
    /// As [`zip::Index::open`]; a name that is not there.
    pub fn of_zipped(
        index: &zip::Index,
        name: &str,
        mut packed: R,
        caps: &Caps,
    ) -> Result<Self, Broken> {
        let bytes = length(&mut packed)?;
        let member = index.find(name, &mut packed)?;
        packed.seek(SeekFrom::Start(member.start)).map_err(Broken::Io)?;
        let packed = packed.take(member.packed);
        let inner = if member.stored {
            Inner::Stored(packed)
        } else {
            Inner::Deflated(DeflateDecoder::new(packed))
        };
        Ok(Self::new(inner, Some((member.unpacked, member.crc)), bytes, caps))
    }

    fn new(inner: Inner<R>, promised: Option<(u64, u32)>, packed: u64, caps: &Caps) -> Self {
        let ratio_bytes = packed.saturating_mul(wide(caps.ratio_max)).max(wide(RATIO_FROM_BYTES));
        let out_max = wide(caps.bytes_max).min(ratio_bytes);
        Self { inner, promised, crc: Crc::new(), out: 0, out_max }
    }
}

impl<R: BufRead> Unpacking<R> {
    /// The next bytes, some of them as [`Read`] does; none: all of it is out, and
    /// its checksums are right.
    ///
    /// # Errors
    /// Damage, more than the caps allow, or packed bytes that cannot be read.
    pub fn unpack(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        let read = match &mut self.inner {
            Inner::Gzip(it) => it.read(buffer),
            Inner::Zstd(it) => it.read(buffer),
            Inner::Stored(it) => it.read(buffer),
            Inner::Deflated(it) => it.read(buffer),
        };
        let read = read.map_err(|error| self.broken(error))?;
        self.out += wide(read);
        if self.out > self.out_max {
            let message = format!("more than {} bytes come out of it", self.out_max);
            return Err(Broken::Packed(Fault { code: "compressed-too-large", offset: 0, message }));
        }
        if let Some((bytes, crc)) = self.promised {
            self.crc.update(buffer.get(..read).unwrap_or_default());
            let at_end = read == 0 && !buffer.is_empty();
            if at_end && (bytes, crc) != (self.out, self.crc.sum()) {
                let message = "the checksum or the length of a file is wrong";
                return Err(Broken::Packed(damaged(0, message)));
            }
        }
        Ok(read)
    }

    /// What the system says of a file has a number; what a decoder says has none.
    fn broken(&self, error: io::Error) -> Broken {
        if error.raw_os_error().is_some() {
            return Broken::Io(error);
        }
        let out = self.out;
        Broken::Packed(damaged(0, format!("behind {out} bytes that came out: {error}")))
    }
}

impl<R: BufRead> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.unpack(buffer).map_err(|broken| match broken {
            Broken::Io(cause) => cause,
            Broken::Packed(fault) => io::Error::new(io::ErrorKind::InvalidData, fault),
        })
    }
}

impl<R: BufRead> std::fmt::Debug for Unpacking<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacking").field("out", &self.out).field("out_max", &self.out_max).finish()
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Packed(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Broken {}

fn length(packed: &mut impl Seek) -> Result<u64, Broken> {
    let length = packed.seek(SeekFrom::End(0)).map_err(Broken::Io)?;
    packed.rewind().map_err(Broken::Io)?;
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::{super::packing::zip, *};
    use std::io::{Cursor, Write as _};

    const CAPS: Caps = Caps { bytes_max: 1 << 22, ratio_max: 100, files_max: 3 };

    fn text() -> Vec<u8> {
        (0..200_000_u32)
            .flat_map(|it| format!("{:x},", it.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn out(mut unpacking: Unpacking<Cursor<Vec<u8>>>) -> Result<Vec<u8>, String> {
        let (mut all, mut part) = (Vec::new(), vec![0; 70_001]);
        loop {
            match unpacking.unpack(&mut part).map_err(|it| it.to_string())? {
                0 => return Ok(all),
                read => all.extend_from_slice(&part[..read]),
            }
        }
    }

    fn of(kind: Kind, packed: Vec<u8>, caps: &Caps) -> Result<Vec<u8>, String> {
        out(Unpacking::of(kind, Cursor::new(packed), caps).unwrap())
    }

    fn zipped(packed: Vec<u8>, name: &str) -> Result<Vec<u8>, String> {
        let mut packed = Cursor::new(packed);
        let index = zip::Index::read(&mut packed, &CAPS).map_err(|it| it.to_string())?;
        let unpacking = Unpacking::of_zipped(&index, name, packed, &CAPS);
        out(unpacking.map_err(|it| it.to_string())?)
    }

    #[test]
    fn a_stream_gives_what_the_whole_gives() {
        let text = text();
        let zstd = ::zstd::encode_all(text.as_slice(), 1).unwrap();
        let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9][..], &zstd].concat();
        let twice = [&text[..], &text].concat();
        assert_eq!(of(Kind::Gzip, gzip(&text), &CAPS).unwrap(), text);
        assert_eq!(of(Kind::Gzip, [gzip(&text), gzip(&text)].concat(), &CAPS).unwrap(), twice);
        assert_eq!(of(Kind::Zstd, [&zstd[..], &skipped].concat(), &CAPS).unwrap(), twice);
        let two = zip(&[(b"a.csv", 0, &text), (b"b.csv", 0, b"x")]);
        assert_eq!(zipped(two.clone(), "a.csv").unwrap(), text, "deflated");
        assert_eq!(zipped(two.clone(), "B.csv").unwrap(), b"x", "stored");
        assert!(zipped(two, "c.csv").unwrap_err().contains("c.csv"));
    }

    #[test]
    fn what_is_damaged_is_never_cut_in_silence() {
        let text = text();
        let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(&text).unwrap();
        let (gz, zst) = (gzip(&text), encoder.finish().unwrap());
        for (kind, packed) in [(Kind::Gzip, &gz), (Kind::Zstd, &zst)] {
            let cut = of(kind, packed[..packed.len() - 5].to_vec(), &CAPS).unwrap_err();
            assert!(cut.starts_with("compressed-damaged"), "{kind:?} {cut}");
            let mut wrong = packed.clone();
            let middle = wrong.len() / 2;
            wrong[middle] ^= 0x55;
            assert!(of(kind, wrong, &CAPS).is_err(), "{kind:?}");
            let more = of(kind, [&packed[..], b"more"].concat(), &CAPS).unwrap_err();
            assert!(more.starts_with("compressed-damaged"), "{kind:?} {more}");
        }
        let mut wrong = zip(&[(b"a.csv", 0, b"x"), (b"b.csv", 0, &text)]);
        let at = wrong.windows(8).position(|it| it == &text[100..108]).unwrap();
        wrong[at] ^= 1;
        assert!(zipped(wrong, "b.csv").unwrap_err().contains("checksum"));
        assert!(zipped(b"PK\x03\x04".repeat(30), "a").unwrap_err().contains("directory"));
    }

    #[test]
    fn no_more_comes_out_than_the_caps_allow() {
        let text = text();
        let small = Caps { bytes_max: text.len() - 1, ..CAPS };
        let much = of(Kind::Gzip, gzip(&text), &small).unwrap_err();
        assert!(much.starts_with("compressed-too-large"), "{much}");
        let bomb = vec![0; 3 << 20];
        for (kind, packed) in [
            (Kind::Gzip, gzip(&bomb)),
            (Kind::Zstd, ::zstd::encode_all(bomb.as_slice(), 1).unwrap()),
        ] {
            let much = of(kind, packed, &CAPS).unwrap_err();
            assert!(much.contains("more than"), "{kind:?}: {much}");
        }
        let five = zip(&[(b"1", 0, b""), (b"2", 0, b""), (b"3", 0, b""), (b"4", 0, b"")]);
        assert!(zipped(five, "1").unwrap_err().contains("4 files"));
    }

    #[test]
    fn a_window_that_takes_too_much_memory_is_refused() {
        let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(WINDOW_LOG_MAX + 1).unwrap();
        encoder.write_all(&text().repeat(8)).unwrap();
        let caps = Caps { bytes_max: 1 << 30, ..CAPS };
        let refused = of(Kind::Zstd, encoder.finish().unwrap(), &caps).unwrap_err();
        assert!(refused.contains("memory"), "{refused}");
    }
}
