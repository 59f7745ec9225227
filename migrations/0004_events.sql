-- Everything that happened: the history of every order, the ledger of stock and the log that
-- consumers read, in one table. Its rows are kept for good.

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What it is about: product, category, promotion, stock or order, and which. Stock is told by
    -- its SKU in small letters and its location, with a space between.
    aggregate text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    -- Its place among the events of its aggregate, from 1, without gaps.
    sequence bigint NOT NULL CHECK (sequence > 0),
    kind text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    body jsonb,
    CONSTRAINT events_sequence UNIQUE (aggregate, key, sequence)
);
-- The ledger of a SKU, over all locations.
CREATE INDEX events_ledger ON events (split_part(key, ' ', 1), id) WHERE aggregate = 'stock';

-- Committed events without a position yet. Ids are handed out before a commit, so one that commits
-- late has a low id; positions are given after it, so that no reader passes it by.
CREATE TABLE outbox (
    event_id bigint PRIMARY KEY
);
CREATE TABLE event_positions (
    position bigint PRIMARY KEY,
    event_id bigint NOT NULL UNIQUE REFERENCES events
);
-- The position of the last event. One row.
CREATE TABLE event_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);
INSERT INTO event_head (position) VALUES (0);

CREATE TABLE consumers (
    name text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL CHECK (position >= 0),
    lease_owner text COLLATE "C",
    lease_until timestamptz,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 50);

-- Events that a consumer set aside.
CREATE TABLE parked_events (
    consumer text COLLATE "C" NOT NULL REFERENCES consumers,
    position bigint NOT NULL REFERENCES event_positions,
    attempts bigint NOT NULL CHECK (attempts >= 0),
    due timestamptz NOT NULL,
    reason text NOT NULL,
    dead boolean NOT NULL,
    PRIMARY KEY (consumer, position)
);
CREATE INDEX parked_events_dead ON parked_events (consumer, dead, position);
