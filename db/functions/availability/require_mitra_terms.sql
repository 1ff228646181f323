CREATE OR REPLACE FUNCTION core.require_mitra_terms(
    p_phone text, p_max_sessions integer, p_mitra_share_percent integer)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF p_phone !~ '^\+[1-9][0-9]{6,14}$' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'A phone number is written as +6281234567890.',
            'Give it with its country code.', 'phone');
    ELSIF p_max_sessions NOT BETWEEN 1 AND 100 THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'max_sessions is a number from 1 to 100.',
            'Leave it out for the general maximum.', 'max_sessions');
    ELSIF p_mitra_share_percent NOT BETWEEN 0 AND 100 THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', 'mitra_share_percent is a number from 0 to 100.',
            'Leave it out for the general share.', 'mitra_share_percent');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_mitra_terms(text, integer, integer) IS $$
Judges what is given of a mitra; null is not given. Raises: VALIDATION_ERROR 422.
$$;
