CREATE OR REPLACE FUNCTION api.record_sweeps(p_runs jsonb)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('runs', p_runs::text);
INSERT INTO core.sweep_runs AS known (sweep, ended_at, outcome, seconds, found)
SELECT given.sweep, run.ended_at, run.outcome, run.seconds, run.found
FROM jsonb_each(p_runs) AS given (sweep, run)
CROSS JOIN LATERAL jsonb_to_record(given.run) AS run (
    ended_at timestamptz, outcome text, seconds double precision, found text)
ORDER BY given.sweep
ON CONFLICT (sweep) DO UPDATE
SET ended_at = excluded.ended_at, outcome = excluded.outcome, seconds = excluded.seconds,
    found = excluded.found
WHERE known.ended_at < excluded.ended_at;
$$;

COMMENT ON FUNCTION api.record_sweeps(jsonb) IS $$
Writes down how the last runs of sweeps went: by the sweep's name an object with ended_at, outcome
(ok, failed or aborted), seconds (how long it took) and found (what it found). Of each sweep the
newest run stays.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.record_sweeps(jsonb) TO halo_listener;
