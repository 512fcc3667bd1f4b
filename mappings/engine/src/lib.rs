//! The mapping language: compile, check, run, explain. Pure.
//!
//! A map is data: it cannot loop, wait, read a clock or reach outside. It is
//! checked against what comes in and what must come out before it runs; see
//! `mappings/LANGUAGE.md`. Reading order: [`compile`] reads the map file
//! (`language`), proves it against both schemas and lowers it (`check`) into a
//! flat plan (`plan`); [`Map::run_json`] fills slots from the input (`input`)
//! and writes the target (`run`).

mod check;
mod explain;
pub mod functions;
mod input;
mod language;
mod library;
mod map;
mod plan;
mod run;
mod schema;
mod time;
mod types;
mod value;

pub use check::{
    BackField, Backwards, Compiled, Cost, Fate, Obligations, Options, Verdict, compile,
};
pub use explain::{
    Case, CaseResult, Change, Coverage, CoverageItem, CoverageReport, DiffReport, Expect,
    Explained, FieldTrace, Inferred, Level, Put, PutFault, ReadTrace, ReverseField, Reversed,
    Sample, StepTrace, TestReport, Watch, diff, explain_json, explain_row, fmt, impact, impact_of,
    infer, put, reverse, test,
};
pub use language::policy::{FaultPolicy, UnknownSource};
pub use library::{Library, beside};
pub use map::{Direction, Map};
pub use run::{Faulted, Mapped, RunContext, Scratch};
