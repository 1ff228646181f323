CREATE OR REPLACE FUNCTION core.replay_counts(
    p_from timestamptz, p_to timestamptz, p_settings jsonb, p_seed integer,
    p_former jsonb DEFAULT '{}')
RETURNS jsonb
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_known jsonb := core.replay_settings(coalesce((
        SELECT min(session.created_at) FROM core.chat_sessions AS session
        WHERE session.created_at >= p_from AND session.created_at < p_to), p_from));
    v_moved jsonb := coalesce(p_former -> 'moved', '[]');
    v_counts jsonb;
BEGIN
    -- What was recorded, the same again under the rules of that time, and how often that agrees,
    -- by the outcome that most runs give; and the same under the other rules.
    WITH recorded AS MATERIALIZED (
        SELECT * FROM core.replay_searches(p_from, p_to)
    ),
    part AS MATERIALIZED (
        SELECT * FROM core.replay_part(
            p_from, p_to, v_known, p_settings, core.replay_runs(), p_seed, v_moved)
    ),
    judged AS (
        SELECT recorded.outcome = 'paired' AS is_paired,
            recorded.outcome = replayed.outcome AS is_hit
        FROM recorded
        JOIN (
            SELECT part.session_id, mode() WITHIN GROUP (ORDER BY part.again) AS outcome
            FROM part GROUP BY part.session_id
        ) AS replayed ON replayed.session_id = recorded.session_id
        WHERE recorded.outcome <> 'cancelled'
    )
    SELECT jsonb_build_object(
        'recorded', (SELECT core.replay_figures(
            array_agg(outcome), array_agg(waited), array_agg(offers)) FROM recorded),
        'again', (SELECT core.replay_figures(
            array_agg(again), array_agg(again_waited), array_agg(again_offers::bigint)) FROM part),
        'replayed', (SELECT core.replay_figures(
            array_agg(outcome), array_agg(waited), array_agg(offers::bigint)) FROM part),
        'judged', (SELECT jsonb_build_object(
            'paired', count(*) FILTER (WHERE is_paired),
            'paired_hits', count(*) FILTER (WHERE is_paired AND is_hit),
            'failed', count(*) FILTER (WHERE NOT is_paired),
            'failed_hits', count(*) FILTER (WHERE NOT is_paired AND is_hit)) FROM judged),
        'moved', (SELECT coalesce(jsonb_agg(slot.document), '[]') FROM (
            SELECT jsonb_build_object('run', part.run, 'mitra_id', (part.moved[1]).mitra_id,
                'session_id', (part.moved[1]).session_id,
                'began_at', core.instant((part.moved[1]).began_at),
                'ended_at', core.instant((part.moved[1]).ended_at)) AS document
            FROM part WHERE (part.moved[1]).session_id IS NOT NULL
            UNION ALL
            SELECT former.document FROM jsonb_array_elements(v_moved) AS former (document)
        ) AS slot WHERE (slot.document ->> 'ended_at')::timestamptz > p_to))
    INTO v_counts;

    -- Counts add up from part to part; the moved slots are those of the last part.
    RETURN core.add_counts(p_former - 'moved', v_counts - 'moved')
        || jsonb_build_object('moved', v_counts -> 'moved');
END
$$;

COMMENT ON FUNCTION core.replay_counts(timestamptz, timestamptz, jsonb, integer, jsonb) IS $$
The counts of a replay after another part of it; p_former are those before: what was recorded; the
same again under the rules of that time, and under p_settings (core.replay_runs of each); of the
searches that nobody cancelled how many were paired and how many failed, and how many of each came
out again; and the slots that p_settings moved and that are still held (core.replay_part).
$$;
