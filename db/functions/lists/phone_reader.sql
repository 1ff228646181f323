CREATE OR REPLACE FUNCTION core.phone_reader(p_actor_id uuid, p_with_phones boolean)
RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE WHEN p_with_phones IS NOT false THEN p_actor_id
    ELSE '00000000-0000-0000-0000-000000000000' END
$$;

COMMENT ON FUNCTION core.phone_reader(uuid, boolean) IS $$
To whom a list shows phones: the actor (null = a DBA); or, when p_with_phones is false, the id of
nobody, who may see none and of whom no reading is written into the audit log.
$$;
