//! What watches a run. Nothing does on the hot path; `explain` and the coverage
//! report do.

use crate::{
    input::Slot,
    plan::{ExprId, NodeId, op::Place},
    value::Value,
};

/// Told of every step of a run. All methods do nothing unless they are written.
pub(crate) trait Trace {
    /// Whether anybody listens.
    const ON: bool = true;
    /// A pipe starts.
    fn begin(&mut self, _expr: ExprId) {}
    /// A step of it gave a value; `shown` prints it.
    fn step(
        &mut self,
        _expr: ExprId,
        _step: usize,
        _value: Value,
        _shown: impl FnOnce() -> String,
    ) {
    }
    /// A slot was read.
    fn read(&mut self, _place: &Place, _path: impl FnOnce() -> String, _slot: Slot) {}
    /// A table answered.
    fn table(&mut self, _table: u32, _key: &str) {}
    /// An object that is only there under a condition was written or left out.
    fn when(&mut self, _node: NodeId, _holds: bool) {}
    /// The branch of a choice was taken.
    fn branch(&mut self, _node: NodeId, _branch: usize) {}
    /// A member is about to be written; `path` is its target path.
    fn enter(&mut self, _path: impl FnOnce() -> String) {}
    /// A member was written as these bytes, or left out.
    fn leave(&mut self, _written: Option<&[u8]>) {}
    /// A value or a constant is made by this node.
    fn node(&mut self, _node: NodeId) {}
    /// The elements of a written list begin.
    fn list_begin(&mut self) {}
    /// Element `index` of a written list begins.
    fn element(&mut self, _index: usize) {}
    /// The written list ends.
    fn list_end(&mut self) {}
}

/// Nobody watches.
pub(crate) struct Off;

impl Trace for Off {
    const ON: bool = false;
}
