-- The steps of a checkout: each is one statement, so that stock is locked for one round trip.
--
-- What is refused at a look, before anything is written or locked, is returned; what is refused
-- after that is raised by `refuse`. Locks are taken in this order: key, order, saga, promotions,
-- reservations, stock.

-- Takes a use of a promotion while any remains.
CREATE FUNCTION take_use(
    used uuid, by_customer text, total_limit bigint, customer_limit bigint
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO promotion_totals AS t (promotion, uses)
    SELECT used, 1 WHERE coalesce(total_limit, 1) > 0
    ON CONFLICT (promotion) DO UPDATE SET uses = t.uses + 1
    WHERE total_limit IS NULL OR t.uses < total_limit;
    IF NOT FOUND THEN
        PERFORM refuse('promotion_spent', used::text, 0);
    END IF;
    INSERT INTO promotion_uses AS u (promotion, customer_key, uses)
    SELECT used, by_customer, 1 WHERE coalesce(customer_limit, 1) > 0
    ON CONFLICT (promotion, customer_key) DO UPDATE SET uses = u.uses + 1
    WHERE customer_limit IS NULL OR u.uses < customer_limit;
    IF NOT FOUND THEN
        PERFORM refuse('promotion_spent', used::text, 0);
    END IF;
END
$$;

-- Gives back the uses that an order took.
CREATE FUNCTION give_back_uses(of_order uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    taken order_uses;
BEGIN
    FOR taken IN
        SELECT * FROM order_uses WHERE order_id = of_order ORDER BY promotion, customer_key
    LOOP
        UPDATE promotion_totals SET uses = greatest(uses - 1, 0)
        WHERE promotion = taken.promotion;
        UPDATE promotion_uses SET uses = greatest(uses - 1, 0)
        WHERE promotion = taken.promotion AND customer_key = taken.customer_key;
    END LOOP;
END
$$;

-- What of the stock that an order asks for is short, at a look; nulls where nothing is.
CREATE FUNCTION look_at_stock(
    skus text[], locations text[], written text[], quantities bigint[],
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    known stock;
BEGIN
    FOR n IN 1..cardinality(skus) LOOP
        SELECT * INTO known FROM stock WHERE sku_key = skus[n] AND location = locations[n];
        amount := CASE
            WHEN known.product IS NULL THEN 0
            ELSE greatest(known.on_hand - known.reserved + known.backorder_limit, 0)
        END;
        IF known.product IS NULL OR known.policy <> 'untracked' AND amount < quantities[n] THEN
            refusal := 'out_of_stock';
            subject := written[n];
            RETURN;
        END IF;
    END LOOP;
END
$$;

-- What else a new order would be refused for, at a look; nulls where nothing is in its way.
CREATE FUNCTION look_at_order(
    moment timestamptz, retention interval, order_id uuid, order_number text, order_cart uuid,
    promotions uuid[], customers text[], total_limits bigint[], customer_limits bigint[],
    key_principal text, key_name text,
    OUT refusal text, OUT subject text
)
LANGUAGE plpgsql AS $$
BEGIN
    IF key_name IS NOT NULL AND EXISTS (
        SELECT FROM idempotency_keys
        WHERE principal = key_principal AND key = key_name AND moment < at + retention
    ) THEN
        refusal := 'key_taken';
    ELSIF order_cart IS NOT NULL
        AND EXISTS (SELECT FROM orders WHERE cart = order_cart AND phase <> 'failed')
    THEN
        refusal := 'cart_ordered';
    ELSIF EXISTS (SELECT FROM orders WHERE number = order_number AND id <> order_id) THEN
        refusal := 'order_number';
        subject := order_number;
    ELSE
        SELECT 'promotion_spent', wanted.promotion::text INTO refusal, subject
        FROM unnest(promotions, customers, total_limits, customer_limits)
            WITH ORDINALITY AS wanted (promotion, customer, total_limit, customer_limit, n)
        LEFT JOIN promotion_totals t ON t.promotion = wanted.promotion
        LEFT JOIN promotion_uses u
            ON u.promotion = wanted.promotion AND u.customer_key = wanted.customer
        WHERE coalesce(t.uses, 0) >= wanted.total_limit
            OR coalesce(u.uses, 0) >= wanted.customer_limit
        ORDER BY wanted.n LIMIT 1;
        IF NOT FOUND AND EXISTS (SELECT FROM orders WHERE id = order_id) THEN
            refusal := 'stale';
            subject := 'order';
        END IF;
    END IF;
END
$$;

-- Begins a saga, which must not exist.
CREATE FUNCTION begin_saga(
    saga_kind smallint, of_order uuid, of_refund uuid, saga_version bigint, saga_due timestamptz,
    owner text, until timestamptz, is_over boolean, is_open boolean, saga jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sagas (
        kind, order_id, refund_id, version, due, lease_owner, lease_until, over, open, record
    )
    VALUES (
        saga_kind, of_order, of_refund, saga_version, saga_due, owner, until, is_over, is_open, saga
    )
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM refuse('stale', 'saga', 0);
    END IF;
END
$$;

-- Holds stock for an order, all or nothing. The rows are locked in one order by everyone.
CREATE FUNCTION reserve_stock(
    of_order uuid, skus text[], locations text[], written text[], quantities bigint[],
    until timestamptz[], moment timestamptz, later interval
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    n integer;
    crosses boolean;
    crossing text[] := '{}';
BEGIN
    FOR n IN
        SELECT w.n FROM unnest(skus, locations) WITH ORDINALITY AS w (sku, location, n)
        ORDER BY w.sku, w.location
    LOOP
        crosses := book_stock(
            skus[n], locations[n], 'reserved', quantities[n], of_order, NULL, moment
        );
        IF crosses IS NULL THEN
            PERFORM refuse('out_of_stock', written[n], (
                SELECT greatest(on_hand - reserved + backorder_limit, 0) FROM stock
                WHERE sku_key = skus[n] AND location = locations[n] AND product IS NOT NULL
            ));
        ELSIF crosses THEN
            crossing := crossing || skus[n];
        END IF;
        INSERT INTO reservations (
            order_id, sku_key, location, ordinal, sku, quantity, state, held_until
        )
        VALUES (
            of_order, skus[n], locations[n], n, written[n], quantities[n], 'held', until[n] + later
        );
    END LOOP;
    IF crossing <> '{}' THEN
        PERFORM stock_moved(crossing, moment);
    END IF;
END
$$;

-- Ends the reservations of an order that are held, and that are overdue where only those are meant.
-- How many that were.
CREATE FUNCTION settle_reservations(
    of_order uuid, ending text, only_overdue boolean, moment timestamptz
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    ended reservations;
    crosses boolean;
    crossing text[] := '{}';
    count bigint := 0;
BEGIN
    FOR ended IN
        SELECT * FROM reservations
        WHERE order_id = of_order AND state = 'held'
            AND (NOT only_overdue OR held_until <= moment)
        ORDER BY sku_key, location FOR UPDATE
    LOOP
        crosses := book_stock(
            ended.sku_key, ended.location, ending, ended.quantity, of_order, NULL, moment
        );
        IF crosses IS NULL THEN
            PERFORM refuse('below_zero', ended.sku, 0);
        ELSIF crosses THEN
            crossing := crossing || ended.sku_key;
        END IF;
        UPDATE reservations SET state = ending
        WHERE order_id = of_order AND sku_key = ended.sku_key AND location = ended.location;
        count := count + 1;
    END LOOP;
    IF crossing <> '{}' THEN
        PERFORM stock_moved(crossing, moment);
    END IF;
    RETURN count;
END
$$;

-- The first step: the order, its stock, its coupon uses, its saga and its key. What a unique index
-- refuses is rare, so it is looked for only where a try before this one met it: `careful`.
CREATE FUNCTION place_order(
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
    IF careful OR refusal IS NOT NULL OR order_cart IS NOT NULL OR promotions <> '{}' THEN
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

-- Changes an order that has this version, and tells what happened to it.
CREATE FUNCTION change_order(
    order_id uuid, expected bigint, order_status text, order_phase text, kinds text[],
    bodies jsonb[], moment timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders SET
        version = expected + cardinality(kinds), status = order_status, phase = order_phase
    WHERE id = change_order.order_id AND version = expected;
    IF NOT FOUND THEN
        PERFORM refuse('stale', 'order', 0);
    END IF;
    PERFORM tell_order(order_id, expected + cardinality(kinds), kinds, bodies, moment);
END
$$;

-- A later step of a saga. `ending` is `commit` where the order is confirmed, `release` where it
-- comes to nothing, else null. `expected` is null where nothing happens to the order.
CREATE FUNCTION step_saga(
    ending text, clock timestamptz, at timestamptz,
    saga_kind smallint, saga_order uuid, saga_refund uuid, saga_version bigint,
    saga_due timestamptz, saga_owner text, saga_until timestamptz, saga_over boolean,
    saga_open boolean, saga jsonb,
    expected bigint, order_status text, order_phase text, kinds text[], bodies jsonb[],
    outcome jsonb,
    OUT refusal text, OUT subject text, OUT amount bigint
)
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    later interval := moment - at;
BEGIN
    amount := 0;
    UPDATE sagas SET
        version = saga_version, due = saga_due + later, lease_owner = saga_owner,
        lease_until = saga_until + later, over = saga_over, open = saga_open, record = saga
    WHERE kind = saga_kind AND order_id = saga_order AND refund_id = saga_refund
        AND version = saga_version - 1;
    IF NOT FOUND THEN
        refusal := 'stale';
        subject := 'saga';
        RETURN;
    END IF;
    IF expected IS NOT NULL THEN
        PERFORM change_order(saga_order, expected, order_status, order_phase, kinds, bodies, moment);
    END IF;
    IF outcome IS NOT NULL THEN
        UPDATE idempotency_keys SET record = outcome, order_id = NULL WHERE order_id = saga_order;
    END IF;
    IF ending = 'commit' THEN
        PERFORM settle_reservations(saga_order, 'committed', false, moment);
        IF EXISTS (
            SELECT FROM reservations WHERE order_id = saga_order AND state <> 'committed'
        ) THEN
            PERFORM refuse('reservation_lost', '', 0);
        END IF;
    ELSIF ending = 'release' THEN
        PERFORM settle_reservations(saga_order, 'released', false, moment);
        PERFORM give_back_uses(saga_order);
    END IF;
END
$$;
