CREATE OR REPLACE FUNCTION core.drop_events(p_partition text)
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_is_needed boolean;
BEGIN
    -- Lock the table before any stream, as a transaction that emits does.
    LOCK TABLE core.events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('SELECT EXISTS (
        SELECT FROM core.%I AS event
        LEFT JOIN core.event_positions AS position ON position.recipient = event.recipient
        WHERE event.seq > coalesce(position.seq, 0))', p_partition) INTO v_is_needed;
    IF v_is_needed THEN
        RETURN 'kept ' || p_partition || ', which has events to dispatch';
    END IF;

    -- A stream remembers up to which number its events are gone.
    EXECUTE format('UPDATE core.event_streams AS stream
        SET floor_seq = greatest(stream.floor_seq, gone.seq)
        FROM (
            SELECT event.recipient, max(event.seq) AS seq FROM core.%I AS event
            GROUP BY event.recipient
        ) AS gone
        WHERE stream.recipient = gone.recipient', p_partition);
    EXECUTE format('DROP TABLE core.%I', p_partition);
    RETURN 'dropped ' || p_partition;
EXCEPTION WHEN lock_not_available THEN
    RETURN 'left ' || p_partition || ', which is busy';
END
$$;

COMMENT ON FUNCTION core.drop_events(text) IS $$
Drops a partition of events that is wholly dispatched, and raises the floors of its streams.
Returns what it did.
$$;
