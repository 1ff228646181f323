CREATE OR REPLACE FUNCTION core.require_page(p_limit integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM core.require('limit', p_limit::text);
    IF p_limit NOT BETWEEN 1 AND 200 THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'limit is a number from 1 to 200.',
            'Ask for a page of at most 200.', 'limit');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_page(integer) IS $$
Raises: VALIDATION_ERROR 422 unless p_limit is 1 to 200.
$$;
