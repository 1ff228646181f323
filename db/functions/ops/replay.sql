CREATE OR REPLACE FUNCTION ops.replay(
    p_from_at timestamptz, p_to_at timestamptz, p_settings jsonb DEFAULT '{}',
    p_seed integer DEFAULT 1)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_searches bigint;
    v_at timestamptz := p_from_at;
    v_until timestamptz;
    v_counts jsonb := '{}'::jsonb;
BEGIN
    PERFORM core.require(
        'from_at', p_from_at::text,
        'to_at', p_to_at::text,
        'settings', p_settings::text,
        'seed', p_seed::text);
    v_searches := core.check_replay(p_from_at, p_to_at, p_settings);
    IF v_searches < 200 THEN
        RETURN jsonb_build_object('answer', 'too few', 'searches', v_searches);
    END IF;

    -- Part by part.
    WHILE v_at < p_to_at LOOP
        v_until := core.replay_until(v_at, p_to_at);
        v_counts := core.replay_counts(v_at, v_until, p_settings, p_seed, v_counts);
        v_at := v_until;
    END LOOP;
    RETURN jsonb_build_object('answer', 'replayed', 'searches', v_searches)
        || core.replay_report(v_counts);
END
$$;

COMMENT ON FUNCTION ops.replay(timestamptz, timestamptz, jsonb, integer) IS $$
What a time of at most 7 days would have been under other rules: p_settings has some of
offer_timeout_seconds, blast_size, mitra_max_sessions and missed_offers_before_offline; {} = the
same again. Returns answer (replayed, or "too few" below 200 searches), searches, and then figures
of what was recorded, of the same again, and replayed (searches by outcome, offers, waits in
seconds), and the calibration (core.replay_report): believe no figure more than that.
Each search is replayed by itself in the recorded world of the others; its outcome is not read, but
how it was refused is. Estimated is what each mitra would have answered otherwise
(core.replay_answers), how long a session that never was would have held a slot, and that who was
paired would have waited on.
It reads and never writes; the same seed gives the same. Some seconds for a thousand searches.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (no such rule).
$$;
