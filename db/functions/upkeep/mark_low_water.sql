CREATE OR REPLACE FUNCTION api.mark_low_water(p_anew boolean, p_notes bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    -- What a transaction that is still open has written is not seen here, and may be due since
    -- it was written. Our own transactions end sooner.
    v_latest timestamptz := clock_timestamp() - interval '6 seconds';
    v_is_held boolean;
BEGIN
    PERFORM core.require('anew', p_anew::text);
    IF p_anew THEN
        PERFORM setval('core.low_water_note', 0);
    END IF;
    PERFORM setval('core.low_water_note', least(coalesce(p_notes, 0), (
        SELECT min(note.id) FROM core.event_queue AS note
        WHERE note.id >= (SELECT last_value FROM core.low_water_note))));

    -- While rows are vacuumed, looks need no mark, and so find also what is dated back.
    v_is_held := core.horizon_is_held();
    IF p_anew OR NOT v_is_held THEN
        PERFORM setval('core.low_water_due', 0), setval('core.low_water_search', 0);
    END IF;
    IF v_is_held THEN
        PERFORM setval('core.low_water_due', greatest(0, extract(epoch FROM
            least((SELECT min(due_at) FROM core.deadlines(v_latest)), v_latest)
        ) * 1000000)::bigint);
        PERFORM setval('core.low_water_search', greatest(0, extract(epoch FROM least((
                SELECT min(core.searches_since(session)) FROM core.chat_sessions AS session
                WHERE core.searches_since(session) BETWEEN core.searching_from() AND v_latest
            ), v_latest)) * 1000000)::bigint);
    END IF;
    RETURN (SELECT last_value FROM core.event_queue_id_seq);
END
$$;

COMMENT ON FUNCTION api.mark_low_water(boolean, bigint) IS $$
Notes from where looks for due work and for waiting sessions begin: at the beginning; and while
somebody holds the horizon (core.horizon_is_held), before the first of them, and six seconds ago at
the latest. Notes also from where api.condition looks for undispatched events: before the first of
them, and at p_notes at the latest, which the former call returned. The marks are sequences, because
a row that is written each second would itself leave dead versions. p_anew: looks at everything, not
only from the last marks on, and so finds what was dated further back while the horizon was held, or
was written by a transaction that was open for longer.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mark_low_water(boolean, bigint) TO halo_listener;
