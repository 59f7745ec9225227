-- Shows the products in and below a category anew, as before, but where the category moved all of
-- them in a few statements: whoever sells the last of one waits for these locks. No price is looked
-- up for it any more, so `moment` is there for those who call it alone.
CREATE OR REPLACE FUNCTION relabel_products(category_id uuid, moved boolean, moment timestamptz)
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    everything CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    below uuid[] := ARRAY(
        SELECT DISTINCT h.product
        FROM product_categories h JOIN categories c ON c.id = h.category
        WHERE category_id = ANY (c.path)
        ORDER BY h.product
    );
BEGIN
    PERFORM FROM product_views WHERE product = ANY (below) ORDER BY product FOR UPDATE;
    UPDATE product_views SET version = nextval('view_versions') WHERE product = ANY (below);
    IF NOT moved THEN
        RETURN;
    END IF;
    -- A move changes in which lists a product is, and nothing that they order it by: that is as in
    -- the list of everything, where all are that are in any.
    DELETE FROM product_listing l
    WHERE l.product = ANY (below) AND l.category <> everything AND NOT EXISTS (
        SELECT FROM product_categories h JOIN categories c ON c.id = h.category
        WHERE h.product = l.product AND l.category = ANY (c.path)
    );
    INSERT INTO product_listing (category, product, age, price, popularity, name_key)
    SELECT DISTINCT step, l.product, l.age, l.price, l.popularity, l.name_key
    FROM product_listing l
    JOIN product_categories h ON h.product = l.product
    JOIN categories c ON c.id = h.category
    CROSS JOIN LATERAL unnest(c.path) step
    WHERE l.category = everything AND l.product = ANY (below)
    ON CONFLICT (product, category) DO NOTHING;
END
$$;
