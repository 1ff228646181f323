CREATE OR REPLACE FUNCTION api.leadership(p_name text)
RETURNS TABLE (holder text, epoch bigint, since timestamptz, until timestamptz, is_led boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('name', p_name);
SELECT lease.holder, lease.epoch, lease.since, lease.until, lease.until > clock_timestamp()
FROM core.leaderships AS lease WHERE lease.name = p_name
$$;

COMMENT ON FUNCTION api.leadership(text) IS $$
Who leads p_name (the listeners' is "listener"), since when, with which epoch, and until when the
lease lasts. When the lease has run out, is_led is false and the holder is the last one. No row
when nobody ever led.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.leadership(text) TO halo_listener;
