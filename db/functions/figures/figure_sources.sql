CREATE OR REPLACE FUNCTION core.figure_sources()
RETURNS TABLE (source text, metrics text, since timestamptz)
LANGUAGE sql STABLE
AS $$
SELECT known.source, known.metrics, known.since
FROM (VALUES
    ('offers', 'offers|offers_.*|answer_time|pairing_wait', '-infinity'::timestamptz),
    ('sessions', 'requests|sensitive_requests|sessions|abandoned|used_seconds', '-infinity'),
    ('extensions', 'extensions|extensions_.*', '-infinity'),
    ('failures', 'failures_.*', '-infinity'),
    ('transactions', 'revenue|refunds', '-infinity'),
    ('messages', 'messages', core.messages_since()),
    ('replies', 'first_reply', core.messages_since()),
    ('deadlines', 'deadline_lateness',
        core.business_day(clock_timestamp() - interval '6 days'))
) AS known (source, metrics, since)
$$;

COMMENT ON FUNCTION core.figure_sources() IS $$
The tables from which figures can be counted again, which figures each gives (a pattern), and since
when its rows are all there.
$$;
