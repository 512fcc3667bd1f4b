//! The mapping language: compile, check, run, explain. Pure.
