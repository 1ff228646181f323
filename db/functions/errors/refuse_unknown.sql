CREATE OR REPLACE FUNCTION core.refuse_unknown(p_what text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
SELECT core.refuse('NOT_FOUND', 'No such ' || p_what || '.', 'Check the id.')
$$;

COMMENT ON FUNCTION core.refuse_unknown(text) IS $$
Refuses NOT_FOUND, in the same words for what does not exist and for what is somebody else's.
$$;
