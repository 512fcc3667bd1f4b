//! The first of two passes: nothing of an input enters before its header,
//! trailer, counts and totals hold.

use super::{Checkpoint, Memory, Stream};
use crate::{
    layout::{LayoutFault, assemble::FAULTS_SHOWN},
    rows::RowFault,
};

/// Reads an input without making records of it.
#[derive(Clone, Debug)]
pub struct Verifier {
    stream: Stream,
    faults: Vec<RowFault>,
}

/// An input whose header, trailer, counts and totals hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub bytes: u64,
    pub records: u64,
    /// Records that cannot be read; the others can.
    pub set_aside: u64,
    /// The first hundred of them.
    pub faults: Vec<RowFault>,
    /// From where the second pass reads: it knows what the first has found
    /// out, so its checkpoints are small.
    pub start: Checkpoint,
}

impl Verifier {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, faults: Vec::new() }
    }

    /// Takes the next bytes of the input.
    ///
    /// # Errors
    /// When the input as a whole is refused.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), LayoutFault> {
        self.stream.push(bytes);
        self.run()
    }

    /// Bytes of the input that are checked.
    pub fn offset(&self) -> u64 {
        self.stream.offset()
    }

    /// Records that are checked.
    pub fn records(&self) -> u64 {
        self.stream.records().0
    }

    /// There are no more bytes: says what the input has.
    ///
    /// # Errors
    /// When the input as a whole is refused.
    pub fn finish(mut self) -> Result<Verified, LayoutFault> {
        self.stream.finish();
        self.run()?;
        let Stream { layout, memory, .. } = self.stream;
        let (bytes, counts) = (memory.offset, memory.tally.counts);
        let mut start = Memory::new(&layout);
        start.tally.keys = memory.tally.keys.for_second_pass();
        start.tally.unchecked = memory.tally.unchecked;
        let start = Checkpoint::new(&layout, start, false);
        Ok(Verified {
            bytes,
            records: counts.records,
            set_aside: counts.set_aside,
            faults: self.faults,
            start,
        })
    }

    fn run(&mut self) -> Result<(), LayoutFault> {
        while let Some(rows) = self.stream.take()? {
            let room = FAULTS_SHOWN.saturating_sub(self.faults.len());
            self.faults.extend(rows.faults.into_iter().take(room));
        }
        Ok(())
    }
}
