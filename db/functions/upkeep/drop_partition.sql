CREATE OR REPLACE FUNCTION api.drop_partition(p_partition text)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET lock_timeout = '100ms'
AS $$
DECLARE
    v_is_needed boolean := false;
BEGIN
    PERFORM core.require('partition', p_partition);
    IF p_partition NOT IN (SELECT api.old_partitions()) THEN
        PERFORM core.refuse_unknown('partition');
    END IF;

    -- Judge first: whoever emits goes on meanwhile. An old day gets no more events.
    IF p_partition LIKE 'events%' THEN
        EXECUTE format('SELECT EXISTS (
            SELECT FROM core.%I AS event
            LEFT JOIN core.event_streams AS stream ON stream.recipient = event.recipient
            WHERE event.seq > coalesce(stream.floor_seq, 0))', p_partition) INTO v_is_needed;
    END IF;
    IF v_is_needed THEN
        RETURN 'kept ' || p_partition || ', which has events to dispatch';
    END IF;

    -- Last the lock on the whole table, behind which everybody waits: briefly, or not at all.
    EXECUTE format('DROP TABLE core.%I', p_partition);
    RETURN 'dropped ' || p_partition;
EXCEPTION WHEN lock_not_available THEN
    RETURN 'left ' || p_partition || ', which is busy';
END
$$;

COMMENT ON FUNCTION api.drop_partition(text) IS $$
Drops an old partition (api.old_partitions); of events only when all of them are below the floors
of their streams (api.raise_floors), so none that is still to be dispatched. A table that stays busy
for a tenth of a second is left to another call. Returns what it did.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (the partition is not old). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.drop_partition(text) TO halo_listener;
