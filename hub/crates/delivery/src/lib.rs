//! One destination at a time: attempts, back-off, key lanes, address guard, HTTP client.
