-- Looks that are made often, planned once a session instead of each time. Nothing else changes.
--
-- A session may plan them while a catalogue is just being loaded, of which there are no statistics yet;
-- by these whole tables would be read for a few rows, each of which is found by an index.

-- Products by their SKUs, in small letters.
CREATE FUNCTION shown_by_skus(keys text[])
RETURNS TABLE (
    asked text, record text, version bigint, bands smallint[], sold bigint, ordinals integer[],
    categories uuid[], slugs text[], names text[]
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT v.sku_key, s.record, s.version, s.bands, s.sold, s.ordinals::integer[], s.categories,
        s.slugs, s.names
    FROM (SELECT DISTINCT w.sku_key, w.product FROM variants w WHERE w.sku_key = ANY (keys)) v
    JOIN shown_products s ON s.id = v.product;
END
$$;

-- The stock of SKUs at every location, the preferred one first.
CREATE FUNCTION stock_of(keys text[], preferred text) RETURNS SETOF stock
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
    SELECT s.* FROM stock s WHERE s.sku_key = ANY (keys)
    ORDER BY s.location <> preferred, s.location;
END
$$;

-- The price that a product is listed by: that of its cheapest variant that can be bought, else of
-- its cheapest. None where it is not published or has no price now.
CREATE OR REPLACE FUNCTION listed_price(product_id uuid, bands smallint[], moment timestamptz)
RETURNS bigint
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN (
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
    );
END
$$;

-- The first step: the order, its stock, its coupon uses, its saga and its key. A key and a cart are sent
-- again often enough to be looked for first. What else a unique index refuses is rare, so it is
-- looked for only where a try before this one met it: `careful`.
CREATE OR REPLACE FUNCTION place_order(
    careful boolean, clock timestamptz, at timestamptz, retention interval,
    order_id uuid, order_version bigint, order_number text, order_cart uuid, order_customer uuid,
    order_email text, order_status text, order_phase text, order_placed_at timestamptz,
    kinds text[], bodies jsonb[],
    skus text[], locations text[], written text[], quantities bigint[], until timestamptz[],
    promotions uuid[], customers text[], total_limits bigint[], customer_limits bigint[],
    saga_kind smallint, saga_order uuid, saga_refund uuid, saga_version bigint,
    saga_due timestamptz, saga_owner text, saga_until timestamptz, saga_over boolean,
    saga_open boolean, saga jsonb,
    key_principal text, key_name text, key_fingerprint bytea,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    later interval := moment - at;
    other record;
    used integer;
BEGIN
    SELECT * INTO refusal, subject, amount
    FROM look_at_stock(skus, locations, written, quantities);
    IF refusal IS NULL AND key_name IS NOT NULL AND EXISTS (
        SELECT FROM idempotency_keys k
        WHERE k.principal = key_principal AND k.key = key_name AND moment < k.at + retention
    ) THEN
        refusal := 'key_taken';
        RETURN;
    ELSIF refusal IS NULL AND order_cart IS NOT NULL
        AND EXISTS (SELECT FROM orders o WHERE o.cart = order_cart AND o.phase <> 'failed')
    THEN
        refusal := 'cart_ordered';
        RETURN;
    ELSIF careful OR refusal IS NOT NULL OR promotions <> '{}' THEN
        SELECT * INTO other FROM look_at_order(
            moment, retention, order_id, order_number, order_cart, promotions, customers,
            total_limits, customer_limits, key_principal, key_name
        );
        IF other.refusal IS NOT NULL THEN
            refusal := other.refusal;
            subject := other.subject;
        END IF;
        IF refusal IS NOT NULL THEN
            RETURN;
        END IF;
    END IF;
    IF key_name IS NOT NULL THEN
        INSERT INTO idempotency_keys AS k (principal, key, fingerprint, order_id, record, at)
        VALUES (key_principal, key_name, key_fingerprint, place_order.order_id, NULL, moment)
        ON CONFLICT (principal, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, order_id = excluded.order_id, record = NULL,
            at = excluded.at
        WHERE k.at + retention <= moment;
        IF NOT FOUND THEN
            PERFORM refuse('key_taken', '', 0);
        END IF;
    END IF;
    INSERT INTO orders (
        id, version, number, cart, customer, email, status, phase, placed_at
    )
    VALUES (
        place_order.order_id, order_version, order_number, order_cart, order_customer, order_email,
        order_status, order_phase, order_placed_at
    );
    PERFORM begin_saga(
        saga_kind, saga_order, saga_refund, saga_version, saga_due + later, saga_owner,
        saga_until + later, saga_over, saga_open, saga
    );
    FOR used IN 1..cardinality(promotions) LOOP
        PERFORM take_use(
            promotions[used], customers[used], total_limits[used], customer_limits[used]
        );
        INSERT INTO order_uses (order_id, ordinal, promotion, customer_key)
        VALUES (place_order.order_id, used, promotions[used], customers[used]);
    END LOOP;
    PERFORM tell_order(order_id, order_version, kinds, bodies, moment);
    IF cardinality(skus) > 0 THEN
        PERFORM reserve_stock(
            order_id, skus, locations, written, quantities, until, moment, later
        );
    END IF;
END
$$;
