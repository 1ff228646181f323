CREATE OR REPLACE FUNCTION api.raise_floors(p_partition text, p_after text, p_limit integer)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_recipients text[];
    v_seqs bigint[];
    v_locked text[];
BEGIN
    PERFORM core.require(
        'partition', p_partition, 'after', p_after, 'limit', p_limit::text);
    IF p_partition NOT IN (SELECT api.old_partitions()) THEN
        PERFORM core.refuse_unknown('partition');
    END IF;

    -- Find the next streams, and lock those that nobody holds: a stream that somebody holds keeps
    -- its floor, and the partition stays until the next time.
    EXECUTE format('SELECT array_agg(gone.recipient), array_agg(gone.seq)
        FROM (
            SELECT event.recipient, max(event.seq) AS seq FROM core.%I AS event
            WHERE event.recipient > $1 GROUP BY event.recipient ORDER BY event.recipient LIMIT $2
        ) AS gone', p_partition)
    INTO v_recipients, v_seqs USING p_after, p_limit;
    v_locked := ARRAY(
        SELECT recipient FROM core.event_streams
        WHERE recipient = ANY (v_recipients) ORDER BY recipient FOR NO KEY UPDATE SKIP LOCKED);

    -- A stream remembers up to which number its events are gone: none that is to be dispatched.
    UPDATE core.event_streams AS stream SET floor_seq = least(gone.seq, position.seq)
    FROM unnest(v_recipients, v_seqs) AS gone (recipient, seq)
    JOIN core.event_positions AS position ON position.recipient = gone.recipient
    WHERE stream.recipient = gone.recipient AND stream.recipient = ANY (v_locked)
        AND stream.floor_seq < least(gone.seq, position.seq);
    RETURN v_recipients[cardinality(v_recipients)];
END
$$;

COMMENT ON FUNCTION api.raise_floors(text, text, integer) IS $$
Before an old partition of events is dropped: raises the floors of the next p_limit of its streams
after p_after, by recipient, as far as their events are dispatched. A stream that somebody holds is
passed over. Returns the last of them, null when there is none; api.drop_partition comes then.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (the partition is not old). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.raise_floors(text, text, integer) TO halo_listener;
