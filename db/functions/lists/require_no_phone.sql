CREATE OR REPLACE FUNCTION core.require_no_phone(p_field text, p_text text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF core.looks_like_phone(p_text) THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A phone number may not be in an address.',
            'A phone is found under Customers, a mitra by name, an id by its first 8 characters.',
            p_field);
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_no_phone(text, text) IS $$
Raises: VALIDATION_ERROR 422, field p_field, when a phone stands in the text
(core.looks_like_phone): what is in an address is kept by browsers, proxies and logs.
$$;
