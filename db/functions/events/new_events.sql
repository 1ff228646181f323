CREATE OR REPLACE FUNCTION api.new_events(p_recipients text[], p_after_seqs bigint[])
RETURNS TABLE (recipient text, seq bigint, frame jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
SELECT core.require('recipients', p_recipients::text, 'after_seqs', p_after_seqs::text);
SELECT held.recipient, event.seq, core.event_frame(event)
FROM unnest(p_recipients, p_after_seqs) AS held (recipient, after_seq)
JOIN core.event_streams AS stream
    ON stream.recipient = held.recipient AND stream.last_seq > held.after_seq
CROSS JOIN LATERAL (
    SELECT * FROM core.events AS later
    WHERE later.recipient = held.recipient AND later.seq > held.after_seq
    ORDER BY later.seq LIMIT 500
) AS event
ORDER BY held.recipient, event.seq
$$;

COMMENT ON FUNCTION api.new_events(text[], bigint[]) IS $$
What came after the given position of each recipient, 500 a recipient at most. By this an instance
serves its own users while Valkey is away. Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.new_events(text[], bigint[]) TO halo_app;
