//! Current state: a fold of the journal, and its queries.
