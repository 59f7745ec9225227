-- What moves together is told in one statement. Nothing else changes.

-- Moves the popularity of several products. The caller names them in the order of their ids, so that
-- all who do lock them in one order.
CREATE FUNCTION add_popularities(clock timestamptz, ids uuid[], units bigint[])
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1..cardinality(ids) LOOP
        PERFORM add_popularity(clock, ids[n], units[n]);
    END LOOP;
END
$$;
