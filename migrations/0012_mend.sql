-- Repairs: what is kept beside the events is made what these tell.
--
-- Each locks what it mends, holds that against what was found wrong and against the facts as they
-- are under that lock, and refuses where either is another by now. Locks are taken in the order of
-- the checkout: order, promotions, reservations, stock, views.

-- The figures of a stock, to the sum of its ledger. The found ones are null where nothing is kept.
CREATE FUNCTION mend_stock(
    clock timestamptz, mended_sku text, written text, mended_at text,
    found_on_hand bigint, found_reserved bigint, found_version bigint,
    told_on_hand bigint, told_reserved bigint, told_version bigint,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    kept stock;
    summed record;
BEGIN
    amount := 0;
    PERFORM FROM stock WHERE sku_key = mended_sku ORDER BY location FOR UPDATE;
    SELECT * INTO kept FROM stock WHERE sku_key = mended_sku AND location = mended_at;
    -- Whoever books an entry has the row, so that from here on the ledger is as it is read.
    SELECT
        coalesce(sum(CASE
            WHEN kind IN ('received', 'cancelled', 'returned', 'adjusted') THEN units
            WHEN kind = 'committed' THEN -units
            ELSE 0
        END), 0) AS on_hand,
        coalesce(sum(CASE
            WHEN kind = 'reserved' THEN units
            WHEN kind IN ('released', 'expired', 'committed') THEN -units
            ELSE 0
        END), 0) AS reserved,
        count(*) + 1 AS version,
        coalesce(max(sequence), 0) = count(*) AS whole
    INTO summed
    FROM (
        SELECT kind, sequence, (body ->> 'quantity')::bigint AS units FROM events
        WHERE aggregate = 'stock' AND key = mended_sku || ' ' || mended_at
    ) ledger;
    IF (kept.on_hand, kept.reserved, kept.version)
            IS DISTINCT FROM (found_on_hand, found_reserved, found_version)
        OR (summed.on_hand, summed.reserved, summed.version)
            IS DISTINCT FROM (told_on_hand::numeric, told_reserved::numeric, told_version)
        -- A ledger that lost an entry proves nothing.
        OR NOT summed.whole
    THEN
        refusal := 'stale';
        subject := 'stock';
        RETURN;
    END IF;
    PERFORM know_stock(mended_sku, written, mended_at);
    -- A ledger by which more was sold than the rule allows is for a person to look at.
    UPDATE stock SET
        on_hand = told_on_hand, reserved = told_reserved, version = told_version,
        least_free = least(least_free, told_on_hand - told_reserved)
    WHERE sku_key = mended_sku AND location = mended_at AND told_reserved >= 0
        AND (
            policy = 'untracked'
            OR told_on_hand - told_reserved + backorder_limit >= 0
            OR told_on_hand - told_reserved >= kept.on_hand - kept.reserved
        );
    IF NOT FOUND THEN
        PERFORM refuse('below_zero', written, 0);
    END IF;
    PERFORM stock_moved(ARRAY[mended_sku], now_by(clock));
END
$$;

-- The state of a reservation, to the last that the ledger tells of it.
CREATE FUNCTION mend_reservation(
    of_order uuid, mended_sku text, mended_at text, was text, told text,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
BEGIN
    amount := 0;
    -- Whoever ends it has its row first.
    PERFORM FROM reservations
    WHERE order_id = of_order AND sku_key = mended_sku AND location = mended_at AND state = was
    FOR UPDATE;
    IF NOT FOUND OR told IS DISTINCT FROM (
        SELECT CASE kind WHEN 'reserved' THEN 'held' ELSE kind END FROM events
        WHERE aggregate = 'stock' AND key = mended_sku || ' ' || mended_at
            AND body ->> 'order' = of_order::text
            AND kind IN ('reserved', 'released', 'expired', 'committed')
        ORDER BY sequence DESC LIMIT 1
    ) THEN
        refusal := 'stale';
        subject := 'reservation';
        RETURN;
    END IF;
    UPDATE reservations SET state = told
    WHERE order_id = of_order AND sku_key = mended_sku AND location = mended_at;
END
$$;

-- Ends what an order still holds although it is over.
CREATE FUNCTION settle_over(
    clock timestamptz, of_order uuid, expected bigint, ending text,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
BEGIN
    amount := 0;
    PERFORM FROM orders
    WHERE id = of_order AND version = expected AND phase <> 'pending' FOR UPDATE;
    IF NOT FOUND THEN
        refusal := 'stale';
        subject := 'order';
    ELSIF settle_reservations(of_order, ending, false, now_by(clock)) = 0 THEN
        refusal := 'reservation_lost';
    END IF;
END
$$;

-- How an order is found and decided on, to the fold of its events.
CREATE FUNCTION mend_order(
    of_order uuid, found_version bigint, found_status text, found_phase text, found_cart uuid,
    told_version bigint, told_status text, told_phase text, told_cart uuid,
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
    END IF;
END
$$;

-- How often a promotion was used, by anyone or by one customer.
CREATE FUNCTION mend_uses(
    used uuid, by_customer text, was bigint, told bigint,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
BEGIN
    amount := 0;
    -- Whoever takes or gives back a use has the counter first.
    IF by_customer IS NULL THEN
        INSERT INTO promotion_totals (promotion, uses) VALUES (used, 0) ON CONFLICT DO NOTHING;
        SELECT uses INTO kept FROM promotion_totals WHERE promotion = used FOR UPDATE;
    ELSE
        INSERT INTO promotion_uses (promotion, customer_key, uses) VALUES (used, by_customer, 0)
        ON CONFLICT DO NOTHING;
        SELECT uses INTO kept FROM promotion_uses
        WHERE promotion = used AND customer_key = by_customer FOR UPDATE;
    END IF;
    IF kept <> was OR told <> (
        SELECT count(*) FROM order_uses u JOIN orders o ON o.id = u.order_id
        WHERE u.promotion = used AND o.phase IN ('pending', 'confirmed')
            AND (by_customer IS NULL OR u.customer_key = by_customer)
    ) THEN
        refusal := 'stale';
        subject := 'uses';
    ELSIF by_customer IS NULL THEN
        UPDATE promotion_totals SET uses = told WHERE promotion = used;
    ELSE
        UPDATE promotion_uses SET uses = told
        WHERE promotion = used AND customer_key = by_customer;
    END IF;
END
$$;

-- A product's popularity, to `told`, unless orders moved it since the position `as_of`.
CREATE FUNCTION mend_sold(
    clock timestamptz, product_id uuid, was bigint, told bigint, as_of bigint,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    started bigint := (SELECT starting_popularity FROM products WHERE id = product_id);
    kept bigint;
BEGIN
    amount := 0;
    SELECT sold INTO kept FROM product_views WHERE product = product_id FOR UPDATE;
    IF greatest(started::numeric + kept, 0) IS DISTINCT FROM was::numeric OR EXISTS (
        SELECT FROM events e
        WHERE e.aggregate = 'order' AND e.kind IN ('confirmed', 'cancelled') AND e.id IN (
            SELECT event_id FROM event_positions WHERE position > as_of
            UNION ALL
            SELECT event_id FROM outbox
        )
    ) THEN
        refusal := 'stale';
        subject := 'product';
        RETURN;
    END IF;
    UPDATE product_views SET sold = told - started WHERE product = product_id;
    UPDATE product_listing SET popularity = told WHERE product = product_id;
    PERFORM tell('product', product_id::text, 'popularity_moved', now_by(clock), NULL);
END
$$;

-- What of a product is shown otherwise than it follows from its rows, from the tree and from its
-- stock; null where nothing is. Of prices that begin or end by the clock lists may lag.
CREATE FUNCTION wrong_view(product_id uuid, moment timestamptz) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    low_below bigint := (SELECT low_stock_below FROM shop);
    kept product_views;
    fresh smallint[];
    price_now bigint;
    holders uuid[];
BEGIN
    SELECT * INTO kept FROM product_views WHERE product = product_id;
    fresh := ARRAY(
        SELECT variant_band(sku_key, low_below) FROM variants WHERE product = product_id
        ORDER BY ordinal
    );
    IF kept.bands IS DISTINCT FROM fresh THEN
        RETURN 'bands';
    END IF;
    IF EXISTS (
        SELECT FROM variants v JOIN variant_prices p ON p.variant = v.sku_key
        WHERE v.product = product_id
            AND (p.holds_from IS NOT NULL OR p.holds_until IS NOT NULL)
    ) THEN
        RETURN NULL;
    END IF;
    price_now := listed_price(product_id, fresh, moment);
    holders := CASE WHEN price_now IS NOT NULL THEN ARRAY(
        SELECT unnest(c.path) FROM product_categories h JOIN categories c ON c.id = h.category
        WHERE h.product = product_id
    ) || '00000000-0000-0000-0000-000000000000'::uuid END;
    IF EXISTS (
        SELECT FROM (
            SELECT DISTINCT holder AS category, p.age, price_now AS price,
                least(
                    greatest(p.starting_popularity::numeric + kept.sold, 0), 9223372036854775807
                )::bigint AS popularity,
                p.name_key
            FROM unnest(holders) holder CROSS JOIN products p
            WHERE p.id = product_id
        ) fit
        FULL JOIN (
            SELECT category, age, price, popularity, name_key FROM product_listing
            WHERE product = product_id
        ) listed
            ON (listed.category, listed.age, listed.price, listed.popularity)
                = (fit.category, fit.age, fit.price, fit.popularity)
            AND listed.name_key = fit.name_key
        WHERE fit.category IS NULL OR listed.category IS NULL
    ) THEN
        RETURN 'lists';
    END IF;
    RETURN NULL;
END
$$;

-- How a product is found and shown, to what follows from its record, from the tree and from its
-- stock. `was` is the version of the view that was wrong.
CREATE FUNCTION mend_view(
    clock timestamptz, product_id uuid, expected bigint, was bigint,
    told_status text, told_name_key text, told_age bigint, told_categories uuid[],
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
BEGIN
    amount := 0;
    subject := 'product';
    PERFORM FROM product_views WHERE product = product_id AND version = was FOR UPDATE;
    IF NOT FOUND OR NOT EXISTS (
        SELECT FROM products WHERE id = product_id AND version = expected
    ) THEN
        refusal := 'stale';
        RETURN;
    END IF;
    UPDATE products SET status = told_status, name_key = told_name_key, age = told_age
    WHERE id = product_id
        AND (status, name_key, age) IS DISTINCT FROM (told_status, told_name_key, told_age);
    IF told_categories <> ARRAY(
        SELECT category FROM product_categories WHERE product = product_id ORDER BY ordinal
    ) THEN
        PERFORM FROM categories WHERE id = ANY (told_categories) ORDER BY id FOR SHARE;
        DELETE FROM product_categories WHERE product = product_id;
        INSERT INTO product_categories (product, ordinal, category)
        SELECT product_id, n, category
        FROM unnest(told_categories) WITH ORDINALITY AS held (category, n);
    END IF;
    PERFORM show_product(product_id, true, now_by(clock));
END
$$;

-- Where a category lies, to what its parents tell, with all below it; refused where it lies there.
CREATE FUNCTION mend_category(
    clock timestamptz, category_id uuid,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    amount := 0;
    PERFORM pg_advisory_xact_lock(7306356116820488302);
    WITH RECURSIVE placed (id, path) AS (
        SELECT id, ARRAY[id] FROM categories WHERE parent IS NULL
        UNION ALL
        SELECT c.id, p.path || c.id FROM placed p JOIN categories c ON c.parent = p.id
        WHERE cardinality(p.path) < 10
    )
    UPDATE categories c SET path = p.path
    FROM placed p
    WHERE p.id = c.id AND p.path <> c.path AND category_id = ANY (p.path || c.path);
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved = 0 THEN
        refusal := 'stale';
        subject := 'category';
        RETURN;
    END IF;
    PERFORM relabel_products(category_id, true, now_by(clock));
END
$$;
