CREATE OR REPLACE FUNCTION core.shown_phone(p_phone text, p_cc_user_id uuid)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT CASE WHEN p_cc_user_id IS NULL OR core.may(p_cc_user_id, 'pii', 'read')
    THEN p_phone
    ELSE left(p_phone, 3) || repeat('•', greatest(length(p_phone) - 5, 0)) || right(p_phone, 2) END
$$;

COMMENT ON FUNCTION core.shown_phone(text, uuid) IS $$
A phone number as a control centre user may see it: without the permission pii:read all but its
ends is masked. A DBA (null) sees it whole.
$$;
