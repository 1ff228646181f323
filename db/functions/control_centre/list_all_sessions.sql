CREATE OR REPLACE FUNCTION api.list_all_sessions(
    p_status text DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_customer_id uuid DEFAULT NULL,
    p_mitra_id uuid DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL,
    p_topic_sensitivity text DEFAULT NULL,
    p_q text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_before text[];
    v_like uuid[];
    -- the status a session is stored with, where that can be only one
    v_stored text := CASE WHEN p_status NOT IN ('closing', 'completed') THEN p_status END;
    -- whether time alone makes sessions leave the status, or enter it
    v_changes_by_time boolean := p_status IN ('active', 'closing', 'completed');
    v_sessions core.chat_sessions[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_like := core.ids_sought(p_q, 'A session is found by the beginning of its id.');

    -- Find a page and one row more: the row says that there is a next page. What is asked for is
    -- the settled status; the stored one, which has indexes, is asked first.
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');
    v_sessions := ARRAY(
        SELECT session FROM core.chat_sessions AS session
        WHERE (p_status IS NULL OR NOT v_changes_by_time
                OR core.settled_status(session, v_now) = p_status)
            AND (v_stored IS NULL OR session.status = v_stored)
            AND (p_status IS DISTINCT FROM 'closing' OR session.status = 'closing'
                OR (session.status = 'active' AND session.expires_at <= v_now))
            AND (p_customer_id IS NULL OR session.customer_id = p_customer_id)
            AND (p_mitra_id IS NULL OR session.mitra_id = p_mitra_id)
            AND (p_from_at IS NULL OR session.created_at >= p_from_at)
            AND (p_to_at IS NULL OR session.created_at < p_to_at)
            AND (p_topic_sensitivity IS NULL
                OR session.topic_sensitivity = p_topic_sensitivity)
            AND (v_like IS NULL OR session.id BETWEEN v_like[1] AND v_like[2])
            AND (v_before IS NULL
                OR (session.created_at, session.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY session.created_at DESC, session.id DESC LIMIT p_limit + 1);
    PERFORM core.audit_reading(p_actor_id, 'chat_sessions', ARRAY(
        SELECT (session).id FROM unnest(v_sessions[1:p_limit]) AS session));

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(listed.shown
                ORDER BY (listed.session).created_at DESC, (listed.session).id DESC)
            FROM core.shown_session_details(v_sessions[1:p_limit], p_actor_id, v_now) AS listed),
            '[]'),
        'next_cursor', CASE WHEN cardinality(v_sessions) > p_limit THEN core.cursor(
            core.instant((v_sessions[p_limit]).created_at),
            (v_sessions[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_all_sessions(
    text, integer, text, uuid, uuid, uuid, timestamptz, timestamptz, text, text) IS $$
{items, next_cursor}: everybody's sessions, newest first, p_limit (1 to 200) a page: those of a
status, a customer, the mitra that has them now or had them last, a topic sensitivity (normal,
sensitive), made from p_from_at to before p_to_at, those of whose id p_q is the beginning
(core.ids_sought), or all. Phones are masked for an actor without pii:read. Showing them is written
into the audit log.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_all_sessions(
    text, integer, text, uuid, uuid, uuid, timestamptz, timestamptz, text, text) TO halo_cc;
