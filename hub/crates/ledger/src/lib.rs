//! A Merkle tree over the journal: checkpoints, proofs, verification.
//!
//! Every entry's leaf is hashed as RFC 9162 says, the hashes are kept in tiles
//! as C2SP tlog-tiles lays them out, and the head is signed as a C2SP checkpoint.
//! The ledger is a fold: its file can be thrown away and made again from the
//! journal. What cannot be made again, and is worth keeping elsewhere, is a
//! checkpoint that somebody outside has seen.
//!
//! Reading order: [`tree`] (the hashing), [`proof`] (inclusion, consistency),
//! [`note`] (signed checkpoints), [`ledger`] (the fold), [`verify`] (from the
//! files alone).

pub mod tree;

pub mod proof;

pub mod note;

mod tiles;

pub mod copy;
pub mod error;
pub mod ledger;
pub mod report;
pub mod verify;

pub use copy::copy;
pub use error::Error;
pub use ledger::{Ledger, Options};
pub use report::{Fault, Place, Report};
pub use verify::{Inputs, verify};
