//! The log, the only truth: append, read, dedupe, sealed raw bytes.
//!
//! One entry per arrival, refusal, delivery attempt or act. Entry, dedupe key,
//! trail and sealed raw bytes are one commit; an append is answered after that
//! commit is on disk and never before. The engine is one SQLite file in WAL
//! mode with `synchronous=FULL`, one writer thread, and group commit.
//!
//! Reading order: [`draft`] (what goes in and what comes back), [`journal`]
//! (the handle), [`writer`] (the one thread), [`settle`] (one append inside the
//! transaction), [`weigh`] (which of its events say something new), [`leaf`] (what the ledger hashes), [`reader`] (what folds use).

pub mod draft;
pub mod journal;
pub mod opening;

mod aside;
mod current;
mod prepare;
mod recent;
mod settle;
mod weigh;
mod writer;

pub mod leaf;
pub mod reader;

mod accepted;
pub mod audit;
pub mod backup;
pub mod check;
mod indexes;
mod log;
mod rest;
mod retention;
pub mod salvage;
mod schema;
mod seal;
mod shadow;

pub mod error;
pub mod failpoint;
pub mod stats;

pub use audit::Audit;
pub use draft::{Answer, Appended, Draft, Span};
pub use error::Error;
pub use journal::Journal;
pub use opening::Options;
pub use reader::{Reader, Stored};
pub use seal::Seal;
pub use stats::Stats;
