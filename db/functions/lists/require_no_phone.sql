CREATE OR REPLACE FUNCTION core.require_no_phone(p_field text, p_text text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF core.looks_like_phone(p_text) THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A phone stands in no address.',
            'Find a customer by phone under Customers. A mitra is found by name.', p_field);
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_no_phone(text, text) IS $$
Raises: VALIDATION_ERROR 422, field p_field, when the text looks like a phone: what stands in an
address is kept by browsers, proxies and logs.
$$;
