//! The language as text: from the YAML of a map file to a tree of rules. Knows
//! no schema and no function; what it reads is checked in `check`.

pub(crate) mod expr;
pub(crate) mod lexer;
pub(crate) mod map_file;
pub(crate) mod parse;
pub(crate) mod policy;
pub(crate) mod print;
pub(crate) mod rule;
pub(crate) mod table;
