CREATE OR REPLACE FUNCTION api.gather_payouts(p_passed integer DEFAULT 0)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_until timestamptz;
    v_period core.payout_periods;
BEGIN
    PERFORM core.require('passed', p_passed::text);
    FOR v_until IN
        SELECT until FROM core.payout_periods WHERE gathered_at IS NULL
        ORDER BY closed_at, until OFFSET p_passed
    LOOP
        SELECT * INTO v_period FROM core.payout_periods
        WHERE until = v_until AND gathered_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND AND core.gather_earnings(v_period) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION api.gather_payouts(integer) IS $$
Makes the next step (core.gather_earnings) of the period that was closed first and has not all of
its payouts yet; of the next one, when somebody holds rows of all mitras who are left. p_passed: how
many of these periods to pass over, because their steps failed a moment ago. Returns false when no
period has a step to make. It can be called again at any point, and waits for nobody.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.gather_payouts(integer) TO halo_listener;
