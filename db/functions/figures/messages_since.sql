CREATE OR REPLACE FUNCTION core.messages_since()
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
-- A message lies in the partition of the day on which its session was created.
SELECT CASE
    WHEN EXISTS (
        SELECT FROM core.chat_sessions AS session WHERE session.created_at < oldest.day)
    THEN core.business_day(oldest.day + interval '31 days') ELSE '-infinity' END
FROM (
    SELECT to_date(right(min(part.name), 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC' AS day
    FROM core.partitions_before('chat_messages', 'infinity') AS part (name)
) AS oldest
$$;

COMMENT ON FUNCTION core.messages_since() IS $$
Since when all messages are there. Those of a session go with the day on which it was created, and
a session may last for 30 days. -infinity when none has gone.
$$;
