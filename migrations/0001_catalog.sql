-- Products and categories, and what the shop shows of them.
--
-- Keys of text compare by their bytes, as the domain does, so they are COLLATE "C". What queries,
-- conditions and constraints need has a column of its own; the rest of a thing is its record.

-- What the functions below must know of the shop. One row; each process that connects sets it.
CREATE TABLE shop (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    currency text COLLATE "C" NOT NULL,
    low_stock_below bigint NOT NULL,
    -- Whether products are still shown by what it was before.
    outdated boolean NOT NULL
);

CREATE TABLE categories (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    parent uuid REFERENCES categories,
    -- From the top to the category itself.
    path uuid[] NOT NULL,
    slug text COLLATE "C" NOT NULL,
    name text NOT NULL,
    -- The name in small letters.
    name_key text COLLATE "C" NOT NULL,
    position integer NOT NULL,
    CONSTRAINT categories_slug UNIQUE (slug),
    CONSTRAINT categories_name UNIQUE NULLS NOT DISTINCT (parent, name_key),
    CONSTRAINT categories_path CHECK (
        cardinality(path) BETWEEN 1 AND 10
        AND path[cardinality(path)] = id
        AND path[cardinality(path) - 1] IS NOT DISTINCT FROM parent
    )
);

CREATE TABLE products (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    status text COLLATE "C" NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    slug text COLLATE "C" NOT NULL,
    import_key text COLLATE "C",
    -- The name in small letters, and the age in microseconds since 1970: what lists go by.
    name_key text COLLATE "C" NOT NULL,
    age bigint NOT NULL,
    starting_popularity bigint NOT NULL CHECK (starting_popularity >= 0),
    record jsonb NOT NULL,
    CONSTRAINT products_slug UNIQUE (slug),
    CONSTRAINT products_import_key UNIQUE (import_key)
);
CREATE INDEX products_by_status ON products (status, id);

-- A product keeps the slugs it had; several may have had the same.
CREATE TABLE former_slugs (
    slug text COLLATE "C" NOT NULL,
    product uuid NOT NULL REFERENCES products,
    PRIMARY KEY (slug, product)
);
CREATE INDEX former_slugs_by_product ON former_slugs (product);

-- What of a product moves without an edit, apart from the wide row.
CREATE SEQUENCE view_versions;
CREATE TABLE product_views (
    product uuid PRIMARY KEY REFERENCES products,
    -- Grows with everything that is shown; see `show_product`.
    version bigint NOT NULL,
    -- The band of availability of each variant, in order: 0 none, 1 backorder, 2 low, 3 plenty.
    bands smallint[] NOT NULL,
    -- Units sold less those that came back.
    sold bigint NOT NULL
) WITH (fillfactor = 80);

-- A variant is found by its SKU, in small letters.
CREATE TABLE variants (
    sku_key text COLLATE "C" PRIMARY KEY,
    sku text NOT NULL,
    id uuid NOT NULL,
    product uuid NOT NULL REFERENCES products,
    -- Its place among the product's variants, from 1.
    ordinal integer NOT NULL,
    policy text COLLATE "C" NOT NULL CHECK (policy IN ('tracked', 'backorder', 'untracked')),
    backorder_limit bigint NOT NULL CHECK (backorder_limit >= 0),
    UNIQUE (product, ordinal)
);
CREATE INDEX variants_by_id ON variants (id);

-- What a sale of a bundle takes from stock. The parts need not be sold by anyone.
CREATE TABLE bundle_parts (
    bundle text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    ordinal integer NOT NULL,
    part text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (bundle, ordinal)
);
CREATE INDEX bundle_parts_by_part ON bundle_parts (part);

-- The shop's own prices of one unit, which lists go by; the record has all.
CREATE TABLE variant_prices (
    variant text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    ordinal integer NOT NULL,
    currency text COLLATE "C" NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    holds_from timestamptz,
    holds_until timestamptz,
    PRIMARY KEY (variant, ordinal)
);

CREATE TABLE product_categories (
    product uuid NOT NULL REFERENCES products,
    -- Its place among the product's categories, from 1; the first is the main one.
    ordinal integer NOT NULL,
    category uuid NOT NULL REFERENCES categories,
    PRIMARY KEY (product, ordinal)
);
CREATE INDEX product_categories_by_category ON product_categories (category, product);

-- Published products that have a price, once for each category that holds them and once for the
-- list of all, whose category is the nil UUID. A page is read from one index, however deep it is.
CREATE TABLE product_listing (
    category uuid NOT NULL,
    product uuid NOT NULL REFERENCES products,
    age bigint NOT NULL,
    price bigint NOT NULL,
    popularity bigint NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    PRIMARY KEY (product, category)
);
CREATE INDEX product_listing_by_age ON product_listing (category, age, product);
CREATE INDEX product_listing_by_price ON product_listing (category, price, product);
CREATE INDEX product_listing_by_popularity ON product_listing (category, popularity, product);
CREATE INDEX product_listing_by_name ON product_listing (category, name_key, product);
