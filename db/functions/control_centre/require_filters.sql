CREATE OR REPLACE FUNCTION api.require_filters(p_names text[], p_values text[])
RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require(
        'names', cardinality(p_names)::text, 'values', cardinality(p_values)::text);
    PERFORM core.require_no_phone(filter.name, filter.value), core.require_no_phone('', filter.name)
    FROM unnest(p_names, p_values) AS filter (name, value);
END
$$;

COMMENT ON FUNCTION api.require_filters(text[], text[]) IS $$
Whether the filters of a screen may be in its address; p_names and p_values are those filters.
api.refused_filters gives all that may not.
Raises: VALIDATION_ERROR 422, its field the first filter with a phone; none where its name is one.
$$;
GRANT EXECUTE ON FUNCTION api.require_filters(text[], text[]) TO halo_cc;
