CREATE OR REPLACE FUNCTION api.claim_events(
    p_limit integer DEFAULT 500, p_since text DEFAULT NULL)
RETURNS TABLE (recipient text, seq bigint, frame jsonb, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_recipients text[];
BEGIN
    PERFORM core.require('limit', p_limit::text);
    PERFORM set_config('idle_in_transaction_session_timeout', '4s', true);

    -- Claim the streams of the oldest notes. (The queue is empty so often that it is planned as if
    -- it always were: hence no sequential scan.) A stream whose position another dispatcher holds
    -- is passed over, so that no stream gets out of order.
    v_recipients := ARRAY(
        SELECT note.recipient FROM core.notes_since(p_since, p_limit) AS note);
    v_recipients := ARRAY(
        SELECT position.recipient FROM core.event_positions AS position
        WHERE position.recipient = ANY (v_recipients)
        ORDER BY position.recipient
        FOR NO KEY UPDATE SKIP LOCKED);

    -- Notes of what is dispatched already go first; then each stream goes on from its position.
    PERFORM core.forget_notes(v_recipients, p_since);
    RETURN QUERY
    SELECT event.recipient, event.seq, core.event_frame(event), event.created_at
    FROM core.event_positions AS position
    CROSS JOIN LATERAL (
        SELECT * FROM core.events AS later
        WHERE later.recipient = position.recipient AND later.seq > position.seq
        ORDER BY later.seq LIMIT p_limit
    ) AS event
    WHERE position.recipient = ANY (v_recipients)
    ORDER BY event.recipient, event.seq
    LIMIT p_limit;
END
$$;

COMMENT ON FUNCTION api.claim_events(integer, text) IS $$
Claims the streams named by the oldest p_limit notes of the queue and returns what is to be
dispatched, p_limit events at most, by recipient and seq. The claim lasts until the transaction
ends: commit after api.confirm_dispatched, roll back when Valkey took nothing. PostgreSQL ends the
transaction of a dispatcher that is silent for 4 s, so that another may go on. Streams that another
dispatcher has claimed are passed over, so no stream is ever out of order. p_since: of
api.note_dispatched, all that was there then is dispatched, and only what came later is looked at.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_events(integer, text) TO halo_listener;
