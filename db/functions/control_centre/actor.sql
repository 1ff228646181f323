CREATE OR REPLACE FUNCTION core.actor(p_actor_id uuid)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT coalesce(
    (SELECT 'cc:' || cc_user.email FROM core.control_center_users AS cc_user
     WHERE cc_user.id = p_actor_id),
    session_user)
$$;

COMMENT ON FUNCTION core.actor(uuid) IS $$
Who does it, as the audit log writes it: a control centre user by e-mail address, or for null the
database role that is logged in.
$$;
