CREATE OR REPLACE FUNCTION core.replay_report(p_counts jsonb)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'recorded', core.replay_summary(p_counts -> 'recorded', 1),
    'again', core.replay_summary(p_counts -> 'again', core.replay_runs()),
    'replayed', core.replay_summary(p_counts -> 'replayed', core.replay_runs()),
    'calibration', jsonb_build_object(
        'paired', judged.paired,
        'paired_percent', share.paired,
        'failed', judged.failed,
        'failed_percent', share.failed,
        'percent', share.both,
        'commoner_percent', share.commoner,
        'is_reached', coalesce(share.paired >= 95 AND share.failed >= 95
            AND share.both > share.commoner, false)))
FROM jsonb_to_record(p_counts -> 'judged') AS judged (
    paired bigint, paired_hits bigint, failed bigint, failed_hits bigint)
CROSS JOIN LATERAL (
    SELECT round(100.0 * judged.paired_hits / nullif(judged.paired, 0), 1) AS paired,
        round(100.0 * judged.failed_hits / nullif(judged.failed, 0), 1) AS failed,
        round(100.0 * (judged.paired_hits + judged.failed_hits)
            / nullif(judged.paired + judged.failed, 0), 1) AS both,
        round(100.0 * greatest(judged.paired, judged.failed)
            / nullif(judged.paired + judged.failed, 0), 1) AS commoner
) AS share
$$;

COMMENT ON FUNCTION core.replay_report(jsonb) IS $$
What core.replay_counts counted, in figures, with the calibration: how many percent of the recorded
outcomes come out again under the rules of that time, of paired and of failed searches apart (a
failure with the same cause), and how many percent "always the commoner one" would have right.
is_reached: at least 95 of each, and more than that.
$$;
