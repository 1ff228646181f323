CREATE OR REPLACE FUNCTION api.note_connected(p_recipients text[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('recipients', p_recipients::text);
INSERT INTO core.unleased_sockets AS held (recipient, held_until)
SELECT DISTINCT given.recipient, clock.now + interval '45 seconds'
FROM unnest(p_recipients) AS given (recipient)
CROSS JOIN (SELECT clock_timestamp() AS now) AS clock
WHERE given.recipient IS NOT NULL
ORDER BY given.recipient
ON CONFLICT (recipient) DO UPDATE SET held_until = excluded.held_until
$$;

COMMENT ON FUNCTION api.note_connected(text[]) IS $$
These users (<user_type>:<user id>) have sockets on an instance that cannot lease them in Valkey.
For 45 seconds they count as connected, so that nobody holds them to be absent or pushes to their
phones. The instance repeats it every 15 seconds.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_connected(text[]) TO halo_app;
