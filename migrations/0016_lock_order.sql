-- One order of locks for everyone, which 0008 promised and did not keep: what is given back went another
-- way than what is taken, so that a buyer and an order that came to nothing could each have what the
-- other waited for.
--
-- Whoever locks several of these locks them in this order: saga, order, key of a checkout, uses of
-- promotions, reservations, stock, how products are shown. A new order and its saga are seen by nobody
-- before the commit that makes them, so placing one may begin with its key. Of several of a kind uses
-- go by promotion and customer, stock by SKU and location in the order of their bytes, products by
-- their ids. A key under which a change of an order is kept comes last: only the same request, sent
-- twice, can wait there, and it waits at the order before. An import alone goes product by product, in
-- the order of its file; where it meets others, one of them is tried again.

-- Holds stock for an order, all or nothing. The rows are locked in the order of their bytes, as those
-- who find them in the table lock them, whatever the database sorts text by.
CREATE OR REPLACE FUNCTION reserve_stock(
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
        ORDER BY w.sku COLLATE "C", w.location COLLATE "C"
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

-- A later step of a saga. `ending` is `commit` where the order is confirmed, `release` where it
-- comes to nothing, else null. `expected` is null where nothing happens to the order.
CREATE OR REPLACE FUNCTION step_saga(
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
        PERFORM give_back_uses(saga_order);
        PERFORM settle_reservations(saga_order, 'released', false, moment);
    END IF;
END
$$;

-- Brings units back on hand, also of a SKU that nobody sells any more. An order brings back several
-- by as many calls, each of which may show products anew; so the first of them locks all stock that
-- any of them may need.
CREATE OR REPLACE FUNCTION restock(
    clock timestamptz, moved_sku text, written text, moved_at text, what text, units bigint,
    for_order uuid
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
    crosses boolean;
BEGIN
    PERFORM FROM stock
    WHERE sku_key = ANY (
        ARRAY(SELECT r.sku_key FROM reservations r WHERE r.order_id = for_order) || moved_sku
    )
    ORDER BY sku_key, location FOR UPDATE;
    PERFORM know_stock(moved_sku, written, moved_at);
    crosses := book_stock(moved_sku, moved_at, what, units, for_order, NULL, moment);
    IF crosses IS NULL THEN
        PERFORM refuse('below_zero', written, 0);
    ELSIF crosses THEN
        PERFORM stock_moved(ARRAY[moved_sku], moment);
    END IF;
END
$$;
