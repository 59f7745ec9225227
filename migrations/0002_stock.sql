-- Stock and what orders hold of it.

CREATE TABLE stock (
    sku_key text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    sku text NOT NULL,
    -- Who sells the SKU; nobody once it left its product, and then it cannot be reserved.
    product uuid REFERENCES products,
    policy text COLLATE "C" NOT NULL CHECK (policy IN ('tracked', 'backorder', 'untracked')),
    backorder_limit bigint NOT NULL CHECK (backorder_limit >= 0),
    on_hand bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    -- One more than the events that the figures are made of.
    version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    -- Whether a variant may hang on more than this row: the SKU is stocked elsewhere too, or is part
    -- of a bundle. Once it is, it stays so.
    shared boolean NOT NULL DEFAULT false,
    -- What on_hand - reserved may fall to: less than nothing by the backorder limit, and by what
    -- was owed when the policy changed. The wall behind every condition on stock.
    least_free bigint NOT NULL DEFAULT 0 CHECK (least_free <= 0),
    PRIMARY KEY (sku_key, location),
    CONSTRAINT stock_never_oversold CHECK (on_hand - reserved >= least_free)
) WITH (fillfactor = 70);

-- What the free units may fall to under a policy.
CREATE FUNCTION least_free(policy text, backorder_limit bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE policy WHEN 'untracked' THEN -9223372036854775807 ELSE -backorder_limit END
$$;

CREATE TABLE reservations (
    order_id uuid NOT NULL,
    sku_key text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    -- Its place among the order's reservations, from 1.
    ordinal integer NOT NULL,
    sku text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('held', 'committed', 'released', 'expired')),
    held_until timestamptz NOT NULL,
    PRIMARY KEY (order_id, sku_key, location),
    FOREIGN KEY (sku_key, location) REFERENCES stock
) WITH (fillfactor = 80);
CREATE INDEX reservations_held ON reservations (held_until, order_id) WHERE state = 'held';
