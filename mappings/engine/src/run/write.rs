//! Writes one value as JSON, with the checks of the target on what is written.

use super::{
    check::{check_number, check_text},
    emit::{bounded, close},
    fault::{Fault, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    input::text::next_special,
    plan::node::{How, ValueNode},
    value::{Source, Span, Value},
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn write(
        &mut self,
        node: &ValueNode,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        match (node.how, value) {
            (How::Text, Value::Text(span)) => self.write_text(node, *span, out),
            (How::Text, Value::Decimal(_) | Value::Instant(_) | Value::Date(_)) => {
                self.write_plain(node, value, out)
            }
            (How::Integer | How::Number, Value::Number(_) | Value::Decimal(_)) => {
                self.write_number(node, value, out)
            }
            (How::Bool | How::Any, Value::Bool(bool)) => {
                out.extend_from_slice(if *bool { b"true" } else { b"false" });
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
                self.write_texts(node, *first, *len, out)
            }
            (How::Any, Value::Text(span)) => self.write_text(node, *span, out),
            (How::Any, Value::Number(_) | Value::Decimal(_)) => self.write_number(node, value, out),
            (How::Any, Value::Instant(_) | Value::Date(_)) => self.write_plain(node, value, out),
            _ => fault(*value, node.how.words()),
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
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        if let Value::Instant(instant) = value
            && let Some(told) = self.told(*instant)
        {
            if !node.checks.is_empty()
                && let Some(expected) = check_text(&node.checks, told.text())
            {
                return fault(*value, expected);
            }
            out.push(b'"');
            out.extend_from_slice(told.bytes());
            out.push(b'"');
            return Ok(());
        }
        let mut draft = self.draft();
        self.plain_of(value, &mut draft);
        let mut wrong = check_text(&node.checks, &draft);
        if let (None, Value::Decimal(number)) = (&wrong, value) {
            wrong = check_number(&node.checks, *number);
        }
        if wrong.is_none() {
            out.push(b'"');
            out.extend_from_slice(draft.as_bytes());
            out.push(b'"');
        }
        self.keep(draft);
        wrong.map_or(Ok(()), |expected| fault(*value, expected))
    }

    fn write_number(
        &mut self,
        node: &ValueNode,
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Box<Fault>> {
        let number = self.number_of(value)?;
        if node.how == How::Integer && !number.fract().is_zero() {
            return fault(*value, "a whole number");
        }
        if let Some(expected) = check_number(&node.checks, number) {
            return fault(*value, expected);
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
