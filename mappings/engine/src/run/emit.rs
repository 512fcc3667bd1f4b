//! Writes the target as JSON bytes, straight from the values: no tree between.

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{
    check::{check_number, check_text},
    fault::{Fault, fault},
    list::Flow,
    machine::Machine,
    trace::Trace,
};
use crate::{
    input::text::next_special,
    plan::{
        ListId, NodeId,
        node::{Bounds, How, Member, Node, OnAbsent, ValueNode},
    },
    value::{Source, Span, Value},
};

/// Faults of one record that are kept.
const FAULTS_MAX: usize = 50;

/// What a node wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Emitted {
    Absent,
    /// Nothing but constants.
    Constant,
    Live,
}

type Wrote = Result<Emitted, Box<Fault>>;

impl<T: Trace> Machine<'_, T> {
    /// Writes the members of an object, each with a comma behind it.
    pub(crate) fn members(&mut self, members: &[Member], out: &mut Vec<u8>) -> Emitted {
        let mut all = Emitted::Absent;
        let mut dynamic = false;
        for member in members {
            if let (false, Some(constant)) = (T::ON, &member.whole) {
                out.extend_from_slice(constant);
                all = if all == Emitted::Absent { Emitted::Constant } else { all };
                continue;
            }
            if T::ON {
                self.trace.enter(|| member.target.to_string());
            }
            let start = out.len();
            out.extend_from_slice(&member.key);
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
            dynamic |= emitted != Emitted::Constant;
            match emitted {
                Emitted::Absent => {
                    out.truncate(start);
                    if member.required {
                        self.missing(member);
                    }
                }
                Emitted::Constant if all == Emitted::Absent => all = Emitted::Constant,
                Emitted::Constant => {}
                Emitted::Live => all = Emitted::Live,
            }
            if emitted != Emitted::Absent {
                out.push(b',');
            }
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
        }
        self.lossy.clear();
    }

    #[cold]
    fn missing(&mut self, member: &Member) {
        if self.faults.len() >= FAULTS_MAX {
            return;
        }
        let expr = match self.plan.node(member.node) {
            Some(Node::Value(value)) => Some(value.expr),
            _ => None,
        };
        let told = Fault {
            expr,
            found: None,
            expected: Cow::Owned(format!("a value: the target requires `{}`", member.target)),
        };
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
                let faults = self.faults.len();
                let start = out.len();
                out.push(b'{');
                let emitted = self.members(members, out);
                close(out, b'{', b'}');
                if emitted == Emitted::Absent {
                    // Members that are required of an object that is not there
                    // are not missing.
                    self.faults.truncate(faults);
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
        let count = self.elements_of(list, body, target, out)?;
        close(out, b'[', b']');
        bounded(count, bounds)?;
        Ok(Emitted::Live)
    }

    fn elements_of(
        &mut self,
        list: ListId,
        body: NodeId,
        target: &str,
        out: &mut Vec<u8>,
    ) -> Result<u64, Box<Fault>> {
        let mut count = 0_u64;
        if T::ON {
            self.trace.list_begin();
        }
        self.each(list, &mut |machine, _| {
            if T::ON {
                machine.trace.element(usize::try_from(count).unwrap_or(usize::MAX));
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
            Ok(Flow::Next)
        })?;
        if T::ON {
            self.trace.list_end();
        }
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
                let more = self.elements_of(*list, *body, target, out)?;
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
        self.lossy.clear();
        let value = self.expr(node.expr)?;
        let absent = match value {
            Value::Missing => Some(node.missing),
            Value::Null => Some(node.null),
            _ => None,
        };
        if let Some(absent) = absent {
            return self.absent(absent, value, node, out);
        }
        let wrote = match self.write(node, value, out) {
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
            OnAbsent::Error => Err(Box::new(Fault {
                expr: Some(node.expr),
                found: Some(value),
                expected: "a value: the map's policy does not let it be absent".into(),
            })),
        }
    }

    fn write(
        &mut self,
        node: &ValueNode,
        value: Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        match (node.how, value) {
            (How::Text, Value::Text(span)) => self.write_text(node, span, out),
            (How::Text, Value::Decimal(_) | Value::Instant(_) | Value::Date(_)) => {
                self.write_plain(node, value, out)
            }
            (How::Integer | How::Number, Value::Number(_) | Value::Decimal(_)) => {
                self.write_number(node, value, out)
            }
            (How::Bool | How::Any, Value::Bool(bool)) => {
                out.extend_from_slice(if bool { b"true" } else { b"false" });
                Ok(())
            }
            (How::Money | How::Any, Value::Money(money)) => {
                out.extend_from_slice(b"{\"minor\":");
                out.extend_from_slice(itoa::Buffer::new().format(money.minor).as_bytes());
                out.extend_from_slice(b",\"currency\":\"");
                out.extend_from_slice(&money.currency);
                out.extend_from_slice(b"\"}");
                Ok(())
            }
            (How::Texts | How::Any, Value::Texts { first, len }) => {
                self.write_texts(node, first, len, out)
            }
            (How::Any, Value::Text(span)) => self.write_text(node, span, out),
            (How::Any, Value::Number(_) | Value::Decimal(_)) => self.write_number(node, value, out),
            (How::Any, Value::Instant(_) | Value::Date(_)) => self.write_plain(node, value, out),
            _ => fault(value, node.how.words()),
        }
    }

    fn write_text(
        &self,
        node: &ValueNode,
        span: Span,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        let text = self.text(span);
        if !node.checks.is_empty()
            && let Some(expected) = check_text(&node.checks, text)
        {
            return fault(Value::Text(span), expected);
        }
        out.push(b'"');
        if span.source == Source::Input && self.verbatim {
            out.extend_from_slice(text.as_bytes());
        } else {
            escape(text, out);
        }
        out.push(b'"');
        Ok(())
    }

    /// Values whose text needs no escapes.
    fn write_plain(
        &mut self,
        node: &ValueNode,
        value: Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        let mut draft = self.draft();
        self.plain(value, &mut draft);
        let mut wrong = check_text(&node.checks, &draft);
        if let (None, Value::Decimal(number)) = (&wrong, value) {
            wrong = check_number(&node.checks, number);
        }
        if wrong.is_none() {
            out.push(b'"');
            out.extend_from_slice(draft.as_bytes());
            out.push(b'"');
        }
        self.keep(draft);
        wrong.map_or(Ok(()), |expected| fault(value, expected))
    }

    fn write_number(
        &mut self,
        node: &ValueNode,
        value: Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        let number = self.number(value)?;
        if node.how == How::Integer && !number.fract().is_zero() {
            return fault(value, "a whole number");
        }
        if let Some(expected) = check_number(&node.checks, number) {
            return fault(value, expected);
        }
        let number = if node.how == How::Integer { number.trunc() } else { number };
        if let (0, Ok(small)) = (number.scale(), i64::try_from(number.mantissa())) {
            out.extend_from_slice(itoa::Buffer::new().format(small).as_bytes());
            return Ok(());
        }
        let mut draft = self.draft();
        super::number::push_decimal(number, &mut draft);
        out.extend_from_slice(draft.as_bytes());
        self.keep(draft);
        Ok(())
    }

    fn write_texts(
        &self,
        node: &ValueNode,
        first: u32,
        len: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        out.push(b'[');
        for index in first..first.saturating_add(len) {
            let Some(span) = self.texts.get(index as usize).copied() else { continue };
            self.write_text(node, span, out)?;
            out.push(b',');
        }
        close(out, b'[', b']');
        bounded(len.into(), node.bounds).map(|_| ())
    }
}

fn bounded(count: u64, bounds: Bounds) -> Result<(), Box<Fault>> {
    let told = |expected: String| {
        Err(Box::new(Fault {
            expr: None,
            found: None,
            expected: Cow::Owned(format!("{expected}, found {count}")),
        }))
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

/// Writes a text as the inside of a JSON string.
pub(crate) fn escape(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut plain = 0;
    loop {
        let index = next_special(bytes, plain);
        out.extend_from_slice(bytes.get(plain..index).unwrap_or_default());
        let Some(byte) = bytes.get(index) else { return };
        plain = index + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
    }
}

impl How {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Money => "money",
            Self::Texts => "a list of texts",
            Self::Any => "a single value",
        }
    }
}
