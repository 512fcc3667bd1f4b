//! What the story comes to: every number the demo checks, in one place.

/// Events that each channel's arrivals become.
pub(super) const EVENTS: &[(&str, usize)] = &[
    ("crm", 1),
    ("ec-shopify", 6),
    ("pos-legacy", 6),
    ("pos-fixed", 3),
    ("erp", 5),
    ("ma", 2),
    ("sfa", 3),
];

/// Stock at the end: SKU, location, available.
pub(super) const STOCK: &[(&str, &str, &str)] = &[
    ("TEA-500", "WH01", "238"),
    ("CUP-01", "WH01", "36"),
    ("TEA-500", "0001", "12"),
    ("CUP-01", "0001", "7"),
    ("CAKE-02", "0001", "21"),
    ("TEA-500", "655441491", "40"),
    ("CUP-01", "655441491", "9"),
];

/// What each far system did in the end: system, kind, how many different things.
pub(super) const EFFECTS: &[(&str, &str, usize)] = &[];

/// Under which ids one customer is known in the end.
pub(super) const IDENTITIES: &[&str] =
    &["crm C-1001", "ec-shopify 6147919642668", "pos-legacy M000077"];

/// Problem codes of what was set aside or refused for good, by alphabet.
pub(super) const LETTERS: &[&str] = &["destination-refused", "undecodable"];
