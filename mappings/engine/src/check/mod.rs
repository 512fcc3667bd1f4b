//! From a map file to a plan: every path, function and type is looked at against
//! the schemas on both sides; what is proved here is not looked at again.

mod assign;
mod compile;
mod cond;
mod guard;
mod list;
pub(crate) mod lower;
mod path;
mod pipe;
mod table;
mod target;

pub use compile::{Compiled, Obligations, Options, Verdict, compile};
