CREATE OR REPLACE FUNCTION core.replay_json(p_replay core.replays)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_replay.id,
    'state', CASE WHEN p_replay.is_cancelled THEN 'cancelled'
        WHEN p_replay.ended_at IS NOT NULL THEN 'done' ELSE 'running' END,
    'from', core.instant(p_replay.from_at),
    'to', core.instant(p_replay.to_at),
    'settings', p_replay.settings,
    'seed', p_replay.seed,
    'requested_at', core.instant(p_replay.requested_at),
    'progress_percent', floor(100 * extract(epoch FROM p_replay.done_until - p_replay.from_at)
        / extract(epoch FROM p_replay.to_at - p_replay.from_at))::integer,
    'searches', p_replay.searches,
    'answer', CASE WHEN p_replay.searches < 200 THEN 'too few'
        WHEN p_replay.ended_at IS NOT NULL AND NOT p_replay.is_cancelled THEN 'replayed' END,
    'recorded', NULL, 'again', NULL, 'replayed', NULL, 'calibration', NULL)
    || CASE WHEN p_replay.ended_at IS NOT NULL AND NOT p_replay.is_cancelled
            AND p_replay.searches >= 200
        THEN core.replay_report(p_replay.counts) ELSE '{}' END
$$;

COMMENT ON FUNCTION core.replay_json(core.replays) IS
'A replay as the control centre sees it; its figures when it is done.';
