//! Tower layers around the walk. A gate may delay or refuse, never transform.
//!
//! Read from the outside in: shed, admit, quota. Each takes only what the one
//! before it gives, so a stack in another order does not compile. Before them, at
//! the door, stand limits per address ([`peer`]) and of bytes ([`weight`]); what is
//! refused is told in few words ([`strangers`]).

pub mod admit;
pub mod peer;
pub mod quota;
pub mod shed;
pub mod strangers;
pub mod weight;
