CREATE OR REPLACE FUNCTION core.is_time_zone(p_name text)
RETURNS boolean
LANGUAGE sql STABLE STRICT
AS $$
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_timezone_names
    WHERE name = p_name
        AND name !~ '^(posix|right)/' AND name NOT IN ('posixrules', 'localtime', 'Factory'))
$$;

COMMENT ON FUNCTION core.is_time_zone(text) IS $$
Whether IANA's list has a time zone of this name, spelled so. Abbreviations of the list, such as
UTC, are names too; offsets are none. It reads the server's files, so it is for rare judgements.
$$;
