CREATE OR REPLACE FUNCTION api.mitra_timeline(
    p_mitra_id uuid,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_key text[];
    v_until timestamptz;
    v_steps jsonb[];
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    IF NOT EXISTS (SELECT FROM core.mitras WHERE id = p_mitra_id) THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    PERFORM core.require_page(p_limit);
    v_key := core.cursor_key(p_cursor, 'time', 'change|offer', 'uuid');
    v_until := coalesce(v_key[1]::timestamptz, 'infinity');

    -- Find a page and one step more, newest first: so many of the changes of status, which say how
    -- long the state before them lasted, and of the offers that became a session or were missed.
    -- The number of a change is written as a uuid, so that both have one kind of key.
    v_steps := ARRAY(
        SELECT jsonb_build_object(
            'at', core.instant(step.at),
            'kind', step.kind,
            'id', step.id,
            'what', step.what,
            'cause', step.cause,
            'who', step.who,
            'seconds', step.seconds,
            'session_id', step.session_id)
        FROM (
            (SELECT
                entry.at, 'change' AS kind, lpad(to_hex(entry.id), 32, '0')::uuid AS id,
                entry.action AS what, entry.cause,
                coalesce(cc_user.email, entry.actor_id::text) AS who,
                floor(extract(epoch FROM entry.duration)) AS seconds, NULL::uuid AS session_id
            FROM core.mitra_status_log AS entry
            LEFT JOIN core.control_center_users AS cc_user ON cc_user.id = entry.actor_id
            WHERE entry.mitra_id = p_mitra_id
                AND entry.at >= coalesce(p_from_at, '-infinity')
                AND entry.at < coalesce(p_to_at, 'infinity') AND entry.at <= v_until
                AND (v_key IS NULL
                    OR (entry.at, 'change', lpad(to_hex(entry.id), 32, '0')::uuid)
                        < (v_until, v_key[2], v_key[3]::uuid))
            ORDER BY entry.at DESC, entry.id DESC LIMIT p_limit + 1)
            UNION ALL
            (SELECT
                offer.offered_at, 'offer', offer.id,
                CASE offer.status WHEN 'accepted' THEN 'session' ELSE 'missed' END, NULL,
                NULL,
                CASE WHEN offer.status = 'accepted' THEN coalesce(service.seconds, CASE
                    WHEN session.mitra_id IS DISTINCT FROM p_mitra_id
                        OR NOT core.is_open(session.status) THEN 0 END) END,
                offer.session_id
            FROM core.pairing_offers AS offer
            JOIN core.chat_sessions AS session ON session.id = offer.session_id
            LEFT JOIN core.session_services AS service
                ON service.session_id = offer.session_id AND service.mitra_id = p_mitra_id
            WHERE offer.mitra_id = p_mitra_id
                AND offer.status IN ('accepted', 'expired')
                AND offer.offered_at >= coalesce(p_from_at, '-infinity')
                AND offer.offered_at < coalesce(p_to_at, 'infinity') AND offer.offered_at <= v_until
                AND (v_key IS NULL
                    OR (offer.offered_at, 'offer', offer.id) < (v_until, v_key[2], v_key[3]::uuid))
            ORDER BY offer.offered_at DESC, offer.id DESC LIMIT p_limit + 1)
        ) AS step
        ORDER BY step.at DESC, step.kind DESC, step.id DESC LIMIT p_limit + 1);

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(step - 'id' - 'kind' ORDER BY place)
            FROM unnest(v_steps[1:p_limit]) WITH ORDINALITY AS step_of (step, place)), '[]'),
        'next_cursor', CASE WHEN cardinality(v_steps) > p_limit THEN core.cursor(
            v_steps[p_limit] ->> 'at', v_steps[p_limit] ->> 'kind', v_steps[p_limit] ->> 'id')
        END);
END
$$;

COMMENT ON FUNCTION api.mitra_timeline(uuid, timestamptz, timestamptz, integer, text) IS $$
{items, next_cursor}: what a mitra did from p_from_at to before p_to_at (null = without an end),
newest first, p_limit (1 to 200) a page, as {at, what, cause, who, seconds, session_id}. what is
online, offline, activate, deactivate or no_first_reply, with its cause, the operator (who), and
the seconds that the state before it lasted; session, at the moment of its offer, with the seconds
served (null while it runs, 0 when it never began); or missed, an offer that expired in silence.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_timeline(uuid, timestamptz, timestamptz, integer, text)
TO halo_cc;
