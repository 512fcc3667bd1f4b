//! Zstandard (RFC 8878): frames one after the other, each with its checksum and
//! length if it says them. Dictionaries are not known here.

use ruzstd::decoding::{StreamingDecoder, errors::FrameDecoderError};

use super::{Caps, Fault, damaged, inflate};

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Bytes of a window: what every decoder takes (RFC 8878 section 3.1.1.1.2), and
/// what HTTP allows (RFC 9659).
const WINDOW_BYTES_MAX: u64 = 8 << 20;
/// Bytes of the head of a frame that is passed over.
const SKIPPED_HEAD_BYTES: usize = 8;

/// Unpacks all frames.
///
/// # Errors
/// Damage, a wrong checksum, bytes that are no frame, or more than the caps
/// allow.
pub fn unzstd(bytes: &[u8], caps: &Caps) -> Result<Vec<u8>, Fault> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    if bytes.is_empty() {
        return Err(damaged(0, "there is no frame"));
    }
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        if let [0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..] = rest {
            let length =
                usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
            let end = SKIPPED_HEAD_BYTES.saturating_add(length);
            rest = rest.get(end..).ok_or_else(|| damaged(at, "a frame is cut"))?;
            continue;
        }
        if !rest.starts_with(&MAGIC) {
            return Err(damaged(at, "bytes that are no frame"));
        }
        window(at, rest)?;
        let mut frame = StreamingDecoder::new(&mut rest).map_err(|it| refused(at, &it))?;
        // The ratio is that of the whole, so that many frames gain nothing.
        let (room, before) = (caps.bytes_max - out.len(), out.len());
        let promised = usize::try_from(frame.decoder.content_size()).unwrap_or(usize::MAX);
        if promised > room {
            let message = format!("a frame of {promised} bytes; {room} are taken");
            return Err(Fault { code: "compressed-too-large", offset: at, message });
        }
        let unpacked = inflate(&mut frame, (at, bytes.len()), (room, before), caps)?;
        let frame = frame.into_frame_decoder();
        let said = frame.get_checksum_from_data();
        if said.is_some() && said != frame.get_calculated_checksum() {
            return Err(damaged(at, "the checksum of a frame is wrong"));
        }
        if promised != 0 && promised != unpacked.len() {
            return Err(damaged(at, "the length of a frame is wrong"));
        }
        out.extend(unpacked);
    }
    Ok(out)
}

/// All of a window is in memory before a byte comes out, so it is bounded. A
/// frame without one has its whole content as the window.
fn window(at: usize, frame: &[u8]) -> Result<(), Fault> {
    let (Some(descriptor), Some(window)) = (frame.get(4), frame.get(5)) else { return Ok(()) };
    let (exponent, eighths) = (u64::from(window >> 3), u64::from(window & 7));
    let bytes = (8 + eighths) << (7 + exponent);
    if descriptor & 0x20 != 0 || bytes <= WINDOW_BYTES_MAX {
        return Ok(());
    }
    let message = format!("a window of {bytes} bytes; at most {WINDOW_BYTES_MAX} are taken");
    Err(Fault { code: "compressed-too-large", offset: at, message })
}

fn refused(at: usize, error: &FrameDecoderError) -> Fault {
    let code = match error {
        FrameDecoderError::WindowSizeTooBig { .. } => "compressed-too-large",
        FrameDecoderError::DictNotProvided { .. } => "compressed-unsupported",
        _ => "compressed-damaged",
    };
    Fault { code, offset: at, message: format!("a frame cannot be unpacked: {error}") }
}
