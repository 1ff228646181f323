CREATE OR REPLACE FUNCTION core.fill_template(p_text text, p_values jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
-- Each match is some text and the placeholder after it, if any.
SELECT string_agg(
    part.found[1] || coalesce(p_values ->> part.found[2], ''), '' ORDER BY part.ordinality)
FROM regexp_matches(p_text, '([^{]*)(?:\{([a-z]+)\})?', 'g')
    WITH ORDINALITY AS part (found, ordinality)
$$;

COMMENT ON FUNCTION core.fill_template(text, jsonb) IS $$
A template with its {placeholders} replaced, in one pass: text inside a value is never taken for a
placeholder.
$$;
