CREATE OR REPLACE FUNCTION core.note_life(
    p_session_id uuid, p_party text, p_user_id uuid, p_only_reads boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    UPDATE core.session_presences AS presence SET seen_at = clock_timestamp()
    WHERE (presence.session_id, presence.party, presence.user_id) IN (
        SELECT missed.session_id, missed.party, missed.user_id
        FROM core.session_presences AS missed
        WHERE missed.session_id = p_session_id AND missed.party = p_party
            AND missed.user_id = p_user_id AND missed.state <> 'connected'
            AND (NOT p_only_reads OR missed.seen_at IS NULL
                OR missed.seen_at < clock_timestamp() - interval '15 seconds')
        FOR NO KEY UPDATE SKIP LOCKED);
    IF p_party = 'mitra' AND NOT p_only_reads THEN
        PERFORM core.prove_presence(p_user_id);
    END IF;
END
$$;

COMMENT ON FUNCTION core.note_life(uuid, text, uuid, boolean) IS $$
A party asks something about its session: without a socket, its absence counts from now on; a
mitra's command proves that the mitra is there (core.prove_presence). A request that only reads
proves nothing, and is noted at most every 15 seconds. For callers that afterwards lock no session
that is busy. A message needs no note: its row is a sign of life.
$$;
