CREATE OR REPLACE FUNCTION api.claim_events(p_limit integer DEFAULT 500)
RETURNS TABLE (recipient text, seq bigint, frame jsonb, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_recipients text[];
BEGIN
    PERFORM core.require('limit', p_limit::text);
    SELECT array_agg(DISTINCT note.recipient) INTO v_recipients
    FROM (SELECT queue.recipient FROM core.event_queue AS queue ORDER BY queue.id LIMIT p_limit) AS note;
    IF v_recipients IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO core.event_positions (recipient)
    SELECT known.recipient FROM unnest(v_recipients) AS known (recipient)
    WHERE NOT EXISTS (SELECT FROM core.event_positions AS position WHERE position.recipient = known.recipient)
    ORDER BY known.recipient
    ON CONFLICT DO NOTHING;
    SELECT array_agg(held.recipient) INTO v_recipients
    FROM (
        SELECT position.recipient FROM core.event_positions AS position
        WHERE position.recipient = ANY (v_recipients)
        ORDER BY position.recipient
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
    -- Notes seen here were committed with their events, so the next statement sees those events too.
    DELETE FROM core.event_queue AS queue WHERE queue.recipient = ANY (v_recipients);
    RETURN QUERY
    SELECT event.recipient, event.seq, core.event_frame(event), event.created_at
    FROM core.event_positions AS position
    CROSS JOIN LATERAL (
        SELECT * FROM core.events AS later
        WHERE later.recipient = position.recipient AND later.seq > position.seq
        ORDER BY later.seq
    ) AS event
    WHERE position.recipient = ANY (v_recipients)
    ORDER BY event.recipient, event.seq;
END
$$;

COMMENT ON FUNCTION api.claim_events(integer) IS $$
Claims the streams named by the oldest p_limit notes of the queue and returns what is to be dispatched, by recipient and seq. The
claim lasts until the transaction ends: commit after api.confirm_dispatched, roll back when Valkey did not take it. Streams claimed by
another dispatcher are passed over, so no stream is ever out of order.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_events(integer) TO halo_listener;
