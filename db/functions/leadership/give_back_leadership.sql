CREATE OR REPLACE FUNCTION api.give_back_leadership(p_name text, p_epoch bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_lease core.leaderships;
BEGIN
    PERFORM core.require('name', p_name, 'epoch', p_epoch::text);
    v_lease := core.lock_leadership(p_name);
    UPDATE core.leaderships SET until = least(until, clock_timestamp())
    WHERE name = p_name AND v_lease.epoch = p_epoch;
END
$$;

COMMENT ON FUNCTION api.give_back_leadership(text, bigint) IS $$
Ends the lease of p_name at once, so that another may lead without waiting for its end. Changes
nothing when another epoch began meanwhile. Nobody but the listener may call it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.give_back_leadership(text, bigint) TO halo_listener;
REVOKE EXECUTE ON FUNCTION api.give_back_leadership(text, bigint) FROM halo_dba;
