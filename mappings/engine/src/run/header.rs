//! The envelope: id, version, action and the header that every canonical record
//! carries (canonical model, section 2.9). The map does not write it.

use canon::{
    entity::{Action, Classification, Entity},
    event::VersionKind,
    id::{HubId, SourceKey},
};

use super::{fault::Fault, machine::Machine, trace::Trace, write::escape};
use crate::{plan::ExprId, value::Value};

/// Bytes that most texts of an envelope fit into: an id, a time.
const HEADER_TEXT_BYTES: usize = 32;

/// The envelope of one record.
pub(super) struct Header {
    pub(super) source_id: String,
    pub(super) source_version: String,
    pub(super) version_kind: VersionKind,
    pub(super) action: Action,
    pub(super) hub_id: HubId,
    pub(super) occurred_at: String,
    pub(super) partition_key: String,
    pub(super) classification: Classification,
}

impl<T: Trace> Machine<'_, T> {
    /// Makes the envelope and begins the target; `None` after a fault without
    /// which nothing else makes sense.
    pub(super) fn header(&mut self, out: &mut Vec<u8>) -> Option<Header> {
        let plan = self.plan;
        let rules = &plan.header;
        out.push(b'{');
        let Some(entity) = rules.entity else { return self.out_header() };
        let source_id = self.header_text(rules.source_id, "source_id")?;
        let Some(source_id) = source_id.filter(|it| !it.is_empty()) else {
            let expected = "an id: without one the record cannot be told from others";
            let mut fault = Fault::boxed(Some(Value::Missing), expected);
            fault.expr = rules.source_id;
            self.keep_fault(&fault, "source_id");
            return None;
        };
        let source_version =
            self.header_text(rules.source_version, "source_version")?.unwrap_or_default();
        let version_kind =
            if source_version.is_empty() { VersionKind::None } else { rules.version_kind };
        let occurred_at = self.header_text(rules.occurred_at, "occurred_at")?;
        let occurred_at = occurred_at.unwrap_or_else(|| self.ctx.received_at.to_string());
        let action = self.action();
        let key = SourceKey {
            organisation: self.ctx.organisation,
            channel: self.ctx.channel,
            entity,
            source_id: &source_id,
        };
        let hub_id = key.hub_id();
        let partition_key = self.header_text(rules.partition_key, "partition_key")?;
        let partition_key = partition_key.unwrap_or_else(|| hub_id.as_str().to_owned());
        let classification = rules.classification.unwrap_or(entity.classification());
        let header = Header {
            source_id,
            source_version,
            version_kind,
            action,
            hub_id,
            occurred_at,
            partition_key,
            classification,
        };
        self.write_header(entity, &header, out);
        Some(header)
    }

    /// Maps that go out take the ids of the canonical record over.
    fn out_header(&mut self) -> Option<Header> {
        let rules = &self.plan.header;
        let hub_id = self.header_text(rules.source_id, "hub_id")?.unwrap_or_default();
        Some(Header {
            source_id: hub_id.clone(),
            source_version: String::new(),
            version_kind: VersionKind::None,
            action: self.action(),
            hub_id: HubId::from_stored(hub_id.clone()),
            occurred_at: self.ctx.received_at.to_string(),
            partition_key: hub_id,
            classification: rules.classification.unwrap_or(Classification::Restricted),
        })
    }

    /// The value of a rule of the envelope as text.
    fn header_text(&mut self, expr: Option<ExprId>, name: &str) -> Option<Option<String>> {
        let Some(expr) = expr else { return Some(None) };
        let quick = self.plan.expr(expr).filter(|_| !T::ON).map(|it| &it.quick);
        if let Some(told) = quick.and_then(|it| self.quick_told(it)) {
            return Some(Some(told.text().to_owned()));
        }
        match self.expr(expr) {
            Ok(value) if value.is_absent() => Some(None),
            Ok(value) => {
                self.lossy.clear();
                if let Value::Instant(instant) = value
                    && let Some(told) = self.told(instant)
                {
                    return Some(Some(told.text().to_owned()));
                }
                let mut text = String::with_capacity(HEADER_TEXT_BYTES);
                self.plain(value, &mut text);
                Some(Some(text))
            }
            Err(mut fault) => {
                fault.expr = fault.expr.or(Some(expr));
                self.keep_fault(&fault, name);
                None
            }
        }
    }

    fn action(&mut self) -> Action {
        let plan = self.plan;
        for (cond, action) in &plan.header.actions {
            let holds = match cond {
                None => Ok(true),
                Some(cond) => self.cond(*cond),
            };
            match holds {
                Ok(true) => return *action,
                Ok(false) => {}
                Err(fault) => self.keep_fault(&fault, "action"),
            }
        }
        Action::Updated
    }

    fn write_header(&self, entity: Entity, header: &Header, out: &mut Vec<u8>) {
        let member = |out: &mut Vec<u8>, before: &str, text: &str| {
            out.extend_from_slice(before.as_bytes());
            escape(text, out);
        };
        // What the hub names itself needs no escapes.
        let plain = |out: &mut Vec<u8>, before: &str, text: &str| {
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(text.as_bytes());
        };
        plain(out, "\"hub_id\":\"", header.hub_id.as_str());
        plain(out, "\",\"entity\":\"", entity.name());
        member(out, "\",\"schema_version\":\"", &self.plan.header.schema_version);
        member(out, "\",\"source_refs\":[{\"channel\":\"", self.ctx.channel);
        member(out, "\",\"source_id\":\"", &header.source_id);
        if !header.source_version.is_empty() {
            member(out, "\",\"source_version\":\"", &header.source_version);
        }
        member(out, "\"}],\"mapping\":\"", self.label);
        plain(out, "\",\"data_classification\":\"", header.classification.name());
        out.extend_from_slice(b"\",");
    }
}

/// Members of a canonical record that the engine writes.
pub(crate) const HEADER_MEMBERS: [&str; 6] =
    ["hub_id", "entity", "schema_version", "source_refs", "mapping", "data_classification"];
