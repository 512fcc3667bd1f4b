-- Tables of the fold `deliveries`: what goes where, and what came of it.

-- The routes in force, in their order.
CREATE TABLE IF NOT EXISTS deliveries_route (
    number INTEGER PRIMARY KEY,
    route TEXT NOT NULL
) STRICT;

-- One event for one destination. `lane` says where the parcel stands among
-- those with the same key: 0 finished, 1 its turn now, 2 its turn at `due_ms`,
-- 3 behind an older one, 4 dead and its key waits for an operator, 5 and 6 as 1
-- and 2 for a replay that nothing live waits for. `latest_only` and `waits` are
-- what its route said when it was made; `replay` is the replay that sent it last,
-- `before` its state before that; `edited` is the entry of its last edit, or 0. `number`
-- counts the parcels of its destination from 1: no other parcel there has it, and a
-- rebuilt fold gives it again.
CREATE TABLE IF NOT EXISTS deliveries_parcel (
    destination TEXT NOT NULL,
    pos INTEGER NOT NULL,
    key TEXT NOT NULL,
    lane INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    letter_pos INTEGER NOT NULL,
    letter_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    settled_by TEXT NOT NULL,
    settled_why TEXT NOT NULL,
    latest_only INTEGER NOT NULL,
    waits INTEGER NOT NULL,
    replay INTEGER NOT NULL,
    before TEXT NOT NULL,
    edited INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL,
    PRIMARY KEY (destination, pos)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_parcel_ready
    ON deliveries_parcel (destination, pos) WHERE lane = 1;
CREATE INDEX IF NOT EXISTS deliveries_parcel_number
    ON deliveries_parcel (destination, number);
CREATE INDEX IF NOT EXISTS deliveries_parcel_waiting
    ON deliveries_parcel (destination, due_ms) WHERE lane = 2;
CREATE INDEX IF NOT EXISTS deliveries_parcel_replay_ready
    ON deliveries_parcel (destination, pos) WHERE lane = 5;
CREATE INDEX IF NOT EXISTS deliveries_parcel_replay_waiting
    ON deliveries_parcel (destination, due_ms) WHERE lane = 6;
CREATE INDEX IF NOT EXISTS deliveries_parcel_replay
    ON deliveries_parcel (replay, destination, lane) WHERE replay > 0 AND lane > 0;
CREATE INDEX IF NOT EXISTS deliveries_parcel_lane
    ON deliveries_parcel (destination, key, pos) WHERE lane > 0;
CREATE INDEX IF NOT EXISTS deliveries_parcel_event ON deliveries_parcel (pos);
-- A parcel that was refused keeps its place in the list of dead letters.
CREATE INDEX IF NOT EXISTS deliveries_parcel_letter
    ON deliveries_parcel (letter_pos) WHERE letter_pos > 0;
CREATE INDEX IF NOT EXISTS deliveries_parcel_letter_of
    ON deliveries_parcel (destination, letter_pos) WHERE letter_pos > 0;

CREATE TABLE IF NOT EXISTS deliveries_attempt (
    destination TEXT NOT NULL,
    pos INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    PRIMARY KEY (destination, pos, seq)
) STRICT, WITHOUT ROWID;

-- What goes out of a parcel that was edited, in place of its event's data.
CREATE TABLE IF NOT EXISTS deliveries_edit (
    destination TEXT NOT NULL,
    pos INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (destination, pos)
) STRICT, WITHOUT ROWID;

-- By which id a destination knows a thing it was given.
CREATE TABLE IF NOT EXISTS deliveries_far (
    destination TEXT NOT NULL,
    hub_id TEXT NOT NULL,
    far_id TEXT NOT NULL,
    PRIMARY KEY (destination, hub_id)
) STRICT, WITHOUT ROWID;

-- Replays: what each is to send (`deed`, JSON) and how far it is. `state` is
-- running, finished (all of it has been looked at) or stopped. `looked` is set
-- when nothing is left but what the parked destinations are to have.
CREATE TABLE IF NOT EXISTS deliveries_replay (
    id INTEGER PRIMARY KEY,
    actor TEXT NOT NULL,
    deed TEXT NOT NULL,
    state TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    reached INTEGER NOT NULL,
    within INTEGER NOT NULL DEFAULT 0,
    matched INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    faulty INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    parcels INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    discarded INTEGER NOT NULL DEFAULT 0,
    stopped_why TEXT NOT NULL DEFAULT '',
    looked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_replay_running
    ON deliveries_replay (id) WHERE state = 'running';

-- Destinations that a replay went on without, and how far it is for each.
CREATE TABLE IF NOT EXISTS deliveries_replay_parked (
    replay INTEGER NOT NULL,
    destination TEXT NOT NULL,
    reached INTEGER NOT NULL,
    within INTEGER NOT NULL,
    PRIMARY KEY (replay, destination)
) STRICT, WITHOUT ROWID;

-- What went out to each destination; `numbered` parcels were ever made for it.
CREATE TABLE IF NOT EXISTS deliveries_channel (
    destination TEXT PRIMARY KEY,
    pending INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    discarded INTEGER NOT NULL DEFAULT 0,
    superseded INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    later INTEGER NOT NULL DEFAULT 0,
    numbered INTEGER NOT NULL DEFAULT 0,
    substitutions INTEGER NOT NULL DEFAULT 0,
    last_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
