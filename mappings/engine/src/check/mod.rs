//! From a map file to a plan: every path, function and type is looked at against
//! the schemas on both sides; what is proved here is not looked at again.

mod assign;
mod backwards;
mod compile;
mod cond;
mod constant;
mod cost;
mod guard;
mod list;
pub(crate) mod lower;
mod path;
mod pipe;
mod single;
mod table;
mod target;
mod target_list;

pub use backwards::{BackField, Backwards, Fate};
pub use compile::{Compiled, Obligations, Options, Verdict, compile};
pub use cost::Cost;
