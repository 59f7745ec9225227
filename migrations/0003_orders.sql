-- Orders, the sagas that work on them, idempotency keys and uses of promotions.

-- An order is the fold of its events; this is what finds it and what keeps it single.
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    -- How many events it is made of.
    version bigint NOT NULL CHECK (version > 0),
    number text COLLATE "C" NOT NULL,
    cart uuid,
    customer uuid,
    -- In small letters.
    email text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    phase text COLLATE "C" NOT NULL
        CHECK (phase IN ('pending', 'confirmed', 'failed', 'cancelled')),
    placed_at timestamptz NOT NULL,
    CONSTRAINT orders_number UNIQUE (number)
) WITH (fillfactor = 80);
-- A cart becomes one order, unless that fails.
CREATE UNIQUE INDEX orders_cart ON orders (cart) WHERE phase <> 'failed';
CREATE INDEX orders_by_age ON orders (placed_at, id);
CREATE INDEX orders_by_email ON orders (email, placed_at, id);
CREATE INDEX orders_by_customer ON orders (customer, placed_at, id) WHERE customer IS NOT NULL;
CREATE INDEX orders_by_status ON orders (status, placed_at, id);

ALTER TABLE reservations ADD FOREIGN KEY (order_id) REFERENCES orders;

CREATE TABLE sagas (
    -- 0 for a checkout, 1 for a refund.
    kind smallint NOT NULL CHECK (kind IN (0, 1)),
    order_id uuid NOT NULL REFERENCES orders,
    -- The nil UUID for a checkout.
    refund_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    due timestamptz NOT NULL,
    lease_owner text COLLATE "C",
    lease_until timestamptz,
    -- Whether nothing is left to do.
    over boolean NOT NULL,
    -- Whether it is not over, or a person must act.
    open boolean NOT NULL,
    record jsonb NOT NULL,
    PRIMARY KEY (kind, order_id, refund_id),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK (over OR open)
) WITH (fillfactor = 70);
CREATE INDEX sagas_due ON sagas (due, kind, order_id, refund_id) WHERE NOT over;
CREATE INDEX sagas_open ON sagas (kind, order_id, refund_id) WHERE open;

CREATE TABLE idempotency_keys (
    principal text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    -- The order whose checkout it waits for, until that tells what the request came to.
    order_id uuid,
    record jsonb,
    -- When it was first used.
    at timestamptz NOT NULL,
    PRIMARY KEY (principal, key),
    CHECK ((order_id IS NULL) <> (record IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX idempotency_keys_in_flight ON idempotency_keys (order_id)
    WHERE order_id IS NOT NULL;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at, principal, key);

-- How often a promotion was used, in all and by each customer. They outlive the promotion, for
-- orders that give a use back.
CREATE TABLE promotion_totals (
    promotion uuid PRIMARY KEY,
    uses bigint NOT NULL CHECK (uses >= 0)
) WITH (fillfactor = 50);
CREATE TABLE promotion_uses (
    promotion uuid NOT NULL,
    customer_key text COLLATE "C" NOT NULL,
    uses bigint NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (promotion, customer_key)
);
-- The uses that an order took.
CREATE TABLE order_uses (
    order_id uuid NOT NULL REFERENCES orders,
    ordinal integer NOT NULL,
    promotion uuid NOT NULL,
    customer_key text COLLATE "C" NOT NULL,
    PRIMARY KEY (order_id, ordinal)
);
