//! Writes the target as JSON bytes, straight from the values: no tree between.

use canon::entry::RecordFault;

use super::{fault::Fault, list::Flow, machine::Machine, quick::Went, trace::Trace};
use crate::{
    plan::{
        ListId, NodeId,
        node::{Bounds, Member, Node, OnAbsent, ValueNode},
    },
    value::Value,
};

/// Faults of one record that are kept; of more, how many there are.
const FAULTS_MAX: usize = 50;

/// Bytes that the lists of one record may write: what stands outside a list can
/// be copied into each of its elements.
const WRITTEN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a node wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emitted {
    Absent,
    /// Nothing but constants.
    Constant,
    Live,
}

/// Says behind the faults of a record how many more there are.
#[cold]
pub(crate) fn told_in_all(faults: &mut Vec<RecordFault>, more: u64, label: &str) {
    let Some(mut last) = faults.last().filter(|_| more > 0).cloned() else { return };
    last.field.clear();
    (last.offset, last.shows) = (None, None);
    last.found = format!("{more} more {}", if more == 1 { "fault" } else { "faults" });
    last.expected = format!("at most {FAULTS_MAX} are listed: mend these first");
    last.needed_by = Some(label.to_owned());
    faults.push(last);
}

type Wrote = Result<Emitted, Box<Fault>>;

impl<T: Trace> Machine<'_, T> {
    /// Writes the members of an object, each with a comma behind it.
    pub(crate) fn members(&mut self, members: &[Member], out: &mut Vec<u8>) -> Emitted {
        let mut all = Emitted::Absent;
        let mut dynamic = false;
        for member in members {
            if let (false, Some(constant)) = (T::ON, &member.whole) {
                constant.write(out);
                all = if all == Emitted::Absent { Emitted::Constant } else { all };
                continue;
            }
            if T::ON {
                self.trace.enter(|| member.target.to_string());
            }
            let start = out.len();
            member.key.write(out);
            let value = out.len();
            let wrote = self.node(member.node, &member.target, out);
            let emitted = wrote.unwrap_or_else(|fault| {
                self.keep_fault(&fault, &member.target);
                // A fault is told; it is not a missing value on top of that.
                Emitted::Live
            });
            if T::ON {
                let written = out.get(value..).filter(|_| emitted != Emitted::Absent);
                self.trace.leave(written);
            }
            if emitted == Emitted::Live {
                // As nearly all are.
                (dynamic, all) = (true, Emitted::Live);
                out.push(b',');
                continue;
            }
            if emitted == Emitted::Absent {
                dynamic = true;
                out.truncate(start);
                if member.required {
                    self.missing(member);
                }
                continue;
            }
            all = if all == Emitted::Absent { Emitted::Constant } else { all };
            out.push(b',');
        }
        // Constants alone do not make an object that has other members.
        if all == Emitted::Constant && dynamic { Emitted::Absent } else { all }
    }

    /// Keeps a fault of the record.
    #[cold]
    pub(crate) fn keep_fault(&mut self, fault: &Fault, target: &str) {
        if self.faults.len() < FAULTS_MAX {
            let fault = self.record_fault(fault, target);
            self.faults.push(fault);
        } else {
            *self.more_faults += 1;
        }
        self.lossy.clear();
    }

    #[cold]
    fn missing(&mut self, member: &Member) {
        if self.faults.len() >= FAULTS_MAX {
            *self.more_faults += 1;
            return;
        }
        let expected = format!("a value: the target requires `{}`", member.target);
        let mut told = Fault::boxed(None, expected);
        told.expr = self.first_expr(member.node);
        if let Some(Node::Each { list, .. }) = self.plan.node(member.node) {
            told = self.blame_list(*list, told);
        }
        let fault =
            RecordFault { found: "nothing".into(), ..self.record_fault(&told, &member.target) };
        self.faults.push(fault);
    }

    #[inline]
    pub(crate) fn node(&mut self, id: NodeId, target: &str, out: &mut Vec<u8>) -> Wrote {
        let plan = self.plan;
        if T::ON {
            self.trace.node(id);
        }
        match plan.node(id) {
            None => Ok(Emitted::Absent),
            Some(Node::Value(node)) => self.value_node(node, target, out),
            Some(node) => self.structure(id, node, target, out),
        }
    }

    /// What is not one value.
    fn structure(&mut self, id: NodeId, node: &Node, target: &str, out: &mut Vec<u8>) -> Wrote {
        match node {
            Node::Value(node) => self.value_node(node, target, out),
            Node::Const(json) => {
                out.extend_from_slice(self.text(*json).as_bytes());
                Ok(Emitted::Constant)
            }
            Node::Object { when, members } => {
                if let Some(cond) = when {
                    let holds = self.cond(*cond)?;
                    if T::ON {
                        self.trace.when(id, holds);
                    }
                    if !holds {
                        return Ok(Emitted::Absent);
                    }
                }
                let (faults, more) = (self.faults.len(), *self.more_faults);
                let start = out.len();
                out.push(b'{');
                let emitted = self.members(members, out);
                close(out, b'{', b'}');
                if emitted == Emitted::Absent {
                    // Members that are required of an object that is not there
                    // are not missing.
                    self.faults.truncate(faults);
                    *self.more_faults = more;
                    out.truncate(start);
                }
                Ok(emitted)
            }
            Node::Choose { branches } => {
                for (index, (cond, node)) in branches.iter().enumerate() {
                    let taken = match cond {
                        Some(cond) => self.cond(*cond)?,
                        None => true,
                    };
                    if taken {
                        if T::ON {
                            self.trace.branch(id, index);
                        }
                        // Which constant it is depends on the record.
                        return Ok(match self.node(*node, target, out)? {
                            Emitted::Absent => Emitted::Absent,
                            Emitted::Constant if cond.is_none() => Emitted::Constant,
                            Emitted::Constant | Emitted::Live => Emitted::Live,
                        });
                    }
                }
                Ok(Emitted::Absent)
            }
            Node::Each { list, body, bounds } => {
                self.each_node(*list, *body, *bounds, (target, out))
            }
            Node::List { items, bounds } => self.list_node(items, *bounds, target, out),
        }
    }

    fn each_node(
        &mut self,
        list: ListId,
        body: NodeId,
        bounds: Bounds,
        (target, out): (&str, &mut Vec<u8>),
    ) -> Wrote {
        let there = self.list_is_there(list)?;
        if there.is_absent() && !bounds.keep_empty {
            return Ok(Emitted::Absent);
        }
        out.push(b'[');
        if T::ON {
            self.trace.list_begin();
        }
        let count = self.elements_of((list, body), 0, target, out);
        if T::ON {
            self.trace.list_end();
        }
        let count = count?;
        close(out, b'[', b']');
        bounded(count, bounds).map_err(|fault| self.blame_list(list, fault))?;
        Ok(Emitted::Live)
    }

    /// Writes elements behind the first ones of the same list; how many.
    fn elements_of(
        &mut self,
        (list, body): (ListId, NodeId),
        first: u64,
        target: &str,
        out: &mut Vec<u8>,
    ) -> Result<u64, Box<Fault>> {
        let mut count = 0_u64;
        self.each(list, &mut |machine, _| {
            if T::ON {
                machine.trace.element(usize::try_from(first + count).unwrap_or(usize::MAX));
            }
            let start = out.len();
            match machine.node(body, target, out) {
                Ok(Emitted::Absent) => out.truncate(start),
                Ok(Emitted::Constant | Emitted::Live) => {
                    out.push(b',');
                    count += 1;
                }
                Err(fault) => {
                    machine.keep_fault(&fault, target);
                    count += 1;
                }
            }
            if out.len() > WRITTEN_BYTES_MAX {
                let expected = "fewer bytes: the map writes more than 64 MiB of one record";
                return Err(Fault::boxed(None, expected));
            }
            Ok(Flow::Next)
        })?;
        Ok(count)
    }

    /// A fixed list: absent items are left out, lists among them are spliced in.
    fn list_node(
        &mut self,
        items: &[NodeId],
        bounds: Bounds,
        target: &str,
        out: &mut Vec<u8>,
    ) -> Wrote {
        let plan = self.plan;
        let start = out.len();
        let mut all = Emitted::Absent;
        let mut count = 0_u64;
        out.push(b'[');
        if T::ON {
            self.trace.list_begin();
        }
        for item in items {
            if let Some(Node::Each { list, body, .. }) = plan.node(*item) {
                let more = self.elements_of((*list, *body), count, target, out)?;
                count += more;
                all = if more > 0 { Emitted::Live } else { all };
                continue;
            }
            if T::ON {
                self.trace.element(usize::try_from(count).unwrap_or(usize::MAX));
            }
            let at = out.len();
            match self.node(*item, target, out)? {
                Emitted::Absent => out.truncate(at),
                emitted => {
                    out.push(b',');
                    count += 1;
                    all = if all == Emitted::Live { all } else { emitted };
                }
            }
        }
        if T::ON {
            self.trace.list_end();
        }
        close(out, b'[', b']');
        if count == 0 && !bounds.keep_empty {
            out.truncate(start);
            return Ok(Emitted::Absent);
        }
        bounded(count, bounds)?;
        Ok(if count == 0 { Emitted::Live } else { all })
    }

    fn value_node(&mut self, node: &ValueNode, target: &str, out: &mut Vec<u8>) -> Wrote {
        let plan = self.plan;
        if let (false, Some(expr)) = (T::ON, plan.expr(node.expr)) {
            match self.quick(&expr.quick, node, out) {
                Went::Written => return Ok(Emitted::Live),
                Went::Missing => return self.absent(node.missing, Value::Missing, node, out),
                Went::Null => return self.absent(node.null, Value::Null, node, out),
                Went::Slow => {}
            }
        }
        self.lossy.clear();
        let mut value = Value::Missing;
        self.expr_into(node.expr, &mut value)?;
        let absent = match &value {
            Value::Missing => Some(node.missing),
            Value::Null => Some(node.null),
            _ => None,
        };
        if let Some(absent) = absent {
            return self.absent(absent, value, node, out);
        }
        let wrote = match self.write(node, &value, out) {
            Ok(()) if self.lossy.is_empty() => return Ok(Emitted::Live),
            Ok(()) => self.settle_losses(node.loss, target),
            Err(fault) => Err(fault),
        };
        wrote.map(|()| Emitted::Live).map_err(|mut fault| {
            fault.expr = fault.expr.or(Some(node.expr));
            fault
        })
    }

    fn absent(
        &mut self,
        absent: OnAbsent,
        value: Value,
        node: &ValueNode,
        out: &mut Vec<u8>,
    ) -> Wrote {
        match absent {
            OnAbsent::Omit => Ok(Emitted::Absent),
            OnAbsent::Null => {
                out.extend_from_slice(b"null");
                Ok(Emitted::Live)
            }
            OnAbsent::Write(json) => {
                out.extend_from_slice(self.text(json).as_bytes());
                Ok(Emitted::Live)
            }
            OnAbsent::Error => {
                let expected = "a value: the map's policy does not let it be absent";
                let mut fault = Fault::boxed(Some(value), expected);
                fault.expr = Some(node.expr);
                Err(fault)
            }
        }
    }
}

pub(super) fn bounded(count: u64, bounds: Bounds) -> Result<(), Box<Fault>> {
    let told = |expected: String| {
        let mut fault = Fault::boxed(None, expected);
        fault.count = Some(count);
        Err(fault)
    };
    if count < bounds.min {
        return told(format!("at least {} elements", bounds.min));
    }
    match bounds.max {
        Some(most) if count > most => told(format!("at most {most} elements")),
        _ => Ok(()),
    }
}

/// Closes an object or a list: the last comma becomes the bracket.
pub(crate) fn close(out: &mut Vec<u8>, open: u8, bracket: u8) {
    match out.last_mut() {
        Some(last) if *last == b',' => *last = bracket,
        Some(last) if *last == open => out.push(bracket),
        _ => out.push(bracket),
    }
}
