//! One number for "event 3 of entry 17", so that it can be a key and a cursor.

use crate::error::{Error, Result};

/// Low bits for the index in the entry; the entry's sequence is above them.
const INDEX_BITS: u32 = 24;
/// Largest index of an event or record in one entry.
pub(crate) const INDEX_MAX: u64 = (1 << INDEX_BITS) - 1;

/// Packs a sequence and an index so that packed numbers sort as the pairs do.
pub(crate) fn pack(seq: u64, index: u64) -> Result<i64> {
    if index > INDEX_MAX || seq > i64::MAX.unsigned_abs() >> INDEX_BITS {
        return Err(Error::EntryTooLarge { seq, limit: INDEX_MAX });
    }
    i64::try_from((seq << INDEX_BITS) | index)
        .map_err(|_| Error::EntryTooLarge { seq, limit: INDEX_MAX })
}

/// The sequence and the index that were packed.
pub(crate) fn unpack(pos: i64) -> (u64, u32) {
    let pos = pos.unsigned_abs();
    (pos >> INDEX_BITS, u32::try_from(pos & INDEX_MAX).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_places_sort_as_pairs_and_come_back() {
        let pairs = [(1, 0), (1, 1), (1, INDEX_MAX), (2, 0), (549_755_813_887, INDEX_MAX)];
        let packed: Vec<i64> =
            pairs.iter().map(|&(seq, index)| pack(seq, index).unwrap()).collect();
        assert!(packed.is_sorted());
        for (pos, (seq, index)) in packed.into_iter().zip(pairs) {
            assert_eq!(unpack(pos), (seq, u32::try_from(index).unwrap()));
        }
        assert!(pack(1, INDEX_MAX + 1).is_err());
        assert!(pack(549_755_813_888, 0).is_err());
    }
}
