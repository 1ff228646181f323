CREATE OR REPLACE FUNCTION api.refused_filters(p_names text[], p_values text[])
RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require(
    'names', cardinality(p_names)::text, 'values', cardinality(p_values)::text);

SELECT filter.name FROM unnest(p_names, p_values) AS filter (name, value)
WHERE core.looks_like_phone(filter.value) OR core.looks_like_phone(filter.name)
$$;

COMMENT ON FUNCTION api.refused_filters(text[], text[]) IS $$
The names of all filters of a screen that may not be in its address: api.require_filters refuses
them, and says why.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.refused_filters(text[], text[]) TO halo_cc;
