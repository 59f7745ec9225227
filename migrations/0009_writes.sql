-- Writes that touch many rows: products, categories, stock by hand and stock that comes back.
--
-- As in a checkout, what is refused before anything is written is returned, the rest is raised.

-- Replaces the variants of a product, with the policies of their stock. `leaving` are the SKUs that
-- it had and has no more.
CREATE FUNCTION put_variants(
    owner uuid, leaving text[],
    skus text[], written text[], ids uuid[], policies text[], limits bigint[], counted boolean[],
    bundles text[], parts text[], part_quantities bigint[],
    priced text[], currencies text[], amounts bigint[], holds_from timestamptz[],
    holds_until timestamptz[], main_location text
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    held text;
BEGIN
    -- No row of stock begins while a bundle takes its SKU in, without one knowing of the other.
    IF bundles <> '{}' THEN
        PERFORM pg_advisory_xact_lock(7306356116820488303);
        UPDATE stock SET shared = true WHERE sku_key = ANY (parts) AND NOT shared;
    ELSE
        PERFORM pg_advisory_xact_lock_shared(7306356116820488303);
    END IF;
    DELETE FROM variants WHERE product = owner;
    -- Units under a SKU that nothing sells could neither be sold nor moved.
    WITH left_behind AS (
        UPDATE stock SET product = NULL
        WHERE sku_key = ANY (leaving) AND product = owner
        RETURNING sku_key, sku, on_hand, reserved
    )
    SELECT sku INTO held FROM left_behind
    WHERE on_hand <> 0 OR reserved <> 0
    ORDER BY array_position(leaving, sku_key) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse('stock_left', held, 0);
    END IF;
    INSERT INTO variants (sku_key, sku, id, product, ordinal, policy, backorder_limit)
    SELECT sku, as_written, id, owner, n, policy, most
    FROM unnest(skus, written, ids, policies, limits)
        WITH ORDINALITY AS v (sku, as_written, id, policy, most, n);
    INSERT INTO bundle_parts (bundle, ordinal, part, quantity)
    SELECT bundle, n, part, quantity
    FROM unnest(bundles, parts, part_quantities) WITH ORDINALITY AS b (bundle, part, quantity, n);
    INSERT INTO variant_prices (variant, ordinal, currency, amount, holds_from, holds_until)
    SELECT sku, n, code, cents, since, until
    FROM unnest(priced, currencies, amounts, holds_from, holds_until)
        WITH ORDINALITY AS p (sku, code, cents, since, until, n);
    -- What was sold under the policy before stays sold.
    UPDATE stock s SET
        product = owner, policy = v.policy, backorder_limit = v.most,
        least_free = least(least_free(v.policy, v.most), s.on_hand - s.reserved)
    FROM unnest(skus, policies, limits) AS v (sku, policy, most)
    WHERE s.sku_key = v.sku
        AND (s.product, s.policy, s.backorder_limit) IS DISTINCT FROM (owner, v.policy, v.most);
    INSERT INTO stock (sku_key, location, sku, product, policy, backorder_limit, least_free, shared)
    SELECT sku, main_location, as_written, owner, policy, most, least_free(policy, most),
        EXISTS (SELECT FROM bundle_parts WHERE part = v.sku)
    FROM unnest(skus, written, policies, limits, counted)
        AS v (sku, as_written, policy, most, is_counted)
    WHERE is_counted AND NOT EXISTS (SELECT FROM stock s WHERE s.sku_key = v.sku);
END
$$;

-- Saves a product. `expected` is the version it must still have, null for a new one; `skus` and
-- what belongs to them are used only where the variants changed.
CREATE FUNCTION save_product(
    clock timestamptz, product_id uuid, expected bigint, next_version bigint, next_status text,
    next_slug text, next_import_key text, next_name_key text, next_age bigint, starting bigint,
    next_record jsonb, had_slugs text[], next_categories uuid[], variants_changed boolean,
    leaving text[],
    skus text[], written text[], ids uuid[], policies text[], limits bigint[], counted boolean[],
    bundles text[], parts text[], part_quantities bigint[],
    priced text[], currencies text[], amounts bigint[], holds_from timestamptz[],
    holds_until timestamptz[], main_location text,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    known bigint;
BEGIN
    amount := 0;
    IF variants_changed THEN
        PERFORM FROM stock WHERE sku_key = ANY (leaving || skus || parts)
        ORDER BY sku_key, location FOR UPDATE;
    END IF;
    -- Whoever changes the product or how it is shown has this row, so that from here on the
    -- product is as it is read.
    PERFORM FROM product_views WHERE product = product_id FOR UPDATE;
    SELECT version INTO known FROM products WHERE id = product_id;
    IF known IS DISTINCT FROM expected THEN
        refusal := 'stale';
        subject := 'product';
        RETURN;
    END IF;
    SELECT 'sku', v.as_written INTO refusal, subject
    FROM unnest(skus, written) WITH ORDINALITY AS v (sku, as_written, n)
    JOIN variants other ON other.sku_key = v.sku
    WHERE other.product <> product_id
    ORDER BY v.n LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM products WHERE slug = next_slug AND id <> product_id) THEN
        refusal := 'product_slug';
        subject := next_slug;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM products WHERE import_key = next_import_key AND id <> product_id) THEN
        refusal := 'import_key';
        subject := next_import_key;
        RETURN;
    END IF;
    -- Who moves or renames a category changes it and all below it, and so waits for this product
    -- or makes it wait.
    PERFORM FROM categories WHERE id = ANY (next_categories) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT FROM unnest(next_categories) wanted
        WHERE NOT EXISTS (SELECT FROM categories WHERE id = wanted)
    ) THEN
        refusal := 'stale';
        subject := 'category';
        RETURN;
    END IF;
    IF expected IS NULL THEN
        INSERT INTO products (
            id, version, status, slug, import_key, name_key, age, starting_popularity, record
        )
        VALUES (
            product_id, next_version, next_status, next_slug, next_import_key, next_name_key,
            next_age, starting, next_record
        );
        INSERT INTO product_views (product, version, bands, sold) VALUES (product_id, 0, '{}', 0);
    ELSE
        UPDATE products SET
            version = next_version, status = next_status, slug = next_slug,
            import_key = next_import_key, name_key = next_name_key, age = next_age,
            starting_popularity = starting, record = next_record
        WHERE id = product_id;
        DELETE FROM former_slugs WHERE product = product_id AND slug <> ALL (had_slugs);
        DELETE FROM product_categories WHERE product = product_id;
    END IF;
    INSERT INTO former_slugs (slug, product) SELECT unnest(had_slugs), product_id
    ON CONFLICT DO NOTHING;
    INSERT INTO product_categories (product, ordinal, category)
    SELECT product_id, n, category
    FROM unnest(next_categories) WITH ORDINALITY AS held (category, n);
    IF variants_changed THEN
        PERFORM put_variants(
            product_id, leaving, skus, written, ids, policies, limits, counted, bundles, parts,
            part_quantities, priced, currencies, amounts, holds_from, holds_until, main_location
        );
    END IF;
    PERFORM show_product(product_id, true, moment);
    IF variants_changed THEN
        -- Bundles of other products may hang on what comes and goes.
        PERFORM stock_moved(leaving || skus, moment);
    END IF;
    PERFORM tell(
        'product', product_id::text, 'saved', moment, jsonb_build_object('version', next_version)
    );
END
$$;

-- Moves a product's popularity, where the product is there.
CREATE FUNCTION add_popularity(clock timestamptz, product_id uuid, units bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
BEGIN
    UPDATE product_views w SET sold = greatest(
        least(w.sold::numeric + units, 9223372036854775807), -p.starting_popularity
    )::bigint
    FROM products p
    WHERE w.product = product_id AND p.id = product_id;
    IF FOUND THEN
        PERFORM show_product(product_id, false, moment);
        PERFORM tell('product', product_id::text, 'popularity_moved', moment, NULL);
    END IF;
END
$$;

-- Saves a category where the tree has room for it.
CREATE FUNCTION save_category(
    clock timestamptz, category_id uuid, expected bigint, next_version bigint, next_parent uuid,
    next_slug text, next_name text, next_name_key text, next_position integer,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    before categories;
    above uuid[] := '{}';
    height integer;
    moves boolean;
    shown uuid;
BEGIN
    amount := 0;
    -- One change of the tree at a time: each is checked against the whole of it.
    PERFORM pg_advisory_xact_lock(7306356116820488302);
    SELECT * INTO before FROM categories WHERE id = category_id;
    IF before.version IS DISTINCT FROM expected THEN
        refusal := 'stale';
        subject := 'category';
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM categories WHERE slug = next_slug AND id <> category_id) THEN
        refusal := 'category_slug';
        subject := next_slug;
        RETURN;
    END IF;
    IF EXISTS (
        SELECT FROM categories
        WHERE parent IS NOT DISTINCT FROM next_parent AND name_key = next_name_key
            AND id <> category_id
    ) THEN
        refusal := 'category_name';
        subject := next_name;
        RETURN;
    END IF;
    moves := before.id IS NULL OR before.parent IS DISTINCT FROM next_parent;
    IF next_parent IS NOT NULL THEN
        above := (SELECT path FROM categories WHERE id = next_parent);
        height := (
            SELECT max(cardinality(path)) - cardinality(before.path)
            FROM categories WHERE category_id = ANY (path)
        );
        IF above IS NULL OR moves AND (
            category_id = ANY (above) OR cardinality(above) + 1 + coalesce(height, 0) > 10
        ) THEN
            refusal := 'stale';
            subject := 'category';
            RETURN;
        END IF;
    END IF;
    IF before.id IS NULL THEN
        INSERT INTO categories (id, version, parent, path, slug, name, name_key, position)
        VALUES (
            category_id, next_version, next_parent, above || category_id, next_slug, next_name,
            next_name_key, next_position
        );
    ELSE
        UPDATE categories SET
            version = next_version, parent = next_parent, path = above || category_id,
            slug = next_slug, name = next_name, name_key = next_name_key, position = next_position
        WHERE id = category_id;
        IF moves OR before.slug <> next_slug OR before.name <> next_name THEN
            -- Those below are written though their paths may stay: see `save_product`.
            UPDATE categories SET path = above || path[cardinality(before.path):]
            WHERE category_id = ANY (path) AND id <> category_id;
            PERFORM relabel_products(category_id, moves, moment);
        END IF;
    END IF;
    PERFORM tell('category', category_id::text, 'changed', moment, NULL);
END
$$;

-- Shows the products in and below a category anew: their labels changed, and where the category
-- moved, the lists that they are in.
CREATE FUNCTION relabel_products(category_id uuid, moved boolean, moment timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    below uuid[] := ARRAY(
        SELECT DISTINCT h.product
        FROM product_categories h JOIN categories c ON c.id = h.category
        WHERE category_id = ANY (c.path)
        ORDER BY h.product
    );
    shown uuid;
BEGIN
    PERFORM FROM product_views WHERE product = ANY (below) ORDER BY product FOR UPDATE;
    IF moved THEN
        FOREACH shown IN ARRAY below LOOP
            PERFORM show_product(shown, true, moment);
        END LOOP;
    ELSE
        UPDATE product_views SET version = nextval('view_versions') WHERE product = ANY (below);
    END IF;
END
$$;

-- Deletes a category that has neither products nor children.
CREATE FUNCTION delete_category(
    clock timestamptz, category_id uuid, expected bigint,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
BEGIN
    amount := 0;
    subject := 'category';
    PERFORM pg_advisory_xact_lock(7306356116820488302);
    IF NOT EXISTS (SELECT FROM categories WHERE id = category_id AND version = expected) THEN
        refusal := 'stale';
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM product_categories WHERE category = category_id)
        OR EXISTS (SELECT FROM categories WHERE parent = category_id)
    THEN
        refusal := 'in_use';
        RETURN;
    END IF;
    DELETE FROM categories WHERE id = category_id;
    PERFORM tell('category', category_id::text, 'changed', now_by(clock), NULL);
END
$$;

-- Makes a location know a SKU that it does not know yet. All rows of the SKU are locked: a variant
-- whose stock was one row is guarded by the lock on that row until there are two.
CREATE FUNCTION know_stock(moved_sku text, written text, moved_at text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM stock WHERE sku_key = moved_sku ORDER BY location FOR UPDATE;
    IF EXISTS (SELECT FROM stock WHERE sku_key = moved_sku AND location = moved_at) THEN
        RETURN;
    END IF;
    -- No bundle takes the SKU in meanwhile without knowing of the row.
    PERFORM pg_advisory_xact_lock_shared(7306356116820488303);
    UPDATE stock SET shared = true WHERE sku_key = moved_sku AND NOT shared;
    INSERT INTO stock (sku_key, location, sku, product, policy, backorder_limit, least_free, shared)
    SELECT moved_sku, moved_at, written, v.product, coalesce(v.policy, 'tracked'),
        coalesce(v.backorder_limit, 0), coalesce(least_free(v.policy, v.backorder_limit), 0),
        EXISTS (SELECT FROM stock WHERE sku_key = moved_sku)
            OR EXISTS (SELECT FROM bundle_parts WHERE part = moved_sku)
    FROM (SELECT) AS one LEFT JOIN variants v ON v.sku_key = moved_sku;
END
$$;

-- Books a movement by hand.
CREATE FUNCTION move_stock(
    clock timestamptz, moved_sku text, written text, moved_at text, what text, units bigint,
    why text, expected bigint,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    known bigint;
    crosses boolean;
BEGIN
    amount := 0;
    PERFORM FROM stock WHERE sku_key = moved_sku ORDER BY location FOR UPDATE;
    -- The SKU does not leave its product meanwhile.
    PERFORM FROM variants WHERE sku_key = moved_sku FOR KEY SHARE;
    IF NOT FOUND THEN
        refusal := 'no_stock';
        subject := written;
        RETURN;
    END IF;
    SELECT version INTO known FROM stock WHERE sku_key = moved_sku AND location = moved_at;
    IF expected IS NOT NULL AND coalesce(known, 1) <> expected THEN
        refusal := 'stale';
        subject := 'stock';
        RETURN;
    END IF;
    PERFORM know_stock(moved_sku, written, moved_at);
    crosses := book_stock(moved_sku, moved_at, what, units, NULL, why, moment);
    IF crosses IS NULL THEN
        PERFORM refuse('below_zero', written, 0);
    ELSIF crosses THEN
        PERFORM stock_moved(ARRAY[moved_sku], moment);
    END IF;
END
$$;

-- Brings units back on hand, also of a SKU that nobody sells any more.
CREATE FUNCTION restock(
    clock timestamptz, moved_sku text, written text, moved_at text, what text, units bigint,
    for_order uuid
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    crosses boolean;
BEGIN
    PERFORM know_stock(moved_sku, written, moved_at);
    crosses := book_stock(moved_sku, moved_at, what, units, for_order, NULL, moment);
    IF crosses IS NULL THEN
        PERFORM refuse('below_zero', written, 0);
    ELSIF crosses THEN
        PERFORM stock_moved(ARRAY[moved_sku], moment);
    END IF;
END
$$;
