//! The hub in a box and the far systems it talks to, for tests and the demo.
//!
//! Everything here is real: real processes, real sockets, real files. A fake
//! system differs from the real one only in that it can be told to fail, and
//! that it remembers all it got.

mod fail;
pub mod wait;

pub mod far;
pub mod till;

pub mod config;
pub mod hub;

mod stage;
pub mod world;

pub mod demo;

pub use fail::{Fail, Result};
pub use stage::TestHub;
