//! What the story comes to: every number the demo checks, in one place.

/// Events that each channel's arrivals become.
pub(super) const EVENTS: &[(&str, usize)] = &[
    ("crm", 1),
    // A customer with a consent, four states of orders with their buyer, two
    // articles, two levels.
    ("ec-shopify", 14),
    // Six receipts, their seven lines, and the member twice.
    ("pos-legacy", 15),
    // Three receipts and their four lines.
    ("pos-fixed", 7),
    // Two receipts, their two lines, five counts.
    ("erp", 9),
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
    ("TEA-500", "shopify_location_id:655441491", "40"),
    ("CUP-01", "shopify_location_id:655441491", "9"),
    // Order #1001 is not yet assigned to a place.
    ("TEA-500", "unassigned", "0"),
    ("CUP-01", "unassigned", "0"),
];

/// What each far system did in the end: system, kind, how many different things.
pub(super) const EFFECTS: &[(&str, &str, usize)] = &[
    ("erp", "order", 4),
    ("crm", "customer", 7),
    ("crm", "consent", 1),
    ("crm", "deal", 1),
    ("ma", "customer", 8),
    ("ma", "consent", 1),
    ("sfa", "customer", 8),
];

/// Under which ids one customer is known in the end.
pub(super) const IDENTITIES: &[&str] =
    &["crm C-1001", "ec-shopify 6147919642668", "pos-legacy M000077"];

/// Problem codes of what was set aside or refused for good, by alphabet.
pub(super) const LETTERS: &[&str] = &["delivery-refused", "undecodable"];
