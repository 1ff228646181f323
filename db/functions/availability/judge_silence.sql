CREATE OR REPLACE FUNCTION core.judge_silence(
    p_forgotten interval DEFAULT '2 minutes',
    OUT is_held boolean, OUT since timestamptz, OUT online integer, OUT silent integer)
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_longest CONSTANT interval := interval '15 minutes';
    v_stale interval := core.config_seconds('heartbeat_stale_seconds');
    v_now timestamptz;
    v_silence core.mass_silence;
BEGIN
    -- Lock: one judgement at a time. A silence that was not judged for long begins anew.
    PERFORM FROM core.mass_silence FOR NO KEY UPDATE;
    v_now := clock_timestamp();
    UPDATE core.mass_silence AS known SET judged_at = v_now,
        began_at = CASE WHEN known.judged_at < v_now - p_forgotten
            THEN v_now ELSE known.began_at END,
        returned_at = CASE WHEN known.judged_at >= v_now - p_forgotten
            THEN known.returned_at END
    RETURNING known.* INTO v_silence;

    -- Count. An online mitra without any stamp is not silent.
    SELECT count(*), count(*) FILTER (
        WHERE greatest(status.last_heartbeat_at, status.last_online_at) <= v_now - v_stale)
    INTO online, silent
    FROM core.mitra_online_status AS status WHERE status.is_online;

    -- Judge, and write what the next judgement has to know. When fewer are silent again, the
    -- others still get heartbeat_stale_seconds to come back.
    IF silent >= 5 AND silent * 100 > online * core.config_int('mass_silence_percent') THEN
        INSERT INTO core.mass_silence AS known (began_at, judged_at) VALUES (v_now, v_now)
        ON CONFLICT (is_present) DO UPDATE SET returned_at = NULL
        RETURNING known.* INTO v_silence;
        is_held := v_now < v_silence.began_at + v_longest;
    ELSIF v_silence.is_present THEN
        UPDATE core.mass_silence AS known SET returned_at = coalesce(known.returned_at, v_now)
        RETURNING known.* INTO v_silence;
        is_held := v_now < least(v_silence.returned_at + v_stale, v_silence.began_at + v_longest);
        DELETE FROM core.mass_silence WHERE NOT is_held;
    ELSE
        is_held := false;
    END IF;
    since := v_silence.began_at;
END
$$;

COMMENT ON FUNCTION core.judge_silence(interval) IS $$
Whether the silence of mitras is our own outage: more than mass_silence_percent of those online,
and at least five, are stale by their stamps in PostgreSQL. It is held until there were fewer for
one heartbeat_stale_seconds, but 15 minutes at most: after that they count as silent. A silence
that nobody judged for p_forgotten is a new one. Returns is_held, since when, how many are online,
how many of them silent.
$$;
