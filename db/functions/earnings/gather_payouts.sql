CREATE OR REPLACE FUNCTION api.gather_payouts(p_rows integer, p_passed integer DEFAULT 0)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_period core.payout_periods;
BEGIN
    PERFORM core.require('rows', p_rows::text, 'passed', p_passed::text);
    SELECT * INTO v_period FROM core.payout_periods WHERE gathered_at IS NULL
    ORDER BY closed_at, until OFFSET p_passed LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM core.gather_earnings(v_period, p_rows);
    RETURN true;
END
$$;

COMMENT ON FUNCTION api.gather_payouts(integer, integer) IS $$
Makes the next step of the period that was closed first and has not all of its payouts yet: of about
p_rows earnings (core.gather_earnings). p_passed: how many of these periods to pass over, because
their steps failed a moment ago. Returns false when there is none. It can be called again at any
point, and waits for nobody's period.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.gather_payouts(integer, integer) TO halo_listener;
