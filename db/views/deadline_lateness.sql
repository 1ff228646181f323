CREATE VIEW ops.deadline_lateness AS
SELECT
    run.kind, date_trunc('hour', run.at) AS hour, count(*) AS settled,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY lateness.ms)::numeric, 1) AS p50_ms,
    round(percentile_cont(0.99) WITHIN GROUP (ORDER BY lateness.ms)::numeric, 1) AS p99_ms,
    round(max(lateness.ms)::numeric, 1) AS max_ms
FROM core.deadline_runs AS run
CROSS JOIN LATERAL unnest(run.lateness_ms) AS lateness (ms)
GROUP BY run.kind, date_trunc('hour', run.at)
ORDER BY hour DESC, run.kind;

COMMENT ON VIEW ops.deadline_lateness IS $$
How late due things were settled, in milliseconds, by kind and hour, for a week.
$$;
