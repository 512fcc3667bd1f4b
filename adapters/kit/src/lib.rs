//! What an adapter must be: a package, and the proof that it does what it says.
//!
//! An adapter for one kind of system is a folder of data (a *package*): a
//! manifest, source schemas or layouts, maps, fixtures. The hub brings the
//! transports. Reading order: [`manifest`] (what a package says), [`files`]
//! (where it is read from), [`package`] (compiled and ready to run), [`decode`]
//! (bytes to records), [`harness`] (proof that it does what it says).

pub mod files;
pub mod manifest;

mod load;
pub mod package;
mod run;

pub mod decode;
pub mod pieces;
mod schema;
mod select;

mod explain;
pub use select::Unusable;

pub mod harness;
