CREATE OR REPLACE FUNCTION core.wrong_counts()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT
    'a total is the sum of its rows', counted.metric,
    format('counted %s, kept %s', counted.value, core.figure_total(counted.metric))
FROM (
    SELECT 'requests' AS metric, count(*) AS value FROM core.chat_sessions
    UNION ALL
    SELECT 'sensitive_requests', count(*) FROM core.chat_sessions AS session
    WHERE session.topic_sensitivity = 'sensitive'
    UNION ALL
    SELECT 'revenue', coalesce(sum(entry.amount), 0) FROM core.customer_transactions AS entry
    WHERE entry.type IN ('session', 'extension')
) AS counted
WHERE counted.value <> core.figure_total(counted.metric)
$$;

COMMENT ON FUNCTION core.wrong_counts() IS $$
The totals of all time that are not the sums of their rows, but for those of money
(core.wrong_money_totals).
$$;
