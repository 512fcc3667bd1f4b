//! Zstandard (RFC 8878): frames one after the other, each with its checksum and
//! length if it says them. Dictionaries are not known here.

use zstd::{stream::read::Decoder, zstd_safe};

use super::{Caps, Fault, damaged, inflate, wide};

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Window that is taken, as a power of two: what every decoder takes (RFC 8878
/// section 3.1.1.1.2), and what HTTP allows (RFC 9659).
pub(super) const WINDOW_LOG_MAX: u32 = 23;
const WINDOW_BYTES_MAX: u64 = 1 << WINDOW_LOG_MAX;
/// Bytes of the head of a frame that is passed over.
const SKIPPED_HEAD_BYTES: usize = 8;

/// Unpacks all frames. Beside what comes out, no more is in memory than a window
/// and a block.
///
/// # Errors
/// Damage, a wrong checksum, bytes that are no frame, or more than the caps
/// allow.
pub fn unzstd(bytes: &[u8], caps: &Caps) -> Result<Vec<u8>, Fault> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    if bytes.is_empty() {
        return Err(damaged(0, "there is no frame"));
    }
    // One for all frames, so that many small ones cost no more than their bytes.
    let context = zstd_safe::DCtx::try_create();
    let mut context = context.ok_or_else(|| damaged(0, "there is no memory to unpack it"))?;
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
        // The ratio is that of the whole, so that many frames gain nothing.
        let (room, before) = (caps.bytes_max.saturating_sub(out.len()), out.len());
        promises(at, rest, room)?;
        let mut frame = Decoder::with_context(&mut rest, &mut context).single_frame();
        frame
            .window_log_max(WINDOW_LOG_MAX)
            .map_err(|error| damaged(at, format!("a frame cannot be unpacked: {error}")))?;
        out.extend(inflate(frame, (at, bytes.len()), (room, before), caps)?);
    }
    Ok(out)
}

/// What the head of a frame says, before memory is given to it.
fn promises(at: usize, frame: &[u8], room: usize) -> Result<(), Fault> {
    let refused = |code, message| Err(Fault { code, offset: at, message });
    let promised = zstd_safe::get_frame_content_size(frame)
        .map_err(|_| damaged(at, "the head of a frame is damaged"))?;
    if let Some(promised) = promised.filter(|it| *it > wide(room)) {
        let message = format!("a frame of {promised} bytes; {room} are taken");
        return refused("compressed-too-large", message);
    }
    let window = window(frame).or(promised).unwrap_or(0);
    if window > WINDOW_BYTES_MAX {
        let message = format!("a window of {window} bytes; at most {WINDOW_BYTES_MAX} are taken");
        return refused("compressed-too-large", message);
    }
    match zstd_safe::get_dict_id_from_frame(frame) {
        Some(id) => refused("compressed-unsupported", format!("a frame with the dictionary {id}")),
        None => Ok(()),
    }
}

/// Bytes of a frame's window; `None`: it has none, and its content is the window
/// (RFC 8878 section 3.1.1.1.2).
fn window(frame: &[u8]) -> Option<u64> {
    let (descriptor, window) = (frame.get(4)?, frame.get(5)?);
    let (exponent, eighths) = (u64::from(window >> 3), u64::from(window & 7));
    (descriptor & 0x20 == 0).then_some((8 + eighths) << (7 + exponent))
}
