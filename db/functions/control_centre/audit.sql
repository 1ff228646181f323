CREATE OR REPLACE FUNCTION core.audit(
    p_actor_id uuid, p_action text, p_subject text, p_before jsonb, p_after jsonb)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.audit_log (actor, action, subject, before, after, request_id, reason)
VALUES (
    core.actor(p_actor_id), p_action, p_subject, p_before, p_after,
    nullif(current_setting('halobestie.request_id', true), ''), core.reason())
$$;

COMMENT ON FUNCTION core.audit(uuid, text, text, jsonb, jsonb) IS $$
Writes the audit log. The actor is the control centre user, or the database role when there is
none; the request id is that of the setting halobestie.request_id, the reason that of
halobestie.reason.
$$;
