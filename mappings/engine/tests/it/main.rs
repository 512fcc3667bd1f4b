//! The engine from outside: maps as text in, records in, canonical JSON out.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

mod agree;
mod corpus;
mod cost;
mod explained;
mod faults;
mod functions;
mod infer;
mod language;
mod laws;
mod order;
mod quick;
mod reverse;
mod reversible;
mod rows;
mod schema;
mod shipped;
mod strict;
mod support;
mod tables;
