//! What people see of a map beside its results: where a value came from, which
//! fields and branches fixtures reach, what a new version changes, how a map is
//! read backwards. None of it is on the hot path.

mod coverage;
mod diff;
mod fmt;
mod impact;
mod infer;
mod provenance;
mod put;
mod reverse;
mod testing;

pub use coverage::{Coverage, CoverageItem, CoverageReport};
pub use diff::{Change, DiffReport, Sample, diff};
pub use fmt::fmt;
pub use impact::{impact, impact_of};
pub use infer::{Inferred, infer};
pub use provenance::{
    Explained, FieldTrace, ReadTrace, StepTrace, Watch, explain_json, explain_row,
};
pub use put::{Put, PutFault, put};
pub(crate) use reverse::shared;
pub use reverse::{Level, ReverseField, Reversed, reverse};
pub use testing::{Case, CaseResult, Expect, TestReport, test};
