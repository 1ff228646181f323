CREATE OR REPLACE FUNCTION api.take_leadership(
    p_name text,
    p_holder text,
    p_seconds double precision,
    p_vacant_seconds double precision DEFAULT 0
)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_lease core.leaderships;
    v_now timestamptz;
BEGIN
    -- Find: most calls come from a listener that waits, and end here without a lock.
    PERFORM core.require(
        'name', p_name,
        'holder', p_holder,
        'seconds', p_seconds::text,
        'vacant_seconds', p_vacant_seconds::text);
    IF EXISTS (SELECT FROM core.leaderships WHERE name = p_name AND until > clock_timestamp()) THEN
        RETURN NULL;
    END IF;

    -- Lock, then judge by the clock as it is now.
    INSERT INTO core.leaderships (name, epoch, holder) VALUES (p_name, 0, p_holder)
    ON CONFLICT DO NOTHING;
    v_lease := core.lock_leadership(p_name);
    v_now := clock_timestamp();
    IF v_lease.until + make_interval(secs => p_vacant_seconds) > v_now THEN
        RETURN NULL;
    END IF;

    -- Write: the epoch follows the clock, so that it is greater than any epoch that a restored
    -- database has forgotten.
    UPDATE core.leaderships
    SET epoch = greatest(v_lease.epoch + 1, (extract(epoch FROM v_now) * 1000000)::bigint),
        holder = p_holder, since = v_now, until = v_now + make_interval(secs => p_seconds)
    WHERE name = p_name
    RETURNING epoch INTO v_lease.epoch;
    RETURN v_lease.epoch;
END
$$;

COMMENT ON FUNCTION api.take_leadership(text, text, double precision, double precision) IS $$
Takes the lease of p_name for p_seconds, when nobody holds it and nobody has held it for
p_vacant_seconds. Returns an epoch greater than any before it, also after a restore to an earlier
point in time; null when another listener leads, or led too lately. Writes that carry an older
epoch are refused where they arrive. Nobody but the listener may call it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.take_leadership(text, text, double precision, double precision)
    TO halo_listener;
REVOKE EXECUTE ON FUNCTION api.take_leadership(text, text, double precision, double precision)
    FROM halo_dba;
