-- An outbox leaves a dead row for each event, and while anyone holds an old snapshot, as a dump does for
-- an hour, all of them stay. Whoever looked at it from its start would go past each, at every commit. So
-- most looks begin near the last event that has its position.

ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- As `sequence_events(most)`, of the events whose ids are not more than `near` before that of the last
-- with a position, or of all where `near` is null. What commits later than that waits for such a look:
-- its aggregate is locked until it commits, so nothing of it can have got its position before. The one
-- with a single argument stays for servers of before that run meanwhile.
CREATE FUNCTION sequence_events(most bigint, near bigint, OUT head bigint, OUT moved bigint)
LANGUAGE plpgsql
-- By its figures the table is empty, and reading it whole cheap.
SET enable_seqscan = off
AS $$
DECLARE
    beyond bigint := coalesce((
        SELECT p.event_id - near FROM event_head h JOIN event_positions p USING (position)
    ), 0);
BEGIN
    moved := 0;
    IF (SELECT event_id FROM outbox WHERE event_id > beyond ORDER BY event_id LIMIT 1) IS NULL THEN
        head := (SELECT position FROM event_head);
        RETURN;
    END IF;
    -- One process at a time, any of them. Every statement below sees what the one before left.
    PERFORM pg_advisory_xact_lock(7306356116820488301);
    WITH taken AS (
        DELETE FROM outbox
        WHERE event_id IN (
            SELECT event_id FROM outbox WHERE event_id > beyond ORDER BY event_id LIMIT most
        )
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
