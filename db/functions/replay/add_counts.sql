CREATE OR REPLACE FUNCTION core.add_counts(p_one jsonb, p_other jsonb)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF jsonb_typeof(coalesce(p_one, p_other)) <> 'object' THEN
        RETURN (coalesce(p_one::bigint, 0) + coalesce(p_other::bigint, 0))::text::jsonb;
    END IF;
    RETURN (
        SELECT coalesce(jsonb_object_agg(
            name.name, core.add_counts(p_one -> name.name, p_other -> name.name)), '{}')
        FROM (
            SELECT jsonb_object_keys(p_one) UNION SELECT jsonb_object_keys(p_other)
        ) AS name (name));
END
$$;

COMMENT ON FUNCTION core.add_counts(jsonb, jsonb) IS $$
Adds two objects of counts, name by name; a name that one of them lacks counts as 0 there.
$$;
