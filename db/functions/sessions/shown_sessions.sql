CREATE OR REPLACE FUNCTION core.shown_sessions(
    p_sessions core.chat_sessions[], p_now timestamptz DEFAULT NULL)
RETURNS TABLE (session core.chat_sessions, shown jsonb)
LANGUAGE sql STABLE
AS $$
SELECT given::core.chat_sessions, jsonb_build_object(
    'id', session.id,
    'status', session.status,
    'customer', (
        SELECT jsonb_build_object('id', id, 'display_name', display_name)
        FROM core.customers WHERE id = session.customer_id),
    'mitra', (
        SELECT jsonb_build_object('id', id, 'display_name', display_name)
        FROM core.mitras WHERE id = session.mitra_id),
    'duration_minutes', session.duration_minutes,
    'started_at', core.instant(session.started_at),
    'expires_at', core.instant(session.expires_at),
    'seconds_left', coalesce(round(core.seconds_left(session, clock.now)), 0),
    'closing_ends_at', core.instant(session.closing_ends_at),
    'ended_at', core.instant(session.ended_at),
    'end_reason', session.end_reason,
    'unused_seconds', session.unused_seconds,
    'pending_extension', (
        SELECT jsonb_build_object(
            'id', id, 'requested_duration_minutes', requested_duration_minutes,
            'requested_price', requested_price, 'expires_at', core.instant(expires_at))
        FROM core.session_extensions
        WHERE session_id = session.id AND core.status_is(status, 'pending')),
    'last_seq', coalesce(
        (SELECT last_seq FROM core.message_counters WHERE session_id = session.id), 0),
    -- After a reroute, the marks of the former mitra are not those of the new mitra.
    'watermarks', (
        SELECT jsonb_object_agg(known.party, jsonb_build_object(
            'delivered_seq', coalesce(mark.delivered_seq, 0),
            'read_seq', coalesce(mark.read_seq, 0)))
        FROM (VALUES ('customer', session.customer_id), ('mitra', session.mitra_id))
            AS known (party, user_id)
        LEFT JOIN core.message_watermarks AS mark
            ON mark.session_id = session.id AND mark.party = known.party
            AND coalesce(mark.user_id, known.user_id) = known.user_id),
    'topic_sensitivity', session.topic_sensitivity,
    'created_at', core.instant(session.created_at),
    'server_time', core.instant(clock.now))
FROM (SELECT coalesce(p_now, clock_timestamp()) AS now) AS clock
CROSS JOIN unnest(p_sessions) AS given
CROSS JOIN LATERAL core.settled(given::core.chat_sessions, clock.now) AS session
$$;

COMMENT ON FUNCTION core.shown_sessions(core.chat_sessions[], timestamptz) IS $$
Sessions as their parties see them, judged as if what is due at p_now were settled already; null =
now. One statement shows many for half of what it costs to show each by itself.
$$;
