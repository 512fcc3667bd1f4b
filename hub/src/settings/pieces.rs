//! `pieces:` of a folder: how files are taken that are larger than an arrival.

use super::{fault_at, units};
use codec::yaml::Table;

/// How large files are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    /// A piece is full when it has so many bytes,
    pub bytes: u64,
    /// or so many records.
    pub records: u64,
    /// Largest file, in bytes.
    pub file_bytes_max: u64,
}

/// With these a piece with all it becomes is some ten megabytes in memory.
const DEFAULT: Pieces = Pieces { bytes: 512 << 10, records: 1_000, file_bytes_max: 4 << 30 };
const BYTES: std::ops::RangeInclusive<u64> = 64 << 10..=16 << 20;
const RECORDS: std::ops::RangeInclusive<u64> = 1..=20_000;
const FILE_BYTES: std::ops::RangeInclusive<u64> = 1 << 20..=64 << 30;

impl Default for Pieces {
    fn default() -> Self {
        DEFAULT
    }
}

/// Reads `pieces` of a folder's table, if it is there.
pub(super) fn read(folder: &Table<'_>) -> Option<Pieces> {
    let table = folder.table("pieces", "how large files are cut")?;
    let size = |key: &'static str, range: std::ops::RangeInclusive<u64>, shown: &str| {
        let size = units::size(&table, key)?;
        if !range.contains(&size)
            && let Some(node) = table.node(key)
        {
            fault_at(&table, "C45", node, format!("`{key}` is out of range"), shown);
        }
        Some(size)
    };
    let bytes = size("bytes", BYTES, "64KiB to 16MiB").unwrap_or(DEFAULT.bytes);
    let file_bytes_max = size("file_bytes_max", FILE_BYTES, "1MiB to 64GiB");
    let records: Option<u64> = table.number("records", "records of one piece, from 1");
    if records.is_some_and(|it| !RECORDS.contains(&it))
        && let Some(node) = table.node("records")
    {
        fault_at(&table, "C45", node, "`records` is out of range".into(), "1 to 20000");
    }
    table.finish();
    Some(Pieces {
        bytes,
        records: records.unwrap_or(DEFAULT.records),
        file_bytes_max: file_bytes_max.unwrap_or(DEFAULT.file_bytes_max),
    })
}
