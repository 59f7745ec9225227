-- Telling what happened.

-- Tells of something, as the event `entry` of its aggregate, which this transaction has locked.
CREATE FUNCTION tell_entry(
    about text, about_key text, entry bigint, what text, moment timestamptz, told jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    told_as bigint;
BEGIN
    INSERT INTO events (aggregate, key, sequence, kind, at, body)
    VALUES (about, about_key, entry, what, moment, told)
    RETURNING id INTO told_as;
    INSERT INTO outbox (event_id) VALUES (told_as);
END
$$;

-- Tells of something, as the next event of its aggregate.
CREATE FUNCTION tell(about text, about_key text, what text, moment timestamptz, told jsonb)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    last bigint := (
        SELECT max(sequence) FROM events WHERE aggregate = about AND key = about_key
    );
BEGIN
    PERFORM tell_entry(about, about_key, coalesce(last, 0) + 1, what, moment, told);
END
$$;

-- Tells what happened to an order up to its version `last`.
CREATE FUNCTION tell_order(
    order_id uuid, last bigint, kinds text[], bodies jsonb[], moment timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..cardinality(kinds) LOOP
        PERFORM tell_entry(
            'order', order_id::text, last - cardinality(kinds) + n, kinds[n], moment, bodies[n]
        );
    END LOOP;
END
$$;

-- Books a movement on a row of stock, and tells it; the only way figures change. Null where the
-- stock does not allow it or the location does not know the SKU, else whether the movement may have
-- taken a variant over the edge of its band, so that `stock_moved` has to look.
CREATE FUNCTION book_stock(
    moved_sku text, moved_at text, what text, units bigint, for_order uuid, why text,
    moment timestamptz
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    on_hand_by bigint := CASE
        WHEN what IN ('received', 'cancelled', 'returned', 'adjusted') THEN units
        WHEN what = 'committed' THEN -units
        ELSE 0
    END;
    reserved_by bigint := CASE
        WHEN what = 'reserved' THEN units
        WHEN what IN ('released', 'expired', 'committed') THEN -units
        ELSE 0
    END;
    low_below bigint := (SELECT low_stock_below FROM shop);
    booked stock;
    free bigint;
    free_before bigint;
BEGIN
    UPDATE stock SET
        on_hand = on_hand + on_hand_by, reserved = reserved + reserved_by, version = version + 1
    WHERE sku_key = moved_sku AND location = moved_at
        AND reserved + reserved_by >= 0
        AND CASE
            WHEN what = 'reserved' THEN product IS NOT NULL
                AND (policy = 'untracked' OR on_hand - reserved + backorder_limit >= units)
            WHEN what = 'adjusted' AND units < 0 THEN on_hand - reserved + units >= 0
            ELSE true
        END
    RETURNING * INTO booked;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM tell_entry(
        'stock', moved_sku || ' ' || moved_at, booked.version - 1, what, moment,
        jsonb_strip_nulls(jsonb_build_object(
            'sku', booked.sku, 'location', moved_at, 'quantity', units, 'order', for_order,
            'reason', why
        ))
    );
    free := booked.on_hand - booked.reserved;
    free_before := free - on_hand_by + reserved_by;
    RETURN free <> free_before AND (
        booked.shared
        OR band_of(free, free + booked.backorder_limit, low_below)
            <> band_of(free_before, free_before + booked.backorder_limit, low_below)
    );
END
$$;

-- Gives committed events their positions, at most `most` of them, in the order of their ids. That
-- keeps the order of each aggregate: the id of its next event is handed out under the lock that the
-- one before held until its commit. `head` is the position of the last event, `moved` how many got
-- theirs.
CREATE FUNCTION sequence_events(most bigint, OUT head bigint, OUT moved bigint)
LANGUAGE plpgsql AS $$
BEGIN
    moved := 0;
    IF NOT EXISTS (SELECT FROM outbox) THEN
        head := (SELECT position FROM event_head);
        RETURN;
    END IF;
    -- One process at a time, any of them. Every statement below sees what the one before left.
    PERFORM pg_advisory_xact_lock(7306356116820488301);
    WITH taken AS (
        DELETE FROM outbox
        WHERE event_id IN (SELECT event_id FROM outbox ORDER BY event_id LIMIT most)
        RETURNING event_id
    ), placed AS (
        INSERT INTO event_positions (position, event_id)
        SELECT h.position + row_number() OVER (ORDER BY t.event_id), t.event_id
        FROM taken t CROSS JOIN event_head h
        RETURNING 1
    )
    SELECT count(*) INTO moved FROM placed;
    UPDATE event_head SET position = position + moved RETURNING position INTO head;
    -- Commits that notify wait for one another, so only this one does.
    IF moved > 0 THEN
        PERFORM pg_notify('ecicomm_events', head::text);
    END IF;
END
$$;
