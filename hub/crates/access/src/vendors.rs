//! The schemes of known far systems, by name. Data only: `vendors.json`.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::scheme::Scheme;

static SCHEMES: LazyLock<BTreeMap<String, Scheme>> = LazyLock::new(|| {
    // A test reads the file, so the fallback is never taken.
    serde_json::from_str(include_str!("vendors.json")).unwrap_or_default()
});

/// The scheme of that name: `shopify`, `standard-webhooks`, `stripe` …
#[must_use]
pub fn named(name: &str) -> Option<&'static Scheme> {
    SCHEMES.get(name)
}

/// All names, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    SCHEMES.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_scheme_reads_and_passes_its_check() {
        let read: BTreeMap<String, Scheme> =
            serde_json::from_str(include_str!("vendors.json")).expect("vendors.json reads");
        assert_eq!(read.len(), 20);
        for (name, scheme) in &read {
            assert_eq!(scheme.check(), Ok(()), "{name}");
            assert_eq!(named(name), Some(scheme));
        }
        assert_eq!(names().count(), read.len());
        assert_eq!(named("Shopify"), None, "names are exact");
    }
}
