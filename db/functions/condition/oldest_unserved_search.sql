CREATE OR REPLACE FUNCTION core.oldest_unserved_search()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
WITH waiting AS MATERIALIZED (
    -- Since when a search has no offer: since its last offer was settled, else since its round
    -- began.
    SELECT core.barred_mitras(session) AS barred, coalesce(
        (SELECT max(offer.settled_at) FROM core.pairing_offers AS offer
         WHERE offer.session_id = session.id AND offer.round = session.round),
        (SELECT max(reroute.at) FROM core.session_reroutes AS reroute
         WHERE reroute.session_id = session.id),
        session.created_at) AS since
    FROM core.chat_sessions AS session
    WHERE core.searches_since(session) >= core.searching_from()
        AND core.status_is(session.status, 'searching')
        AND session.pairing_deadline > clock_timestamp()
    ORDER BY core.searches_since(session), session.id
    LIMIT 100
), available AS MATERIALIZED (
    -- By the heartbeats in PostgreSQL, which are never later than the true ones: no mitra counts
    -- as available on a guess.
    SELECT mitra.id
    FROM core.best_available(
        CASE WHEN EXISTS (SELECT FROM waiting) THEN 200 ELSE 0 END,
        clock_timestamp() - core.config_seconds('heartbeat_stale_seconds')) AS mitra (id)
)
SELECT min(waiting.since) FROM waiting
WHERE EXISTS (SELECT FROM available WHERE available.id <> ALL (waiting.barred))
$$;

COMMENT ON FUNCTION core.oldest_unserved_search() IS $$
Of the searches that have no offer although a mitra is available that is not barred from them: since
when the search that waits longest has had none. Null when there is no such search. Looks at
the hundred oldest searches and two hundred available mitras at most.
$$;
