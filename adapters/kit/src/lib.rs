//! What an adapter must be: manifest, package, Source and Sink.
//!
//! An adapter for one kind of system is a folder of data (a *package*): a
//! manifest, source schemas or layouts, maps, fixtures. Only a transport that
//! nobody has written yet needs Rust. Reading order: [`manifest`] (what a
//! package says), [`files`] (where it is read from), [`package`] (compiled and
//! ready to run), [`decode`] (bytes to records), [`harness`] (proof that
//! it does what it says), [`transport`] (for adapters
//! that bring their own).

pub mod files;
pub mod manifest;

mod load;
pub mod package;
mod run;

pub mod decode;
mod schema;
mod select;

mod explain;
pub use select::Unusable;

pub mod harness;

pub mod transport;
