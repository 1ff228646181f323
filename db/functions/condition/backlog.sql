CREATE OR REPLACE FUNCTION api.backlog()
RETURNS TABLE (reports_open bigint, report_seconds double precision)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT count(*), core.seconds_since(min(report.created_at))
FROM core.reports AS report
WHERE report.status = 'open'
$$;

COMMENT ON FUNCTION api.backlog() IS $$
What waits for operators, as the listener's gauges tell it. One row. reports_open: reports that
nobody has decided; report_seconds: how long the oldest of them has been open, 0 without one.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.backlog() TO halo_listener;
