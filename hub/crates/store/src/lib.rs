//! Current state: a fold of the journal, and its queries.
//!
//! One writer ([`Store`]) takes the journal's entries in order; any number of
//! readers ([`Reader`]) ask. The file can be thrown away and folded again, and
//! then has the same content. Reading order: [`Store`], [`Reader`], `schema/*.sql`.

mod error;
mod place;

mod schema;

mod fold;

mod query;

#[cfg(test)]
mod testing;

pub use error::{Error, Result};
pub use fold::{Applied, Store};
pub use query::*;
pub use schema::Fold;
