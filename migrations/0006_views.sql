-- How products are shown follows from products, categories and stock; here is how.
--
-- Whoever changes stock locks in this order, and so never in a circle: rows of stock by SKU and
-- location, then rows of product_views by product.

-- Now by the clock that decides: `clock` where tests give one, else the database's.
CREATE FUNCTION now_by(clock timestamptz) RETURNS timestamptz
LANGUAGE sql VOLATILE AS 'SELECT coalesce(clock, clock_timestamp())';

-- A moment that a caller computed `at` its own time, as far from now by the clock that decides.
CREATE FUNCTION by_clock(moment timestamptz, at timestamptz, clock timestamptz) RETURNS timestamptz
LANGUAGE sql VOLATILE AS 'SELECT moment + (coalesce(clock, clock_timestamp()) - at)';

-- Refuses what was begun: the whole statement is undone, and the adapter tells the conflict.
CREATE FUNCTION refuse(refusal text, subject text, amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'ZE001', MESSAGE = refusal, DETAIL = subject, HINT = coalesce(amount, 0)::text;
END
$$;

-- The band of so many units: 0 none, 1 backorder, 2 low, 3 plenty. `Availability` of the domain.
CREATE FUNCTION band_of(free numeric, available numeric, low_below bigint) RETURNS smallint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN free > 0 AND free >= low_below THEN 3
        WHEN free > 0 THEN 2
        WHEN available > 0 THEN 1
        ELSE 0
    END
$$;

-- The band of a variant, by the stock of all that one unit of it takes.
CREATE FUNCTION variant_band(variant text, low_below bigint) RETURNS smallint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    is_limited boolean;
    most_free numeric;
    most_available numeric;
BEGIN
    WITH parts AS (
        SELECT b.part, b.quantity FROM bundle_parts b WHERE b.bundle = variant
        UNION ALL
        SELECT variant, 1
        WHERE NOT EXISTS (SELECT FROM bundle_parts b WHERE b.bundle = variant)
    ), sellable AS (
        SELECT
            v.policy IS DISTINCT FROM 'untracked' AS limited,
            CASE WHEN v.sku_key IS NULL THEN 0 ELSE div(s.free, p.quantity) END AS free,
            CASE WHEN v.sku_key IS NULL THEN 0 ELSE div(s.available, p.quantity) END AS available
        FROM parts p
        LEFT JOIN variants v ON v.sku_key = p.part
        CROSS JOIN LATERAL (
            SELECT
                coalesce(sum(greatest(on_hand - reserved, 0)), 0) AS free,
                coalesce(sum(greatest(on_hand - reserved + backorder_limit, 0)), 0) AS available
            FROM stock WHERE sku_key = p.part
        ) s
    )
    SELECT bool_or(limited), min(free) FILTER (WHERE limited), min(available) FILTER (WHERE limited)
    INTO is_limited, most_free, most_available
    FROM sellable;
    IF NOT is_limited THEN
        RETURN 3;
    END IF;
    RETURN band_of(most_free, most_available, low_below);
END
$$;

-- The price that a product is listed by: that of its cheapest variant that can be bought, else of
-- its cheapest. None where it is not published or has no price now.
CREATE FUNCTION listed_price(product_id uuid, bands smallint[], moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT min(p.amount)
    FROM variants v
    JOIN variant_prices p ON p.variant = v.sku_key
    WHERE v.product = product_id
        AND p.currency = (SELECT currency FROM shop)
        AND (p.holds_from IS NULL OR p.holds_from <= moment)
        AND (p.holds_until IS NULL OR moment < p.holds_until)
        AND EXISTS (SELECT FROM products WHERE id = product_id AND status = 'active')
    GROUP BY v.ordinal
    ORDER BY bands[v.ordinal] = 0, min(p.amount), v.ordinal
    LIMIT 1
$$;

-- Shows a product anew: its bands, and its places in the lists. `changed` tells that something else
-- that is shown of it changed. Popularity orders lists but is on no page, so that a sale alone
-- outdates none.
CREATE FUNCTION show_product(product_id uuid, changed boolean, moment timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    low_below bigint := (SELECT low_stock_below FROM shop);
    fresh smallint[];
    price_now bigint;
    holders uuid[];
BEGIN
    -- Several may find the band crossed at once; what each works out after the lock is whole.
    PERFORM FROM product_views WHERE product = product_id FOR UPDATE;
    fresh := ARRAY(
        SELECT variant_band(sku_key, low_below) FROM variants WHERE product = product_id
        ORDER BY ordinal
    );
    UPDATE product_views SET bands = fresh, version = nextval('view_versions')
    WHERE product = product_id AND (changed OR bands <> fresh);
    price_now := listed_price(product_id, fresh, moment);
    IF price_now IS NULL THEN
        DELETE FROM product_listing WHERE product = product_id;
        RETURN;
    END IF;
    holders := ARRAY(
        SELECT unnest(c.path) FROM product_categories h JOIN categories c ON c.id = h.category
        WHERE h.product = product_id
    ) || '00000000-0000-0000-0000-000000000000'::uuid;
    DELETE FROM product_listing WHERE product = product_id AND category <> ALL (holders);
    INSERT INTO product_listing AS l (category, product, age, price, popularity, name_key)
    SELECT DISTINCT holder, p.id, p.age, price_now,
        least(greatest(p.starting_popularity::numeric + w.sold, 0), 9223372036854775807)::bigint,
        p.name_key
    FROM unnest(holders) holder
    CROSS JOIN products p
    JOIN product_views w ON w.product = p.id
    WHERE p.id = product_id
    ON CONFLICT (product, category) DO UPDATE SET
        age = excluded.age, price = excluded.price, popularity = excluded.popularity,
        name_key = excluded.name_key
    WHERE (l.age, l.price, l.popularity, l.name_key) IS DISTINCT FROM
        (excluded.age, excluded.price, excluded.popularity, excluded.name_key);
END
$$;

-- Shows products anew where the stock of these SKUs, which this transaction has locked, took one of
-- their variants over the edge of its band. `book_stock` tells which SKUs may have.
CREATE FUNCTION stock_moved(skus text[], moment timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    low_below bigint := (SELECT low_stock_below FROM shop);
    crossed uuid;
BEGIN
    -- A variant that hangs on one row of stock is guarded by the lock on that row. One that hangs
    -- on several could have its band worked out by two at once, neither of whom sees the other.
    PERFORM FROM product_views
    WHERE product IN (
        SELECT v.product FROM variants v
        WHERE v.sku_key = ANY (skus)
            AND (SELECT count(*) FROM stock s WHERE s.sku_key = v.sku_key) > 1
        UNION ALL
        SELECT v.product FROM bundle_parts b JOIN variants v ON v.sku_key = b.bundle
        WHERE b.part = ANY (skus)
    )
    ORDER BY product FOR UPDATE;
    FOR crossed IN
        SELECT DISTINCT w.product
        FROM (
            SELECT sku_key, product, ordinal FROM variants WHERE sku_key = ANY (skus)
            UNION ALL
            SELECT v.sku_key, v.product, v.ordinal
            FROM bundle_parts b JOIN variants v ON v.sku_key = b.bundle
            WHERE b.part = ANY (skus)
        ) hanging
        JOIN product_views w ON w.product = hanging.product
        WHERE variant_band(hanging.sku_key, low_below) IS DISTINCT FROM w.bands[hanging.ordinal]
        ORDER BY w.product
    LOOP
        PERFORM show_product(crossed, false, moment);
    END LOOP;
END
$$;

-- A product as it is shown: its record, what moves without an edit, and every category that holds
-- it, in the order of the product's categories, each path from the top.
CREATE VIEW shown_products AS
SELECT
    p.id, p.status, p.slug, p.import_key, p.record::text AS record,
    w.version, w.bands, w.sold,
    h.ordinals, h.categories, h.slugs, h.names
FROM products p
JOIN product_views w ON w.product = p.id
CROSS JOIN LATERAL (
    SELECT
        coalesce(array_agg(held.ordinal ORDER BY held.ordinal, step.depth), '{}') AS ordinals,
        coalesce(array_agg(c.id ORDER BY held.ordinal, step.depth), '{}') AS categories,
        coalesce(array_agg(c.slug ORDER BY held.ordinal, step.depth), '{}') AS slugs,
        coalesce(array_agg(c.name ORDER BY held.ordinal, step.depth), '{}') AS names
    FROM product_categories held
    JOIN categories main ON main.id = held.category
    CROSS JOIN LATERAL unnest(main.path) WITH ORDINALITY step (id, depth)
    JOIN categories c ON c.id = step.id
    WHERE held.product = p.id
) h;
