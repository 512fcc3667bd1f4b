-- Tables of the fold `store`: what is known now, and what was said when.

-- Every canonical event. `pos` is the entry's sequence and the index, packed.
CREATE TABLE IF NOT EXISTS store_event (
    pos INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    entity TEXT NOT NULL,
    action TEXT NOT NULL,
    channel TEXT NOT NULL,
    source_id TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS store_event_id ON store_event (id);
CREATE INDEX IF NOT EXISTS store_event_entity ON store_event (entity);
CREATE INDEX IF NOT EXISTS store_event_channel ON store_event (channel, entity);
CREATE INDEX IF NOT EXISTS store_event_source ON store_event (source_id, channel);
CREATE INDEX IF NOT EXISTS store_event_hub ON store_event (hub_id);

-- The current statement about each thing, by its natural key.
CREATE TABLE IF NOT EXISTS store_record (
    channel TEXT NOT NULL,
    entity TEXT NOT NULL,
    source_id TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    pos INTEGER NOT NULL,
    version_kind TEXT NOT NULL,
    version TEXT NOT NULL,
    action TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (channel, entity, source_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS store_record_hub ON store_record (hub_id);

-- Records set aside, one row each.
CREATE TABLE IF NOT EXISTS store_letter (
    pos INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    record INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    boundary TEXT NOT NULL,
    faults TEXT NOT NULL,
    arrival TEXT NOT NULL,
    origin TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS store_letter_state ON store_letter (state);
CREATE INDEX IF NOT EXISTS store_letter_channel ON store_letter (channel);

-- What came in by each channel.
CREATE TABLE IF NOT EXISTS store_channel (
    channel TEXT PRIMARY KEY,
    arrivals INTEGER NOT NULL DEFAULT 0,
    records INTEGER NOT NULL DEFAULT 0,
    events INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    older INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0,
    set_aside INTEGER NOT NULL DEFAULT 0,
    losses INTEGER NOT NULL DEFAULT 0,
    last_seen_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_refusal (
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, code)
) STRICT, WITHOUT ROWID;
