//! How one canonical thing names another, and how names are compared.

use canon::reference::SOURCE_ID;

pub use canon::reference::Ref;

use crate::text;

/// Between the parts of a name.
const UNIT: char = '\u{1f}';
/// Schemes that all mean the code people use for a place.
const PLACE_CODES: [&str; 6] =
    ["code", "location_code", "store_code", "shop_code", "warehouse_code", "location"];
/// Schemes of article numbers that have a GS1 check digit.
const ARTICLE_NUMBERS: [&str; 5] = ["gtin", "jan", "ean", "upc", "barcode"];

// === names ===

/// The name of the thing with this hub id.
#[must_use]
pub fn hub_name(hub_id: &str) -> String {
    format!("h:{hub_id}")
}

/// The name of what `channel` knows as `source_id`.
#[must_use]
pub fn source_name(channel: &str, source_id: &str) -> String {
    format!("s:{channel}{UNIT}{source_id}")
}

/// The name given by a scheme and a value, brought to the form in which equal
/// things have equal names.
#[must_use]
pub fn scheme_name(channel: &str, scheme: &str, value: &str) -> String {
    match scheme {
        SOURCE_ID => source_name(channel, value),
        "hub_id" => hub_name(value),
        _ if PLACE_CODES.contains(&scheme) => format!("code:{value}"),
        _ if ARTICLE_NUMBERS.contains(&scheme) => {
            text::gtin(value).map_or_else(|| format!("{scheme}:{value}"), |gtin| gtin_name(&gtin))
        }
        _ => format!("{scheme}:{value}"),
    }
}

/// The name of the article with this GTIN, 14 digits.
#[must_use]
pub fn gtin_name(gtin: &str) -> String {
    format!("gtin:{gtin}")
}

/// What a name is called when nothing better is known: a SKU or code as it is,
/// a source id with its channel.
#[must_use]
pub fn plain(name: &str) -> String {
    if let Some(rest) = name.strip_prefix("s:") {
        return rest.replace(UNIT, ":");
    }
    for prefix in ["sku:", "code:", "h:"] {
        if let Some(rest) = name.strip_prefix(prefix) {
            return rest.to_owned();
        }
    }
    name.to_owned()
}

/// All names that a reference gives, as said by `channel`; the surest first.
#[must_use]
pub fn names(reference: &Ref, channel: &str) -> Vec<String> {
    let mut names: Vec<String> = reference.hub_id.iter().map(|id| hub_name(id)).collect();
    if let Some(value) = &reference.value {
        names.push(scheme_name(channel, reference.scheme.as_deref().unwrap_or(SOURCE_ID), value));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_things_have_equal_names() {
        assert_eq!(
            scheme_name("pos", "jan", "4901234567894"),
            scheme_name("ec", "gtin", "04901234567894")
        );
        assert_eq!(scheme_name("pos", "store_code", "007"), scheme_name("erp", "code", "007"));
        assert_ne!(scheme_name("pos", "source_id", "7"), scheme_name("erp", "source_id", "7"));
        assert_ne!(scheme_name("pos", "code", "7"), scheme_name("pos", "code", "07"));
        assert_eq!(plain(&scheme_name("ec", "source_id", "991")), "ec:991");
        assert_eq!(plain("sku:TEA-500"), "TEA-500");
    }
}
