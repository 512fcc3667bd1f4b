//! What an append is expected to answer.

use journal::Appended;

pub(crate) fn committed(appended: &Appended) -> u64 {
    match appended {
        Appended::Committed { seq, .. } => *seq,
        other => panic!("expected a new entry, got {other:?}"),
    }
}
