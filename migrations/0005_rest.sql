-- Promotions, taxes, shipping, people, imports, secrets, and carts for a shop without Redis.

CREATE TABLE promotions (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    -- None for one that applies by itself.
    code text COLLATE "C",
    record jsonb NOT NULL,
    CONSTRAINT promotions_code UNIQUE (code)
);

CREATE TABLE tax_rates (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    -- Which tax it is: name and region in small letters. A tax set twice would be taken twice.
    name_key text COLLATE "C" NOT NULL,
    country text COLLATE "C" NOT NULL,
    region_key text COLLATE "C",
    category text COLLATE "C" NOT NULL,
    record jsonb NOT NULL,
    CONSTRAINT tax_rates_identity
        UNIQUE NULLS NOT DISTINCT (name_key, country, region_key, category)
);

CREATE TABLE shipping_methods (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    code text COLLATE "C" NOT NULL,
    record jsonb NOT NULL,
    CONSTRAINT shipping_methods_code UNIQUE (code)
);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    -- In small letters.
    email text COLLATE "C" NOT NULL,
    -- Whether they can administer the shop.
    administers boolean NOT NULL,
    record jsonb NOT NULL,
    CONSTRAINT staff_email UNIQUE (email)
);
CREATE INDEX staff_administrators ON staff (id) WHERE administers;

CREATE TABLE imports (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    record jsonb NOT NULL
);

CREATE TABLE secrets (
    name text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE carts (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    expires_at timestamptz NOT NULL,
    record jsonb NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX carts_by_expiry ON carts (expires_at);
