CREATE OR REPLACE FUNCTION core.presence_frame(
    p_presence core.session_presences, p_session core.chat_sessions, p_now timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'type', 'peer_presence', 'session_id', p_presence.session_id, 'party', p_presence.party,
    'state', p_presence.state, 'since', core.instant(p_presence.since)
) || core.presence_options(p_presence, p_session, p_now)
$$;

COMMENT ON FUNCTION core.presence_frame(core.session_presences, core.chat_sessions, timestamptz) IS
'What the other party is told of a presence.';
