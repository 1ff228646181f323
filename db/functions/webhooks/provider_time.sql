CREATE OR REPLACE FUNCTION core.provider_time(p_text text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN CASE WHEN p_text ~
        '^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})$'
        THEN p_text::timestamptz END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.provider_time(text) IS $$
A time as a provider writes it (ISO 8601 with its offset), or null when the text is no such time.
$$;
