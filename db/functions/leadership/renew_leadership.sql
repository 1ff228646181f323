CREATE OR REPLACE FUNCTION api.renew_leadership(
    p_name text, p_epoch bigint, p_seconds double precision)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_lease core.leaderships;
BEGIN
    PERFORM core.require('name', p_name, 'epoch', p_epoch::text, 'seconds', p_seconds::text);
    v_lease := core.lock_leadership(p_name);
    UPDATE core.leaderships SET until = clock_timestamp() + make_interval(secs => p_seconds)
    WHERE name = p_name AND v_lease.epoch = p_epoch AND v_lease.until > clock_timestamp();
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION api.renew_leadership(text, bigint, double precision) IS $$
Makes the lease of p_name end p_seconds from now. False when it is not this leader's any more:
another epoch began, or the lease ran out. A lease that ran out is not renewed; it is taken again,
with a greater epoch. Nobody but the listener may call it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.renew_leadership(text, bigint, double precision) TO halo_listener;
REVOKE EXECUTE ON FUNCTION api.renew_leadership(text, bigint, double precision) FROM halo_dba;
