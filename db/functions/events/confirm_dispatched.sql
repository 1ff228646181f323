CREATE OR REPLACE FUNCTION api.confirm_dispatched(
    p_recipients text[], p_seqs bigint[], p_since text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_yesterday date := (clock_timestamp() AT TIME ZONE 'UTC')::date - 1;
BEGIN
    PERFORM core.require('recipients', p_recipients::text, 'seqs', p_seqs::text);

    -- Keep when each offer was told: whether a mitra missed it depends on that.
    INSERT INTO core.offer_dispatches (offer_id, at)
    SELECT event.id, clock_timestamp()
    FROM unnest(p_recipients, p_seqs) AS taken (recipient, seq)
    JOIN core.event_positions AS position ON position.recipient = taken.recipient
    JOIN core.events AS event ON event.recipient = taken.recipient AND event.seq > position.seq
        AND event.seq <= taken.seq
    WHERE taken.recipient LIKE 'mitra:%' AND event.type = 'pairing_offer'
        AND event.day >= v_yesterday
    ON CONFLICT DO NOTHING;

    -- Move the positions, never back.
    UPDATE core.event_positions AS position SET seq = greatest(position.seq, taken.seq)
    FROM unnest(p_recipients, p_seqs) AS taken (recipient, seq)
    WHERE position.recipient = taken.recipient;
    PERFORM core.forget_notes(p_recipients, p_since);
END
$$;

COMMENT ON FUNCTION api.confirm_dispatched(text[], bigint[], text) IS $$
Moves the positions of claimed streams to what Valkey took; called in the transaction of
api.claim_events. What Valkey did not take is claimed again. Keeps when a mitra was told of an
offer (core.offer_dispatches). p_since: as for api.claim_events.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.confirm_dispatched(text[], bigint[], text) TO halo_listener;
