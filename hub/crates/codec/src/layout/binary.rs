//! Numbers in fixed fields that are not text: packed decimal (COMP-3) and two's
//! complement (COMP), as COBOL programs write them. Errors are what was expected.

use super::{
    cell::number,
    model::{Negative, Number, Storage},
    text,
};

/// Appends the number in normal form.
pub(super) fn read(format: &Number, bytes: &[u8], out: &mut String) -> Result<(), String> {
    let (negative, digits) = match format.storage {
        Storage::Packed => {
            unpack(bytes).ok_or("packed digits with a sign (C, D or F) at the end")?
        }
        Storage::Binary => integer(format, bytes.iter()),
        Storage::BinaryLittle | Storage::Display => integer(format, bytes.iter().rev()),
    };
    if negative && format.negative == Negative::Refused {
        return Err("a number not below zero".to_owned());
    }
    number::implied(format.scale, negative, &digits, out).ok_or_else(|| number::expected(format))
}

/// Appends the bytes of a number in normal form.
pub(super) fn write(
    format: &Number,
    length: usize,
    text: &str,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let implied = Number { implied: format.scale > 0, ..format.clone() };
    let (negative, digits) = text::digits(&implied, text)?;
    if format.storage == Storage::Packed {
        return pack(format, length, negative, &digits, out);
    }
    let too_wide = || format!("a number that {length} bytes can hold");
    let number: i128 = digits.parse().map_err(|_| too_wide())?;
    let number = if negative { -number } else { number };
    let bits = u32::try_from(length * 8).unwrap_or(64);
    let range = match format.negative {
        Negative::Refused => 0..1_i128 << bits,
        _ => -(1_i128 << (bits - 1))..1_i128 << (bits - 1),
    };
    if !range.contains(&number) {
        return Err(too_wide());
    }
    let bytes = number.to_be_bytes();
    let bytes = bytes.get(bytes.len() - length..).unwrap_or_default();
    match format.storage {
        Storage::BinaryLittle => out.extend(bytes.iter().rev()),
        Storage::Binary | Storage::Packed | Storage::Display => out.extend_from_slice(bytes),
    }
    Ok(())
}

/// Appends bytes as hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8], out: &mut String) {
    let digit = |it: u8| char::from_digit(u32::from(it), 16).map(|it| it.to_ascii_uppercase());
    out.extend(bytes.iter().flat_map(|it| [digit(it >> 4), digit(it & 0x0F)]).flatten());
}

/// The bytes of hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    bytes.collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())
}

fn unpack(bytes: &[u8]) -> Option<(bool, String)> {
    let mut halves: Vec<u8> = bytes.iter().flat_map(|it| [it >> 4, it & 0x0F]).collect();
    let negative = match halves.pop()? {
        0x0A | 0x0C | 0x0E | 0x0F => false,
        0x0B | 0x0D => true,
        _ => return None,
    };
    let digits: Option<String> =
        halves.into_iter().map(|it| char::from_digit(u32::from(it), 10)).collect();
    Some((negative, digits?))
}

fn pack(
    format: &Number,
    length: usize,
    negative: bool,
    digits: &str,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let room = length * 2 - 1;
    if digits.len() > room {
        return Err(format!("a number of at most {room} digits"));
    }
    let sign = match (negative, format.negative) {
        (_, Negative::Refused) => 0x0F,
        (true, _) => 0x0D,
        (false, _) => 0x0C,
    };
    let zeros = std::iter::repeat_n(0, room - digits.len());
    let halves = zeros.chain(digits.bytes().map(|it| it & 0x0F)).chain([sign]);
    let halves: Vec<u8> = halves.collect();
    let bytes = halves.chunks(2).map(|it| it.iter().fold(0, |byte, half| byte << 4 | half));
    out.extend(bytes);
    Ok(())
}

fn integer<'a>(format: &Number, bytes: impl Iterator<Item = &'a u8>) -> (bool, String) {
    let mut number: i128 = 0;
    let mut bits = 0;
    for byte in bytes {
        number = number << 8 | i128::from(*byte);
        bits += 8;
    }
    let signed = format.negative != Negative::Refused && bits > 0;
    if signed && number >> (bits - 1) & 1 == 1 {
        number -= 1 << bits;
    }
    (number < 0, number.unsigned_abs().to_string())
}
