CREATE OR REPLACE FUNCTION core.partitions_before(p_parent text, p_day date)
RETURNS SETOF text
LANGUAGE sql STABLE
AS $$
SELECT child.relname::text
FROM pg_catalog.pg_inherits AS link
JOIN pg_catalog.pg_class AS child ON child.oid = link.inhrelid
WHERE link.inhparent = ('core.' || p_parent)::regclass
    AND right(child.relname, 8) < to_char(p_day, 'YYYYMMDD')
ORDER BY child.relname
$$;

COMMENT ON FUNCTION core.partitions_before(text, date) IS $$
The partitions of a table of core that hold days before p_day, oldest first.
$$;
