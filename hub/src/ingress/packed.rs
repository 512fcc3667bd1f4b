//! Bodies that are compressed on their way (`Content-Encoding`, RFC 9110 section
//! 8.4). They are unpacked behind the gates: a stranger gets no work done, and a
//! signature is that of the bytes as they came.

pub(crate) mod file;

use crate::problem::{Fault, Refusal};
use bytes::Bytes;
use codec::compressed::{self, Caps};
use http::{HeaderMap, header};

/// Bytes out for each byte in.
pub(crate) const RATIO_MAX: usize = 200;
/// What is taken.
const TAKEN: &str = "no Content-Encoding, or one of gzip and zstd";

/// Whether a body says that it is compressed.
pub(crate) fn is_packed(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(header::CONTENT_ENCODING);
    encodings.iter().any(|it| !it.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// The bytes of a body that is compressed, at most `bytes_max` of them; `None`
/// when it is not.
///
/// # Errors
///
/// [`Refusal::Undecodable`] when it is compressed in another way, twice, or is
/// damaged; [`Refusal::BodyTooLarge`] when too much comes out.
pub(crate) fn unpacked(
    headers: &HeaderMap,
    bytes: &Bytes,
    bytes_max: u64,
) -> Result<Option<Bytes>, Refusal> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(encoding) = encodings.next() else { return Ok(None) };
    let caps = Caps {
        bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
        ratio_max: RATIO_MAX,
        files_max: 1,
    };
    let name = encoding.to_str().unwrap_or_default().trim().to_ascii_lowercase();
    let result = match (name.as_str(), encodings.next()) {
        ("identity", None) => return Ok(None),
        ("gzip" | "x-gzip", None) => compressed::gunzip(bytes, &caps),
        ("zstd", None) => compressed::unzstd(bytes, &caps),
        _ => return Err(refused(None, format!("Content-Encoding: {}", name.escape_debug()))),
    };
    match result {
        Ok(unpacked) => Ok(Some(unpacked.into())),
        Err(fault) if fault.code == "compressed-too-large" => {
            Err(Refusal::BodyTooLarge { limit_bytes: bytes_max })
        }
        Err(fault) => {
            let offset = u64::try_from(fault.offset).ok();
            Err(refused(offset, format!("{}: {}", fault.code, fault.message)))
        }
    }
}

fn refused(offset: Option<u64>, found: String) -> Refusal {
    Refusal::Undecodable {
        fault: Fault { offset, found, expected: TAKEN.to_owned(), ..Fault::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const GZIP: [u8; 26] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x8B, 0x36, 0x8C, 0xE5, 0x8A,
        0xC6, 0x83, 0x01, 0x57, 0x85, 0xA6, 0xA7, 0x20, 0x00, 0x00, 0x00,
    ];
    const ZSTD: [u8; 19] = [
        0x28, 0xB5, 0x2F, 0xFD, 0x20, 0x20, 0x55, 0x00, 0x00, 0x20, 0x5B, 0x31, 0x5D, 0x0A, 0x01,
        0x00, 0x33, 0x8E, 0x08,
    ];

    fn read(encodings: &[&'static str], bytes: &[u8], max: u64) -> Result<Option<Bytes>, Refusal> {
        let mut headers = HeaderMap::new();
        for it in encodings {
            headers.append(header::CONTENT_ENCODING, http::HeaderValue::from_static(it));
        }
        assert_eq!(is_packed(&headers), !matches!(encodings, [] | ["identity"]));
        unpacked(&headers, &Bytes::copy_from_slice(bytes), max)
    }

    #[test]
    fn bodies_are_unpacked_as_they_say() {
        let plain = "[1]\n".repeat(8);
        for (encodings, bytes) in
            [(&["gzip"], &GZIP[..]), (&["GZIP"], &GZIP), (&["x-gzip"], &GZIP), (&["zstd"], &ZSTD)]
        {
            let out = read(encodings, bytes, 32).unwrap().unwrap();
            assert_eq!(out, plain.as_bytes());
        }
        assert_eq!(read(&[], &GZIP, 32).unwrap(), None);
        assert_eq!(read(&["identity"], b"[1]", 32).unwrap(), None);
    }

    #[test]
    fn what_is_not_as_it_says_is_refused() {
        let code = |encodings: &[&'static str], bytes: &[u8], max| {
            read(encodings, bytes, max).map_err(|it| it.code()).unwrap_err()
        };
        assert_eq!(code(&["gzip"], &GZIP, 31), "body-too-large");
        assert_eq!(code(&["zstd"], &ZSTD, 31), "body-too-large");
        assert_eq!(code(&["br"], &GZIP, 32), "undecodable");
        assert_eq!(code(&["gzip, gzip"], &GZIP, 32), "undecodable");
        assert_eq!(code(&["gzip", "zstd"], &GZIP, 32), "undecodable");
        assert_eq!(code(&["zstd"], &GZIP, 32), "undecodable");
        assert_eq!(code(&["gzip"], &GZIP[..20], 32), "undecodable");
    }
}
