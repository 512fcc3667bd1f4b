//! The hub in a box and the far systems it talks to, for tests and the demo.
