CREATE OR REPLACE FUNCTION api.take_leadership(p_name text, p_holder text)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('name', p_name, 'holder', p_holder);
INSERT INTO core.leaderships AS known (name, epoch, holder)
VALUES (p_name, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, p_holder)
ON CONFLICT (name) DO UPDATE
SET epoch = greatest(known.epoch + 1, excluded.epoch), holder = excluded.holder, since = clock_timestamp()
RETURNING epoch
$$;

COMMENT ON FUNCTION api.take_leadership(text, text) IS $$
Called by whoever has just taken the advisory lock of p_name: returns an epoch greater than any before it, even after a restore to an
earlier point in time. Writes that carry an older epoch are refused where they arrive. Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.take_leadership(text, text) TO halo_listener;
