//! `make demo`: the main job on real input, shown on a terminal.
fn main() {}
