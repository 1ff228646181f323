CREATE OR REPLACE FUNCTION core.presences_json(p_session core.chat_sessions)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT jsonb_object_agg(known.party, (
    SELECT jsonb_build_object('state', presence.state, 'since', core.instant(presence.since))
        || core.presence_options(presence, p_session, clock_timestamp())
    FROM core.session_presences AS presence
    WHERE presence.session_id = p_session.id AND presence.party = known.party
        AND presence.user_id = known.user_id AND core.is_open(p_session.status)))
FROM (VALUES ('customer', p_session.customer_id), ('mitra', p_session.mitra_id))
    AS known (party, user_id)
$$;

COMMENT ON FUNCTION core.presences_json(core.chat_sessions) IS $$
How the parties of an open session were at the last look at the leases; null for a party that was
not seen yet, or need not be seen any more.
$$;
