CREATE OR REPLACE FUNCTION core.oldest_unserved_search()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
WITH waiting AS MATERIALIZED (
    SELECT core.tried_mitras(session) AS tried, coalesce(
        (SELECT max(offer.settled_at) FROM core.pairing_offers AS offer WHERE offer.session_id = session.id AND offer.round = session.round),
        (SELECT max(reroute.at) FROM core.session_reroutes AS reroute WHERE reroute.session_id = session.id),
        session.created_at) AS since
    FROM core.chat_sessions AS session
    WHERE session.status = 'searching' AND session.pairing_deadline > clock_timestamp()
    ORDER BY session.created_at, session.id
    LIMIT 100
), available AS MATERIALIZED (
    -- By the heartbeats in PostgreSQL, which are never later than the true ones: nobody is held to be there on a guess.
    SELECT mitra.mitra_id
    FROM core.available_mitras(clock_timestamp() - core.config_seconds('heartbeat_stale_seconds')) AS mitra
    WHERE EXISTS (SELECT FROM waiting)
    LIMIT 1000
)
SELECT min(waiting.since) FROM waiting
WHERE EXISTS (SELECT FROM available WHERE available.mitra_id <> ALL (waiting.tried))
$$;

COMMENT ON FUNCTION core.oldest_unserved_search() IS $$
Since when the search has had no offer that has gone without longest although a mitra is available whom it was not offered to; null when there is
none. Looks at the hundred oldest searches and a thousand available mitras at most.
$$;
