CREATE OR REPLACE FUNCTION core.replay_counts(
    p_from timestamptz, p_to timestamptz, p_settings jsonb, p_seed integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_runs CONSTANT integer := 3;
    v_known jsonb := core.replay_settings(coalesce((
        SELECT min(session.created_at) FROM core.chat_sessions AS session
        WHERE session.created_at >= p_from AND session.created_at < p_to), p_from));
    v_counts jsonb;
BEGIN
    -- What was recorded, the same again under the rules of that time, and how often that agrees:
    -- by the outcome that most runs give.
    WITH recorded AS MATERIALIZED (
        SELECT * FROM core.replay_searches(p_from, p_to)
    ),
    again AS MATERIALIZED (
        SELECT part.* FROM generate_series(1, v_runs) AS run (n)
        CROSS JOIN LATERAL core.replay_part(p_from, p_to,
            v_known - 'missed_offers_before_offline', p_seed * v_runs + run.n) AS part
    ),
    judged AS (
        SELECT recorded.outcome = 'paired' AS is_paired,
            recorded.outcome = replayed.outcome AS is_hit
        FROM recorded
        JOIN (
            SELECT again.session_id, mode() WITHIN GROUP (ORDER BY again.outcome) AS outcome
            FROM again GROUP BY again.session_id
        ) AS replayed ON replayed.session_id = recorded.session_id
        WHERE recorded.outcome <> 'cancelled'
    )
    SELECT jsonb_build_object(
        'recorded', (SELECT core.replay_figures(
            array_agg(outcome), array_agg(waited), array_agg(offers)) FROM recorded),
        'again', (SELECT core.replay_figures(
            array_agg(outcome), array_agg(waited), array_agg(offers::bigint)) FROM again),
        'judged', (SELECT jsonb_build_object(
            'paired', count(*) FILTER (WHERE is_paired),
            'paired_hits', count(*) FILTER (WHERE is_paired AND is_hit),
            'failed', count(*) FILTER (WHERE NOT is_paired),
            'failed_hits', count(*) FILTER (WHERE NOT is_paired AND is_hit)) FROM judged))
    INTO v_counts;

    -- The same under the other rules.
    IF p_settings = '{}' THEN
        RETURN v_counts || jsonb_build_object('replayed', v_counts -> 'again');
    END IF;
    RETURN v_counts || jsonb_build_object('replayed', (
        SELECT core.replay_figures(
            array_agg(part.outcome), array_agg(part.waited), array_agg(part.offers::bigint))
        FROM generate_series(1, v_runs) AS run (n)
        CROSS JOIN LATERAL core.replay_part(p_from, p_to,
            v_known - 'missed_offers_before_offline' || p_settings,
            p_seed * v_runs + run.n) AS part));
END
$$;

COMMENT ON FUNCTION core.replay_counts(timestamptz, timestamptz, jsonb, integer) IS $$
The counts of a part of a replay, which core.add_counts adds up: what was recorded; the same again
under the rules of that time (three runs); replayed under p_settings (three runs); and of the
searches that nobody cancelled how many were paired and how many failed, and how many of each came
out again.
$$;
