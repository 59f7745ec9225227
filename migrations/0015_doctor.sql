-- What the doctor looks at and mends beyond 0012: stock that is gone everywhere, rows of products,
-- sagas, uses that orders took.

-- What a saga is and what it does next, as its record tells: a plan is written as its kind, with the
-- name of its state or with a state of that name that has more to it.
CREATE FUNCTION saga_names(record jsonb, OUT kind_name text, OUT step text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT p.kind_name, CASE jsonb_typeof(p.state)
        WHEN 'string' THEN p.state #>> '{}'
        ELSE (SELECT min(s.name) FROM jsonb_object_keys(p.state) AS s (name))
    END
    FROM (
        SELECT plan.key AS kind_name, plan.value AS state
        FROM jsonb_each(record -> 'plan') AS plan LIMIT 1
    ) p
$$;

-- The uses of a promotion are counted anew by the orders that took one.
CREATE INDEX order_uses_by_promotion ON order_uses (promotion, customer_key);

-- The key of a SKU that its ledger tells of, the first behind `mark`.
CREATE FUNCTION next_in_ledger(mark text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT split_part(key, ' ', 1) FROM events
    WHERE aggregate = 'stock' AND split_part(key, ' ', 1) > mark
    ORDER BY split_part(key, ' ', 1) LIMIT 1
$$;

-- SKUs behind `mark` that are counted, or were by their ledgers, and of which no stock is kept
-- anywhere, of the first `most` that there are; `looked` is the last of those where more may follow.
CREATE FUNCTION lost_stock(mark text, most bigint)
RETURNS TABLE (written text, policy text, backorder_limit bigint, looked text)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE told (sku_key, number) AS (
        SELECT next_in_ledger(mark), 1::bigint
        UNION ALL
        SELECT next_in_ledger(t.sku_key), t.number + 1 FROM told t
        WHERE t.sku_key IS NOT NULL AND t.number < most
    ),
    known AS (
        SELECT t.sku_key FROM told t WHERE t.sku_key IS NOT NULL
        UNION
        SELECT sold.sku_key FROM (
            SELECT v.sku_key FROM variants v
            WHERE v.sku_key > mark AND v.policy <> 'untracked'
                AND (
                    NOT EXISTS (SELECT FROM bundle_parts b WHERE b.bundle = v.sku_key)
                    OR EXISTS (
                        SELECT FROM bundle_parts b
                        WHERE b.bundle = v.sku_key AND b.part = v.sku_key
                    )
                )
            ORDER BY v.sku_key LIMIT most
        ) sold
    ),
    looked_at AS (SELECT k.sku_key FROM known k ORDER BY k.sku_key LIMIT most)
    (SELECT
        coalesce(w.sku, (
            SELECT e.body ->> 'sku' FROM events e
            WHERE e.aggregate = 'stock' AND split_part(e.key, ' ', 1) = s.sku_key
            ORDER BY e.id LIMIT 1
        )),
        w.policy, w.backorder_limit,
        (SELECT max(l.sku_key) FROM looked_at l HAVING count(*) = most)
    FROM looked_at s LEFT JOIN variants w ON w.sku_key = s.sku_key
    WHERE NOT EXISTS (SELECT FROM stock k WHERE k.sku_key = s.sku_key)
    ORDER BY s.sku_key)
    UNION ALL
    -- A page on which nothing is lost is told too, or nobody would go on behind it.
    SELECT NULL, NULL, NULL, max(l.sku_key) FROM looked_at l HAVING count(*) = most;
END
$$;

-- What of a product's own rows follows from its record, as JSON: its variants, their parts and
-- their open prices, all in order, and the slugs that it had.
CREATE FUNCTION product_rows(product_id uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'variants', coalesce((
            SELECT jsonb_agg(jsonb_build_array(
                sku_key, sku, id, policy, backorder_limit, ordinal
            ) ORDER BY ordinal)
            FROM variants WHERE product = product_id
        ), '[]'),
        'parts', coalesce((
            SELECT jsonb_agg(jsonb_build_array(b.bundle, b.part, b.quantity)
                ORDER BY v.ordinal, b.ordinal)
            FROM variants v JOIN bundle_parts b ON b.bundle = v.sku_key
            WHERE v.product = product_id
        ), '[]'),
        'prices', coalesce((
            SELECT jsonb_agg(jsonb_build_array(
                p.variant, p.currency, p.amount,
                (extract(epoch FROM p.holds_from) * 1000000)::bigint,
                (extract(epoch FROM p.holds_until) * 1000000)::bigint
            ) ORDER BY v.ordinal, p.ordinal)
            FROM variants v JOIN variant_prices p ON p.variant = v.sku_key
            WHERE v.product = product_id
        ), '[]'),
        'slugs', coalesce((
            SELECT jsonb_agg(slug ORDER BY slug) FROM former_slugs WHERE product = product_id
        ), '[]')
    )
$$;

-- Whether stock is kept under another rule than its variant has, or for another product than sells
-- it.
CREATE FUNCTION wrong_rules(product_id uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM variants v JOIN stock s ON s.sku_key = v.sku_key
        WHERE v.product = product_id
            AND (s.product, s.policy, s.backorder_limit)
                IS DISTINCT FROM (v.product, v.policy, v.backorder_limit)
    )
$$;

-- How a product is found, sold and shown, to what follows from its record, from the tree and from its
-- stock. `was` is the version of the view that was wrong, `found` what `product_rows` told.
CREATE FUNCTION mend_product(
    clock timestamptz, product_id uuid, expected bigint, was bigint, told_status text,
    told_slug text, told_import_key text, told_name_key text, told_age bigint, starting bigint,
    had_slugs text[], told_categories uuid[], told_rows jsonb,
    skus text[], written text[], ids uuid[], policies text[], limits bigint[], counted boolean[],
    bundles text[], parts text[], part_quantities bigint[],
    priced text[], currencies text[], amounts bigint[], holds_from timestamptz[],
    holds_until timestamptz[], main_location text,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    kept products;
    leaving text[];
    columns_fit boolean;
    categories_fit boolean;
    rows_fit boolean;
BEGIN
    amount := 0;
    subject := 'product';
    leaving := ARRAY(
        SELECT sku_key FROM variants WHERE product = product_id AND sku_key <> ALL (skus)
        ORDER BY sku_key
    );
    PERFORM FROM stock WHERE sku_key = ANY (leaving || skus || parts)
    ORDER BY sku_key, location FOR UPDATE;
    -- Whoever changes the product or how it is shown has this row.
    PERFORM FROM product_views WHERE product = product_id AND version = was FOR UPDATE;
    IF NOT FOUND THEN
        refusal := 'stale';
        RETURN;
    END IF;
    SELECT * INTO kept FROM products WHERE id = product_id;
    columns_fit := (
        kept.version, kept.status, kept.slug, kept.import_key, kept.name_key, kept.age,
        kept.starting_popularity
    ) IS NOT DISTINCT FROM (
        expected, told_status, told_slug, told_import_key, told_name_key, told_age, starting
    ) AND product_rows(product_id) -> 'slugs' = told_rows -> 'slugs';
    categories_fit := told_categories = ARRAY(
        SELECT category FROM product_categories WHERE product = product_id ORDER BY ordinal
    );
    rows_fit := product_rows(product_id) - 'slugs' = told_rows - 'slugs'
        AND NOT wrong_rules(product_id);
    -- The record tells what all else is to be, and whoever was faster mended it.
    IF (kept.record -> 'history' ->> 'version')::bigint IS DISTINCT FROM expected
        OR columns_fit AND categories_fit AND rows_fit
            AND wrong_view(product_id, moment) IS NULL
        -- What another product has by mistake is taken from that first.
        OR EXISTS (
            SELECT FROM variants WHERE sku_key = ANY (skus) AND product <> product_id
        )
        OR EXISTS (
            SELECT FROM products
            WHERE (slug = told_slug OR import_key = told_import_key) AND id <> product_id
        )
    THEN
        refusal := 'stale';
        RETURN;
    END IF;
    IF NOT columns_fit THEN
        UPDATE products SET
            version = expected, status = told_status, slug = told_slug,
            import_key = told_import_key, name_key = told_name_key, age = told_age,
            starting_popularity = starting
        WHERE id = product_id;
        DELETE FROM former_slugs WHERE product = product_id AND slug <> ALL (had_slugs);
        INSERT INTO former_slugs (slug, product) SELECT unnest(had_slugs), product_id
        ON CONFLICT DO NOTHING;
    END IF;
    IF NOT categories_fit THEN
        PERFORM FROM categories WHERE id = ANY (told_categories) ORDER BY id FOR SHARE;
        DELETE FROM product_categories WHERE product = product_id;
        INSERT INTO product_categories (product, ordinal, category)
        SELECT product_id, n, category
        FROM unnest(told_categories) WITH ORDINALITY AS held (category, n);
    END IF;
    IF NOT rows_fit THEN
        PERFORM put_variants(
            product_id, leaving, skus, written, ids, policies, limits, counted, bundles, parts,
            part_quantities, priced, currencies, amounts, holds_from, holds_until, main_location
        );
    END IF;
    PERFORM show_product(product_id, true, moment);
    IF NOT rows_fit THEN
        PERFORM stock_moved(leaving || skus, moment);
    END IF;
END
$$;

-- What a saga is claimed and found by, to what it says itself. The time that it is due is left where
-- it is told so within minutes, as clocks differ.
CREATE FUNCTION wrong_saga(kept sagas, is_over boolean, is_open boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN kept.version <> (kept.record ->> 'version')::bigint THEN 'version'
        WHEN (kept.over, kept.open) <> (is_over, is_open) THEN 'step'
        WHEN NOT is_over AND abs(
            extract(epoch FROM kept.due) * 1000000 - (kept.record ->> 'due')::numeric
        ) > 300000000 THEN 'due'
    END
$$;

CREATE FUNCTION mend_saga(
    saga_kind smallint, of_order uuid, of_refund uuid,
    told_version bigint, told_due timestamptz, is_over boolean, is_open boolean,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    kept sagas;
    wrong text;
BEGIN
    amount := 0;
    SELECT * INTO kept FROM sagas
    WHERE kind = saga_kind AND order_id = of_order AND refund_id = of_refund FOR UPDATE;
    wrong := wrong_saga(kept, is_over, is_open);
    IF wrong IS NULL OR (kept.record ->> 'version')::bigint <> told_version THEN
        refusal := 'stale';
        subject := 'saga';
        RETURN;
    END IF;
    UPDATE sagas SET
        version = told_version, over = is_over, open = is_open,
        due = CASE WHEN wrong = 'due' THEN told_due ELSE due END
    WHERE kind = saga_kind AND order_id = of_order AND refund_id = of_refund;
END
$$;

-- How an order is found and decided on, and the uses that it gives back if it fails, to the fold of
-- its events. Refused where it is so already.
CREATE FUNCTION mend_found_order(
    of_order uuid, found_version bigint, found_status text, found_phase text, found_cart uuid,
    found_promotions uuid[], found_customers text[],
    told_version bigint, told_status text, told_phase text, told_cart uuid,
    told_promotions uuid[], told_customers text[],
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    kept orders;
BEGIN
    amount := 0;
    -- Whoever adds an event has the row first.
    SELECT * INTO kept FROM orders WHERE id = of_order FOR UPDATE;
    IF (kept.version, kept.status, kept.phase, kept.cart)
            IS DISTINCT FROM (found_version, found_status, found_phase, found_cart)
        OR ARRAY(SELECT promotion FROM order_uses WHERE order_id = of_order ORDER BY ordinal)
            IS DISTINCT FROM found_promotions
        OR ARRAY(SELECT customer_key FROM order_uses WHERE order_id = of_order ORDER BY ordinal)
            IS DISTINCT FROM found_customers
        OR (found_version, found_status, found_phase, found_cart, found_promotions, found_customers)
            IS NOT DISTINCT FROM
            (told_version, told_status, told_phase, told_cart, told_promotions, told_customers)
        OR told_version IS DISTINCT FROM (
            SELECT max(sequence) FROM events WHERE aggregate = 'order' AND key = of_order::text
        )
    THEN
        refusal := 'stale';
        subject := 'order';
    ELSIF told_phase <> 'failed' AND EXISTS (
        SELECT FROM orders WHERE cart = told_cart AND phase <> 'failed' AND id <> of_order
    ) THEN
        refusal := 'cart_ordered';
    ELSE
        UPDATE orders SET
            version = told_version, status = told_status, phase = told_phase, cart = told_cart
        WHERE id = of_order;
        DELETE FROM order_uses WHERE order_id = of_order;
        INSERT INTO order_uses (order_id, ordinal, promotion, customer_key)
        SELECT of_order, n, used, by_customer
        FROM unnest(told_promotions, told_customers) WITH ORDINALITY AS u (used, by_customer, n);
    END IF;
END
$$;
