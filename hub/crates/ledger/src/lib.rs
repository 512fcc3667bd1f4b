//! A Merkle tree over the journal: checkpoints, verification.
