CREATE OR REPLACE FUNCTION core.notes_since(p_since text, p_limit integer)
RETURNS SETOF core.event_queue
LANGUAGE sql STABLE
AS $$
(SELECT * FROM core.event_queue
    WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(p_since::pg_snapshot)))
    ORDER BY xid LIMIT p_limit)
UNION ALL
(SELECT * FROM core.event_queue
    WHERE xid >= coalesce(pg_snapshot_xmax(p_since::pg_snapshot), '0'::xid8)
    ORDER BY xid LIMIT p_limit)
LIMIT p_limit
$$;

COMMENT ON FUNCTION core.notes_since(text, integer) IS $$
Notes of transactions that a snapshot did not see, those first that went on then, and then those
that had not begun, oldest first; of all notes when there is no snapshot. p_limit: how many at most,
null for all.
$$;
