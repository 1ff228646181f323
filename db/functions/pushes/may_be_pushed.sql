CREATE OR REPLACE FUNCTION core.may_be_pushed(p_user_type text, p_user_id uuid)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT p_user_type <> 'mitra'
    OR EXISTS (SELECT FROM core.mitras WHERE id = p_user_id AND is_active)
$$;

COMMENT ON FUNCTION core.may_be_pushed(text, uuid) IS $$
Whether pushes go to this user: not to a deactivated mitra, whose phone must not show what
customers say.
$$;
