//! Retail rules: which version wins, who is who, how much is where. Pure.
//!
//! No clock, no files, no network: facts in, decisions out, the same for the
//! same facts in whatever order they come. Reading order: [`version`].

pub mod version;
