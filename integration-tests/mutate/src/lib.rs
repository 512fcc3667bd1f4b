//! Runs a function on mutated inputs: fuzzing in `cargo test`, on stable, without
//! instrumentation.
//!
//! A target answers with what *kind* of outcome an input had (which faults, which
//! fields): an input of a kind that was not seen before is kept and mutated
//! further, so the search goes where the behaviour is, not only where the corpus
//! is. The same seed tries the same inputs. `FUZZ_SECONDS` runs for that long
//! instead of a number of inputs, `FUZZ_SEED` takes another way.

mod chance;
mod change;
mod shrink;

use chance::Chance;
use std::{
    collections::HashSet,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Bytes that an input grows to at most.
const INPUT_BYTES_MAX: usize = 16 * 1024;
/// Inputs that are kept for further mutation at most.
const POOL_MAX: usize = 4096;

/// What is run, on what.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Names it in reports and in the file of a failing input.
    pub name: &'a str,
    /// Folder of seed inputs, one a file; each is run as it is first.
    pub corpus: &'a Path,
    /// More seed inputs, made by the caller.
    pub seeds: &'a [Vec<u8>],
    /// Pieces that are put in now and then: key words, separators, odd letters.
    pub tokens: &'a [&'a str],
    /// Inputs to try when `FUZZ_SECONDS` is not set.
    pub inputs: u64,
    /// Runs one input and answers with the kind of its outcome ([`kind`]). A
    /// panic is a failure.
    pub run: fn(&[u8]) -> u64,
}

/// What came of a run without failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Inputs tried, the corpus among them.
    pub inputs: u64,
    /// Kinds of outcome that were seen.
    pub kinds: usize,
}

/// An input on which the target panicked, made as small as it could be.
#[derive(Debug)]
pub struct Failure {
    /// The target.
    pub name: String,
    /// The input.
    pub input: Vec<u8>,
    /// Where it was written to.
    pub file: PathBuf,
}

/// The kind of an outcome: a hash of what is worth telling apart.
pub fn kind(outcome: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    outcome.hash(&mut hasher);
    hasher.finish()
}

/// Runs a target on its corpus and on mutations of it.
///
/// # Errors
/// The smallest input found on which it panics.
pub fn run(target: &Target<'_>) -> Result<Report, Failure> {
    let number = |name: &str| std::env::var_os(name).and_then(|it| it.to_str()?.parse().ok());
    let end = number("FUZZ_SECONDS").map(|seconds| now() + Duration::from_secs(seconds));
    let mut chance = Chance::new(number("FUZZ_SEED").unwrap_or(1));
    let mut pool = corpus(target.corpus);
    pool.extend_from_slice(target.seeds);
    let mut kinds = HashSet::new();
    let mut inputs = 0;
    for input in &pool {
        kinds.insert(once(target, input)?);
        inputs += 1;
    }
    if pool.is_empty() {
        pool.push(Vec::new());
    }
    let goes_on = |inputs: u64| end.map_or(inputs < target.inputs, |end| now() < end);
    while goes_on(inputs) {
        let input = change::change(&pool, target.tokens, INPUT_BYTES_MAX, &mut chance);
        inputs += 1;
        if kinds.insert(once(target, &input)?) && pool.len() < POOL_MAX {
            pool.push(input);
        }
    }
    Ok(Report { inputs, kinds: kinds.len() })
}

/// The inputs of a folder, by name.
fn corpus(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|it| it.flatten().map(|it| it.path()).filter(|it| it.is_file()).collect())
        .unwrap_or_default();
    files.sort();
    files.iter().filter_map(|it| std::fs::read(it).ok()).collect()
}

fn once(target: &Target<'_>, input: &[u8]) -> Result<u64, Failure> {
    let panics = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| (target.run)(input))).is_err();
    match catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        Ok(kind) => Ok(kind),
        Err(_) => {
            let input = shrink::shrink(input, panics);
            let name = format!("{}-{:016x}.bin", target.name, kind(&input));
            let file = std::env::temp_dir().join(name);
            // Without the file the message still holds the bytes.
            drop(std::fs::write(&file, &input));
            Err(Failure { name: target.name.to_owned(), input, file })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "FUZZ_SECONDS is real time")]
fn now() -> Instant {
    Instant::now()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} inputs, {} kinds of outcome", self.inputs, self.kinds)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} panics on {} bytes, kept in {} (once mended, put it into the corpus): {}",
            self.name,
            self.input.len(),
            self.file.display(),
            self.input.escape_ascii()
        )
    }
}

#[cfg(test)]
mod tests;
