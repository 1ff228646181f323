CREATE OR REPLACE FUNCTION api.availability()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT jsonb_build_object(
    'available', counted.mitras > 0,
    'available_mitras', counted.mitras,
    'as_of', core.instant(clock_timestamp()))
FROM (
    -- Nobody is there when most people ask, and that is known without counting.
    SELECT CASE WHEN core.anyone_available(NULL)
        THEN (SELECT count(*) FROM core.available_mitras()) ELSE 0 END AS mitras
    OFFSET 0                    -- counted once
) AS counted
$$;

COMMENT ON FUNCTION api.availability() IS $$
The beacon by PostgreSQL alone: {available, available_mitras, as_of}. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.availability() TO halo_app;
