CREATE OR REPLACE FUNCTION core.sees_phones(p_cc_user_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_cc_user_id IS NULL OR core.may(p_cc_user_id, 'pii', 'read')
$$;

COMMENT ON FUNCTION core.sees_phones(uuid) IS $$
Whether a control centre user sees phone numbers whole: with the permission pii:read, as a DBA
(null) does. A list asks once, and hands the answer to core.masked_phone for each phone.
$$;
