//! How an input is changed: small damages, pieces of other inputs, tokens.

use crate::chance::Chance;

/// Changes to one input at most.
const CHANGES_MAX: usize = 6;
/// Bytes that are copied, doubled or taken out at once at most.
const PIECE_MAX: usize = 64;
/// Bytes that mean something to most readers.
const ODD: &[u8] = b"\0\xff\x80\x5c\x7c\x81\x1b\r\n\t\"'{}[],:;<>&|+-0";

/// A changed copy of one input of the pool.
pub(crate) fn change(
    pool: &[Vec<u8>],
    tokens: &[&str],
    bytes_max: usize,
    chance: &mut Chance,
) -> Vec<u8> {
    let mut input = pool.get(chance.below(pool.len())).cloned().unwrap_or_default();
    for _ in 0..=chance.below(CHANGES_MAX) {
        once(&mut input, pool, tokens, chance);
    }
    input.truncate(bytes_max);
    input
}

fn once(input: &mut Vec<u8>, pool: &[Vec<u8>], tokens: &[&str], chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let length = chance.below(PIECE_MAX.min(input.len() - at) + 1);
    match chance.below(9) {
        0 => put(input, at, length.min(1), &[chance.next().to_le_bytes()[0]]),
        1 => put(input, at, 0, &[ODD.get(chance.below(ODD.len())).copied().unwrap_or(0)]),
        2 => put(input, at, length, &[]),
        3 => {
            let piece = input.get(at..at + length).unwrap_or_default().to_vec();
            put(input, at, 0, &piece);
        }
        4 => flip(input, at, chance),
        5 => number(input, at, chance),
        6 => splice(input, at, pool, chance),
        _ => {
            if let Some(token) = chance.pick(tokens) {
                put(input, at, length * chance.below(2), token.as_bytes());
            }
        }
    }
}

/// Replaces `length` bytes at `at`.
fn put(input: &mut Vec<u8>, at: usize, length: usize, by: &[u8]) {
    let end = at.saturating_add(length).min(input.len());
    input.splice(at..end, by.iter().copied());
}

fn flip(input: &mut [u8], at: usize, chance: &mut Chance) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << chance.below(8);
    }
}

/// The digits at or behind `at` become another number.
fn number(input: &mut Vec<u8>, at: usize, chance: &mut Chance) {
    let digit = |it: &u8| it.is_ascii_digit();
    let Some(start) = input.iter().skip(at).position(digit).map(|it| it + at) else { return };
    let length = input.iter().skip(start).take_while(|it| digit(it)).count();
    let numbers =
        ["0", "-1", "1", "9", "00", "9999999999999999999", "1e999", "0.1", "2147483648", "٣"];
    if let Some(by) = chance.pick(&numbers) {
        put(input, start, length, by.as_bytes());
    }
}

/// A piece of another input.
fn splice(input: &mut Vec<u8>, at: usize, pool: &[Vec<u8>], chance: &mut Chance) {
    let Some(other) = pool.get(chance.below(pool.len())) else { return };
    let start = chance.below(other.len() + 1);
    let length = chance.below(PIECE_MAX.min(other.len() - start) + 1);
    put(input, at, 0, other.get(start..start + length).unwrap_or_default());
}
