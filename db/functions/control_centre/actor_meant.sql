CREATE OR REPLACE FUNCTION core.actor_meant(p_actor text)
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT coalesce(
    (SELECT 'cc:' || cc_user.email FROM core.control_center_users AS cc_user
     WHERE cc_user.id = CASE
         WHEN p_actor ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
         THEN p_actor::uuid END),
    CASE WHEN p_actor LIKE '%@%'
        THEN 'cc:' || lower(regexp_replace(btrim(p_actor), '^cc:', '')) END,
    p_actor)
$$;

COMMENT ON FUNCTION core.actor_meant(text) IS $$
The actor as the audit log writes it: for the id of a control centre user, or an e-mail, with cc:
before it or not, in capitals or not, cc:<e-mail>; otherwise p_actor itself. Null for null.
$$;
