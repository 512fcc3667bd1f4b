//! Constants: their JSON, by the types of their target.

use codec::yaml::{Node as Yaml, Value as YamlValue};

use super::{assign::Assignment, compile::Verdict, lower::Lower, target::Target};
use crate::{
    schema::Kinds,
    types::{Kind, Type},
};

impl Lower<'_> {
    pub(crate) fn constant_text(&self, node: &Yaml) -> Option<String> {
        match &node.value {
            YamlValue::Scalar { text, .. } => Some(text.clone()),
            YamlValue::Seq(_) | YamlValue::Map(_) => {
                self.error_at("M07", node.span(), "one value is expected here").expected("a text");
                None
            }
        }
    }

    /// The JSON of a constant, by the types of its target.
    pub(super) fn constant(&mut self, node: &Yaml, target: &Target) -> Option<String> {
        let schema = target.schema.and_then(|id| self.target.get(id)).cloned();
        match &node.value {
            YamlValue::Scalar { text, quoted } => self.constant_scalar(node, text, *quoted, target),
            YamlValue::Seq(items) => {
                if schema.as_ref().is_some_and(|it| !it.kinds.has(Kinds::ARRAY)) {
                    self.error_at(
                        "M07",
                        node.span(),
                        format!("`{}` wants one value, not a list", target.path),
                    );
                    return None;
                }
                let inner = Target {
                    schema: schema.and_then(|it| it.items),
                    path: format!("{}[]", target.path),
                    mandatory: false,
                };
                let items: Option<Vec<String>> =
                    items.iter().map(|item| self.constant(item, &inner)).collect();
                Some(format!("[{}]", items?.join(",")))
            }
            YamlValue::Map(_) => {
                self.error_at("M07", node.span(), "a constant is one value or a list")
                    .help("give the fields of an object one by one");
                None
            }
        }
    }

    pub(super) fn constant_scalar(
        &mut self,
        node: &Yaml,
        text: &str,
        quoted: bool,
        target: &Target,
    ) -> Option<String> {
        let kinds =
            target.schema.and_then(|id| self.target.get(id)).map_or(Kinds::ANY, |it| it.kinds);
        let at = node.span();
        if node.is_null() && kinds.has(Kinds::NULL) && !kinds.is_any() {
            return Some("null".into());
        }
        let number = rust_decimal::Decimal::from_str_exact(text).ok().filter(|_| !quoted);
        let ty = if kinds.has(Kinds::TEXT) {
            Type::constant(text)
        } else if let (Some(number), true) =
            (number, kinds.has(Kinds::NUMBER) || kinds.has(Kinds::INTEGER))
        {
            Type {
                scale: Some(number.scale()),
                minimum: Some(number),
                maximum: Some(number),
                one_of: Some(vec![number.normalize().to_string()]),
                ..Type::made(Kind::Decimal)
            }
        } else if kinds.has(Kinds::BOOL) && !quoted && matches!(text, "true" | "false") {
            Type { one_of: Some(vec![text.to_owned()]), ..Type::made(Kind::Bool) }
        } else {
            self.obligations.add(&target.path, "type", Verdict::Error);
            let wanted = kinds.without(Kinds::NULL).words();
            self.error_at(
                "M05",
                at,
                format!("`{}` wants {wanted}, and {text:?} is none", target.path),
            )
            .expected(wanted);
            return None;
        };
        let assignment = Assignment { at, ty: &ty, target: target.schema, path: &target.path };
        self.assign(&assignment)?;
        match ty.kind {
            Kind::Text => serde_json::to_string(text).ok(),
            Kind::Decimal => number.map(|it| it.to_string()),
            _ => Some(text.to_owned()),
        }
    }
}
