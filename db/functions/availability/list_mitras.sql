CREATE OR REPLACE FUNCTION api.list_mitras(
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_state text DEFAULT NULL,
    p_q text DEFAULT NULL,
    p_with_phones boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_ids uuid[];
    v_after uuid;
    v_words tsquery;
    v_like uuid[] := core.ids_beginning(p_q);
    v_reader uuid := core.phone_reader(p_actor_id, p_with_phones);
    v_general integer := core.config_int('mitra_max_sessions');
    v_before_hold integer := core.config_int('reports_before_hold');
    v_fresh_after timestamptz := core.fallback_fresh_after();
    v_missed integer := least(20, core.config_int('missed_offers_before_offline'));
BEGIN
    PERFORM core.require_page(p_limit);
    PERFORM core.require_no_phone('q', p_q);
    v_after := (core.cursor_key(p_cursor, 'uuid'))[1]::uuid;
    IF p_state NOT IN ('online', 'available', 'full', 'held', 'silent', 'unanswering', 'offline',
        'inactive')
    THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'There is no such state of a mitra.',
            'Use online, available, full, held, silent, unanswering, offline or inactive.',
            'state');
    END IF;
    -- Each word asked for begins a word of the name, or what is asked for begins the id.
    v_words := regexp_replace(
        plainto_tsquery('pg_catalog.simple', p_q)::text, '''( |$)', ''':*\1', 'g')::tsquery;

    -- Find a page and one row more. What has an index is asked first: who is online or offline,
    -- who is inactive, and the words of names.
    IF p_state IS NULL OR p_state = 'inactive' THEN
        v_ids := ARRAY(
            SELECT mitra.id FROM core.mitras AS mitra
            WHERE (v_after IS NULL OR mitra.id > v_after)
                AND (p_state IS NULL OR NOT mitra.is_active)
                AND (p_q IS NULL
                    OR to_tsvector('pg_catalog.simple', mitra.display_name) @@ v_words
                    OR mitra.id BETWEEN v_like[1] AND v_like[2])
            ORDER BY mitra.id LIMIT p_limit + 1);
    ELSE
        v_ids := ARRAY(
            SELECT mitra.id FROM core.mitras AS mitra
            JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
            WHERE (v_after IS NULL OR mitra.id > v_after)
                AND (p_state = 'offline' OR status.is_online)
                AND (p_state <> 'offline' OR (NOT status.is_online AND mitra.is_active))
                AND (p_state <> 'unanswering'
                    OR (SELECT answers.unanswered_offers FROM core.unanswered_offers(
                            mitra.id, status.last_online_at) AS answers) >= v_missed)
                AND (p_state IN ('online', 'offline', 'unanswering')
                    OR (
                        SELECT core.mitra_state(mitra, status, load.capacity, v_general,
                            core.is_held(load.reporters, v_before_hold), v_fresh_after)
                        FROM core.mitra_loads AS load WHERE load.mitra_id = mitra.id) = p_state)
                AND (p_q IS NULL
                    OR to_tsvector('pg_catalog.simple', mitra.display_name) @@ v_words
                    OR mitra.id BETWEEN v_like[1] AND v_like[2])
            ORDER BY mitra.id LIMIT p_limit + 1);
    END IF;
    PERFORM core.audit_reading(v_reader, 'mitras', v_ids[1:p_limit]);

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(listed.shown ORDER BY listed.mitra_id)
            FROM core.shown_mitras(v_ids[1:p_limit], v_reader) AS listed), '[]'),
        'next_cursor', CASE WHEN cardinality(v_ids) > p_limit
            THEN core.cursor(v_ids[p_limit]::text) END);
END
$$;

COMMENT ON FUNCTION api.list_mitras(integer, text, uuid, text, text, boolean) IS $$
{items, next_cursor}: mitras by id, p_limit (1 to 200) a page; phones masked for an actor without
pii:read, and for everybody when p_with_phones is false. p_state: online, available, full, held (by
reports), silent (online without a fresh heartbeat), unanswering (online, and at least
missed_offers_before_offline of the newest twenty offers unanswered: core.unanswered_offers),
offline or inactive; p_q: the beginnings of words of the name, or the beginning of the id
(core.ids_beginning). Showing phones is written into the audit log.
A p_q that looks like a phone is refused (core.require_no_phone).
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_mitras(integer, text, uuid, text, text, boolean) TO halo_cc;
