CREATE OR REPLACE FUNCTION core.instant(p_at timestamptz)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

COMMENT ON FUNCTION core.instant(timestamptz) IS $$
A time as every document, frame and sentence of ours has it: 2026-11-29T05:26:19.984720Z, whatever
the session's TimeZone and DateStyle.
$$;
