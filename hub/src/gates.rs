//! Tower layers around the walk. A gate may delay or refuse, never transform.
//!
//! Read from the outside in: shed, admit, quota. Each takes only what the one
//! before it gives, so a stack in another order does not compile.

pub mod admit;
pub mod peer;
pub mod quota;
pub mod shed;
