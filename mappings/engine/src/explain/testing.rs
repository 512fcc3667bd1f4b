//! Fixtures: a good record gives what it should, a bad one the faults it should.

use codec::layout::Layout;
use serde::Serialize;
use serde_json::Value;

use super::{Coverage, CoverageReport, diff::leaves};
use crate::{
    map::Map,
    run::{Faulted, Mapped, RunContext, Scratch},
};

/// One fixture.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub name: &'a str,
    /// A JSON record, or a file of the map's layout with one record.
    pub input: &'a [u8],
    /// The layout of the input, when it is not JSON.
    pub layout: Option<&'a Layout>,
    pub expect: Expect<'a>,
}

/// What a fixture should give.
#[derive(Clone, Copy, Debug)]
pub enum Expect<'a> {
    /// This JSON, member for member.
    Data(&'a [u8]),
    /// At least a fault at each of these source fields or target fields.
    Faults(&'a [&'a str]),
    /// Only that it maps.
    Maps,
}

/// What came of one fixture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    pub name: String,
    pub passed: bool,
    /// What is not as it should be, in words.
    pub problems: Vec<String>,
}

/// What came of all fixtures of one map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestReport {
    pub cases: Vec<CaseResult>,
    pub coverage: CoverageReport,
}

/// Runs the fixtures of a map.
pub fn test(map: &Map, cases: &[Case<'_>], ctx: &RunContext<'_>) -> TestReport {
    let mut coverage = Coverage::default();
    let mut results = Vec::new();
    for case in cases {
        let problems = match run(map, case, ctx, &mut coverage) {
            Err(problem) => vec![problem],
            Ok(result) => judge(case.expect, &result),
        };
        results.push(CaseResult {
            name: case.name.to_owned(),
            passed: problems.is_empty(),
            problems,
        });
    }
    TestReport { cases: results, coverage: coverage.report(map) }
}

impl TestReport {
    /// Whether all fixtures passed and enough of the map was reached.
    pub fn passed(&self, percent_least: usize) -> bool {
        self.cases.iter().all(|it| it.passed) && self.coverage.percent() >= percent_least
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for case in &self.cases {
            let word = if case.passed { "ok" } else { "FAILED" };
            text.push_str(&format!("{word:6} {}\n", case.name));
            for problem in &case.problems {
                text.push_str(&format!("       {problem}\n"));
            }
        }
        text.push_str(&self.coverage.text());
        text
    }
}

fn run(
    map: &Map,
    case: &Case<'_>,
    ctx: &RunContext<'_>,
    coverage: &mut Coverage,
) -> Result<Result<Mapped, Faulted>, String> {
    let mut scratch = Scratch::default();
    let Some(layout) = case.layout else {
        return Ok(map.trace_json(case.input, ctx, &mut scratch, coverage).0);
    };
    let rows =
        layout.read(case.input).map_err(|fault| format!("the file is refused: {fault:?}"))?;
    if let Some(fault) = rows.faults.first() {
        return Ok(Err(Faulted { faults: fault.faults.clone(), policy: map.plan.on_fault }));
    }
    let row = rows.rows.first().ok_or("the file has no record")?;
    Ok(map.trace_row(&rows, row, ctx, (&mut scratch, coverage)).0)
}

fn judge(expect: Expect<'_>, result: &Result<Mapped, Faulted>) -> Vec<String> {
    match (expect, result) {
        (Expect::Maps, Ok(_)) => Vec::new(),
        (Expect::Data(want), Ok(mapped)) => differences(want, &mapped.data),
        (Expect::Faults(_), Ok(_)) => vec!["it maps, and should have faults".into()],
        (Expect::Maps | Expect::Data(_), Err(faulted)) => faulted
            .faults
            .iter()
            .map(|it| {
                let by = it.needed_by.as_deref().unwrap_or_default();
                format!("{}: found {}, expected {} ({by})", it.field, it.found, it.expected)
            })
            .collect(),
        (Expect::Faults(wanted), Err(faulted)) => wanted
            .iter()
            .filter(|wanted| {
                !faulted.faults.iter().any(|it| {
                    let target =
                        it.needed_by.as_deref().and_then(|it| it.split_once(' ')).map(|it| it.1);
                    it.field == **wanted || target == Some(**wanted)
                })
            })
            .map(|wanted| format!("no fault at `{wanted}`"))
            .collect(),
    }
}

fn differences(want: &[u8], found: &[u8]) -> Vec<String> {
    let (want, found) =
        match (serde_json::from_slice::<Value>(want), serde_json::from_slice::<Value>(found)) {
            (Ok(want), Ok(found)) => (want, found),
            (Err(fault), _) => return vec![format!("the expected result is not JSON: {fault}")],
            (_, Err(fault)) => return vec![format!("the result is not JSON: {fault}")],
        };
    let (want, found) = (leaves(&want), leaves(&found));
    let mut problems = Vec::new();
    for (path, value) in &want {
        match found.get(path) {
            None => problems.push(format!("{path}: expected {value}, found nothing")),
            Some(other) if other != value => {
                problems.push(format!("{path}: expected {value}, found {other}"))
            }
            Some(_) => {}
        }
    }
    for (path, value) in found.iter().filter(|(path, _)| !want.contains_key(*path)) {
        problems.push(format!("{path}: expected nothing, found {value}"));
    }
    problems
}
