//! On real logs: what a crash leaves is passed, damage in the middle is not.

use super::*;
use rusqlite::Connection;

const COMMITS: u64 = 12;

/// A log with `COMMITS` commits of two frames or more, as a crash leaves it.
fn log() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.db");
    let conn = Connection::open(&path).unwrap();
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
    conn.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    conn.execute_batch("CREATE TABLE a(x)").unwrap();
    for n in 1..COMMITS {
        conn.execute("INSERT INTO a VALUES(?1)", [format!("{n}").repeat(5000)]).unwrap();
    }
    fs::read(schema::beside(&path, "-wal")).unwrap()
}

fn frames(log: &[u8]) -> usize {
    (log.len() - HEADER_BYTES) / (FRAME_HEADER_BYTES + 4096)
}

fn commits_from(log: &[u8], frame: usize) -> usize {
    (frame..frames(log))
        .filter(|it| {
            let at = HEADER_BYTES + it * (FRAME_HEADER_BYTES + 4096);
            log[at + 4..at + 8] != [0; 4]
        })
        .count()
}

#[test]
fn a_whole_log_and_an_empty_one_are_right() {
    let log = log();
    assert_eq!(commits_from(&log, 0) as u64, COMMITS);
    let all = Found { frames: frames(&log) as u64, cut_off: 0 };
    assert_eq!(scan(&log[..]).unwrap(), all);
    assert_eq!(scan(&[][..]).unwrap(), Found::default());
}

/// Whatever part of the last commit a power cut leaves, it is no damage.
#[test]
fn a_torn_last_commit_is_no_damage() {
    let log = log();
    let size = FRAME_HEADER_BYTES + 4096;
    let first = (0..frames(&log)).rev().find(|it| commits_from(&log, *it) == 2).unwrap() + 1;
    let last = frames(&log) - first;
    assert!(last >= 2, "{last} frames in the last commit");
    for survive in 0..1_u32 << last {
        let mut torn = log.clone();
        for frame in (0..last).filter(|it| survive & 1 << it == 0) {
            let at = HEADER_BYTES + (first + frame) * size;
            torn[at..at + size].fill(0);
        }
        assert_eq!(scan(&torn[..]).unwrap().cut_off, 0, "frames {survive:b} of the last commit");
    }
    for end in (HEADER_BYTES + first * size..log.len()).step_by(257) {
        assert_eq!(scan(&log[..end]).unwrap().cut_off, 0, "cut at {end}");
    }
}

/// A commit that was given up for want of space leaves frames; the next one,
/// shorter, is torn by a power cut. Both together are no damage.
#[test]
fn a_given_up_try_under_a_torn_commit_is_no_damage() {
    let log = log();
    let size = FRAME_HEADER_BYTES + 4096;
    let first = (0..frames(&log)).rev().find(|it| commits_from(&log, *it) == 2).unwrap() + 1;
    let mut torn = log.clone();
    torn[HEADER_BYTES + first * size + 100] ^= 1;
    let mut leftover = log[log.len() - size..].to_vec();
    leftover[4..8].fill(0);
    for _ in 0..5 {
        torn.extend_from_slice(&leftover);
    }
    assert_eq!(scan(&torn[..]).unwrap(), Found { frames: first as u64, cut_off: 0 });
}

#[test]
fn damage_before_later_commits_is_found() {
    let log = log();
    let size = FRAME_HEADER_BYTES + 4096;
    for frame in 0..frames(&log) {
        for within in [0, 5, 9, 14, 17, 22, 30, size - 1] {
            let mut damaged = log.clone();
            damaged[HEADER_BYTES + frame * size + within] ^= 1;
            let found = scan(&damaged[..]).unwrap();
            assert_eq!(found.frames, frame as u64, "byte {within}");
            if commits_from(&log, frame) > 2 {
                assert!(found.cut_off > 0, "frame {frame}, byte {within}");
            }
        }
    }
    for byte in 0..HEADER_BYTES {
        let mut damaged = log.clone();
        damaged[byte] ^= 1;
        assert!(scan(&damaged[..]).unwrap().cut_off > 0, "byte {byte} of the header");
    }
}

#[test]
fn a_damaged_log_is_kept_when_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.db");
    let mut bytes = log();
    check(&path, false).unwrap();
    bytes[HEADER_BYTES + 100] ^= 1;
    fs::write(schema::beside(&path, "-wal"), &bytes).unwrap();
    let refused = check(&path, false);
    assert!(matches!(refused, Err(Error::LogDamaged { frame: 1, .. })), "{refused:?}");
    check(&path, true).unwrap();
    assert_eq!(fs::read(schema::beside(&path, "-wal.damaged")).unwrap(), bytes);
}
