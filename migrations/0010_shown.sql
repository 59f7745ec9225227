-- Telling processes, which keep the products that they show, that some are shown anew.
--
-- Each process listens. The one whose commit it is learns of it from the answer, before anybody
-- hears that the commit was made: `ecicomm.shown` has the ids of the products, or `all`.

CREATE FUNCTION tell_shown() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    told text := coalesce(current_setting('ecicomm.shown', true), '');
BEGIN
    IF told = 'all' THEN
        RETURN NULL;
    END IF;
    -- A hundred ids are long enough to be told one by one.
    IF TG_LEVEL = 'STATEMENT' OR length(told) > 3700 THEN
        PERFORM set_config('ecicomm.shown', 'all', true), pg_notify('ecicomm_shown', 'all');
    ELSE
        PERFORM set_config('ecicomm.shown', concat_ws(',', nullif(told, ''), NEW.product), true),
            pg_notify('ecicomm_shown', NEW.product::text);
    END IF;
    RETURN NULL;
END
$$;

-- Whatever is shown of a product moves its version; popularity does not, and waits.
CREATE TRIGGER product_views_shown AFTER UPDATE OF version ON product_views
    FOR EACH ROW EXECUTE FUNCTION tell_shown();
CREATE TRIGGER categories_shown AFTER INSERT OR UPDATE OR DELETE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION tell_shown();
-- Rules of prices are shown in carts, and change seldom.
CREATE TRIGGER promotions_shown AFTER INSERT OR UPDATE OR DELETE ON promotions
    FOR EACH STATEMENT EXECUTE FUNCTION tell_shown();
CREATE TRIGGER tax_rates_shown AFTER INSERT OR UPDATE OR DELETE ON tax_rates
    FOR EACH STATEMENT EXECUTE FUNCTION tell_shown();
CREATE TRIGGER shipping_methods_shown AFTER INSERT OR UPDATE OR DELETE ON shipping_methods
    FOR EACH STATEMENT EXECUTE FUNCTION tell_shown();
