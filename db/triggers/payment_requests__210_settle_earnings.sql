CREATE OR REPLACE FUNCTION core.tg_payment_requests__settle_earnings()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_changed uuid[] := ARRAY(
        SELECT DISTINCT new_rows.session_id FROM old_rows JOIN new_rows USING (id)
        CROSS JOIN LATERAL core.money_of(old_rows) AS before
        CROSS JOIN LATERAL core.money_of(new_rows) AS now
        WHERE old_rows.status = 'consumed' AND now.kept <> before.kept
            AND new_rows.session_id IS NOT NULL);
BEGIN
    IF v_changed <> '{}' THEN
        PERFORM core.settle_earnings(v_changed);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_payment_requests__settle_earnings() IS $$
A session keeps more or less than before: if it is over, its mitras' earnings follow.
$$;

CREATE OR REPLACE TRIGGER _210_settle_earnings
AFTER UPDATE ON core.payment_requests
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_payment_requests__settle_earnings();
