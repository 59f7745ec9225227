-- What every checkout asks for, made cheaper. Nothing else changes.

-- Products by their variants. Planning the statement takes longer than running it, so the plan is
-- one for all lists of variants, made once a session.
CREATE FUNCTION shown_by_variants(ids uuid[])
RETURNS TABLE (
    asked text, record text, version bigint, bands smallint[], sold bigint, ordinals integer[],
    categories uuid[], slugs text[], names text[]
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT v.id::text, s.record, s.version, s.bands, s.sold, s.ordinals::integer[], s.categories,
        s.slugs, s.names
    FROM (SELECT DISTINCT w.id, w.product FROM variants w WHERE w.id = ANY (ids)) v
    JOIN shown_products s ON s.id = v.product;
END
$$;

-- Popularity is in lists and on no page: neither bands nor prices have to be worked out anew.
CREATE OR REPLACE FUNCTION add_popularity(clock timestamptz, product_id uuid, units bigint)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now_by(clock);
BEGIN
    UPDATE product_views w SET sold = greatest(
        least(w.sold::numeric + units, 9223372036854775807), -p.starting_popularity
    )::bigint
    FROM products p
    WHERE w.product = product_id AND p.id = product_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE product_listing l SET popularity = now_popular.units
    FROM (
        SELECT least(
            greatest(p.starting_popularity::numeric + w.sold, 0), 9223372036854775807
        )::bigint AS units
        FROM products p JOIN product_views w ON w.product = p.id
        WHERE p.id = product_id
    ) now_popular
    WHERE l.product = product_id AND l.popularity <> now_popular.units;
    PERFORM tell('product', product_id::text, 'popularity_moved', moment, NULL);
END
$$;
