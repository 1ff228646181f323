CREATE OR REPLACE FUNCTION core.presence_options(
    p_presence core.session_presences, p_session core.chat_sessions, p_now timestamptz)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_presence.party = 'mitra' AND p_presence.state = 'gone'
        AND p_session.status IN ('active', 'extending')
        THEN CASE WHEN core.may_reroute(p_session, p_now)
            THEN '{"options": ["reroute", "end"]}' ELSE '{"options": ["end"]}' END
    ELSE '{}' END::jsonb
$$;

COMMENT ON FUNCTION core.presence_options(
    core.session_presences, core.chat_sessions, timestamptz) IS
'What a customer whose mitra is gone in mid-session can do: reroute, while time is left, or end.';
