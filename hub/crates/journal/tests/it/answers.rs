//! What an append is expected to answer, and what a journal is expected to be.

use journal::{Appended, Audit, Journal};

pub(crate) fn committed(appended: &Appended) -> u64 {
    match appended {
        Appended::Committed { seq, .. } => *seq,
        other => panic!("expected a new entry, got {other:?}"),
    }
}

/// Everything beside the entries follows from them.
pub(crate) fn audited(journal: &Journal) {
    let reader = journal.reader();
    let mut audit = Audit::new(&reader);
    for row in reader.stored(1, usize::MAX).unwrap() {
        assert_eq!(audit.entry(&row).unwrap(), [""; 0], "entry {}", row.seq);
    }
    assert_eq!(audit.finish(journal.head()).unwrap(), [""; 0]);
}
