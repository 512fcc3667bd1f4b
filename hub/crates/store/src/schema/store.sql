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
CREATE INDEX IF NOT EXISTS store_event_channel ON store_event (channel);
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
    -- Entry in which the bytes first came that said so.
    origin INTEGER NOT NULL,
    PRIMARY KEY (channel, entity, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_record_hub ON store_record (hub_id);

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
    at_ms INTEGER NOT NULL,
    -- By which entry it was closed, who did it and why.
    settled_seq INTEGER NOT NULL,
    settled_by TEXT NOT NULL,
    settled_why TEXT NOT NULL,
    edited INTEGER NOT NULL
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
    last_seen_ms INTEGER NOT NULL DEFAULT 0,
    -- Interchanges of EDI that were answered.
    answers INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_refusal (
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, code)
) STRICT, WITHOUT ROWID;

-- Identities: a party as one channel knows it. `golden` is the party it belongs
-- to now; `first_pos` where it was first seen; `data` what the channel said of it,
-- partial statements laid over whole ones.
CREATE TABLE IF NOT EXISTS store_party (
    hub_id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    source_id TEXT NOT NULL,
    golden TEXT NOT NULL,
    first_pos INTEGER NOT NULL,
    profile TEXT NOT NULL,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_party_source ON store_party (channel, source_id, first_pos);
CREATE INDEX IF NOT EXISTS store_party_golden ON store_party (golden, first_pos);
CREATE INDEX IF NOT EXISTS store_party_first ON store_party (first_pos);

-- Values by which an identity may be recognised, hashed.
CREATE TABLE IF NOT EXISTS store_party_key (
    hash TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    scheme TEXT NOT NULL,
    verified INTEGER NOT NULL,
    points_elsewhere INTEGER NOT NULL,
    PRIMARY KEY (hash, hub_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_party_key_hub ON store_party_key (hub_id);

-- Values that are no evidence of anybody: a store's own phone.
CREATE TABLE IF NOT EXISTS store_party_blocked (
    hash TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (hash, location)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_party_blocked_location ON store_party_blocked (location);

-- That two identities are one party (or are not). `wanted` is what the rule or
-- the person says, `status` what came of it within the limits. Never deleted.
CREATE TABLE IF NOT EXISTS store_link (
    left_id TEXT NOT NULL,
    right_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    hash TEXT NOT NULL,
    matched_on TEXT NOT NULL,
    wanted TEXT NOT NULL,
    status TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (left_id, right_id, rule, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_link_hash ON store_link (hash);
CREATE INDEX IF NOT EXISTS store_link_right ON store_link (right_id);
CREATE INDEX IF NOT EXISTS store_link_status ON store_link (status);

-- Links that somebody stated, by the names they were stated with.
CREATE TABLE IF NOT EXISTS store_claim (
    source TEXT PRIMARY KEY,
    left_names TEXT NOT NULL,
    right_names TEXT NOT NULL,
    rule TEXT NOT NULL,
    matched_on TEXT NOT NULL,
    wanted TEXT NOT NULL,
    pos INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_claim_name (
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (name, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_claim_name_source ON store_claim_name (source);

-- Everything that was ever said about consent, by the name it was said of.
CREATE TABLE IF NOT EXISTS store_consent (
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    scope TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    channel TEXT NOT NULL,
    pos INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (name, purpose, scope, at_ms, state, channel)
) STRICT, WITHOUT ROWID;

-- Orders and till transactions: what they come to, and who bought.
CREATE TABLE IF NOT EXISTS store_order (
    hub_id TEXT PRIMARY KEY,
    entity TEXT NOT NULL,
    channel TEXT NOT NULL,
    source_id TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT,
    payment_status TEXT,
    fulfilment_status TEXT,
    return_status TEXT,
    at_ms INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    grand_minor INTEGER,
    place TEXT NOT NULL,
    counts INTEGER NOT NULL,
    pos INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_order_time ON store_order (at_ms, hub_id);
CREATE TABLE IF NOT EXISTS store_buyer (
    name TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    PRIMARY KEY (name, hub_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_buyer_hub ON store_buyer (hub_id);

-- What articles (`variant`) and places (`location`) are called, by whom. `code`
-- is the SKU or the code of the place in that record.
CREATE TABLE IF NOT EXISTS store_name (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (kind, name, hub_id, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_name_hub ON store_name (hub_id, code);
-- Under which key stock is kept for a name.
CREATE TABLE IF NOT EXISTS store_alias (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_alias_key ON store_alias (kind, key);

-- Lists of names as movements use them, with the key they come to.
CREATE TABLE IF NOT EXISTS store_named (
    kind TEXT NOT NULL,
    names TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (kind, names)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_named_by (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    names TEXT NOT NULL,
    PRIMARY KEY (kind, name, names)
) STRICT, WITHOUT ROWID;

-- What documents do to stock. `bucket` 0 on hand, 1 reserved, 2 committed,
-- 3 incoming, 9 reported by another document too and counted there. `assertion`
-- 0 a change, 1 a count, 2 so much was free to sell. Quantities in millionths.
CREATE TABLE IF NOT EXISTS store_movement (
    document TEXT NOT NULL,
    part TEXT NOT NULL,
    sku TEXT NOT NULL,
    place TEXT NOT NULL,
    condition TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    assertion INTEGER NOT NULL,
    millionths INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    article_names TEXT NOT NULL,
    place_names TEXT NOT NULL,
    reference TEXT NOT NULL,
    pos INTEGER NOT NULL,
    PRIMARY KEY (document, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_movement_key
    ON store_movement (sku, place, condition, bucket, at_ms);
CREATE INDEX IF NOT EXISTS store_movement_assertion
    ON store_movement (sku, place, condition, at_ms) WHERE assertion > 0;
CREATE INDEX IF NOT EXISTS store_movement_article ON store_movement (article_names);
CREATE INDEX IF NOT EXISTS store_movement_place ON store_movement (place_names);
CREATE INDEX IF NOT EXISTS store_movement_reference
    ON store_movement (reference) WHERE reference <> '';

-- The fold of the movements of one key.
CREATE TABLE IF NOT EXISTS store_level (
    sku TEXT NOT NULL,
    place TEXT NOT NULL,
    condition TEXT NOT NULL,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    incoming INTEGER NOT NULL,
    base_ms INTEGER,
    base_assertion INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    changed_seq INTEGER NOT NULL,
    PRIMARY KEY (sku, place, condition)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_level_place ON store_level (place, sku, condition);

-- Till transactions: what they are called, and which undoes which.
CREATE TABLE IF NOT EXISTS store_till (
    hub_id TEXT PRIMARY KEY,
    is_real INTEGER NOT NULL,
    counts INTEGER NOT NULL,
    channel TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_till_name (
    name TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    PRIMARY KEY (name, hub_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_till_name_hub ON store_till_name (hub_id);
CREATE TABLE IF NOT EXISTS store_till_void (
    voider TEXT NOT NULL,
    voided TEXT NOT NULL,
    said_by TEXT NOT NULL,
    PRIMARY KEY (said_by, voider, voided)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_till_void_voided ON store_till_void (voided);
CREATE INDEX IF NOT EXISTS store_till_void_voider ON store_till_void (voider);

-- Numbers of a till's day that were seen, and those that are missing.
CREATE TABLE IF NOT EXISTS store_run (
    channel TEXT NOT NULL,
    store TEXT NOT NULL,
    register TEXT NOT NULL,
    business_date TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    width INTEGER NOT NULL,
    PRIMARY KEY (channel, store, register, business_date, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS store_gap (
    raised_pos INTEGER NOT NULL,
    channel TEXT NOT NULL,
    store TEXT NOT NULL,
    register TEXT NOT NULL,
    business_date TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    raised_ms INTEGER NOT NULL,
    cleared_ms INTEGER NOT NULL,
    PRIMARY KEY (raised_pos, channel, store, register, business_date, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_gap_open
    ON store_gap (channel, store, register, business_date) WHERE cleared_ms = 0;

-- Files that were taken where files are checked, by the store in their names.
CREATE TABLE IF NOT EXISTS store_file (
    channel TEXT NOT NULL,
    series TEXT NOT NULL,
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    number INTEGER,
    heading TEXT,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    records INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (channel, series, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_file_day ON store_file (channel, series, day, number);
CREATE INDEX IF NOT EXISTS store_file_content ON store_file (channel, sha256);

-- Files that wait, or waited, for an operator: held, refused, or not come. What is
-- known of a file is JSON.
CREATE TABLE IF NOT EXISTS store_held (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    settled_by TEXT NOT NULL,
    settled_why TEXT NOT NULL,
    code TEXT NOT NULL,
    file TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS store_held_id ON store_held (id);
CREATE INDEX IF NOT EXISTS store_held_channel ON store_held (channel, state, seq);

-- Interchanges of EDI that came, and the place of the answer to each among all
-- answers of its channel, from 1. Of an arrival that was refused there is only the
-- first, without control number: that number may come again.
CREATE TABLE IF NOT EXISTS store_interchange (
    channel TEXT NOT NULL,
    seq INTEGER NOT NULL,
    place INTEGER NOT NULL,
    sender TEXT NOT NULL,
    control TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    answer INTEGER NOT NULL,
    PRIMARY KEY (channel, seq, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS store_interchange_control
    ON store_interchange (channel, sender, control);
