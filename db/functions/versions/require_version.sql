CREATE OR REPLACE FUNCTION core.require_version(
    p_what text, p_version integer, p_present_version integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_version <> p_present_version THEN
        PERFORM core.refuse('VERSION_MISMATCH',
            format('%s is at version %s now, not %s.', p_what, p_present_version, p_version),
            'Read it again and decide anew.', 'version');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_version(text, integer, integer) IS $$
Refuses to change what was changed since it was read. p_version is the version that was read; null
= not compared. p_present_version is that of the row, read under its lock; p_what names it at the
beginning of a sentence.
Raises: VERSION_MISMATCH 412, field version.
$$;
