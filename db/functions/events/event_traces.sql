CREATE OR REPLACE FUNCTION api.event_traces(p_recipients text[], p_seqs bigint[])
RETURNS TABLE (recipient text, seq bigint, traceparent text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('recipients', p_recipients::text, 'seqs', p_seqs::text);
SELECT event.recipient, event.seq, event.traceparent
FROM unnest(p_recipients, p_seqs) AS asked (recipient, seq)
JOIN core.events AS event ON event.recipient = asked.recipient AND event.seq = asked.seq
WHERE event.traceparent IS NOT NULL
$$;

COMMENT ON FUNCTION api.event_traces(text[], bigint[]) IS $$
The traceparent of each of these events that a traced request told, by recipient and seq. Only a
listener that sends traces asks.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.event_traces(text[], bigint[]) TO halo_listener;
