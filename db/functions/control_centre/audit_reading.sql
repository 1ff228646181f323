CREATE OR REPLACE FUNCTION core.audit_reading(
    p_actor_id uuid, p_subject text, p_ids uuid[] DEFAULT NULL)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
SELECT core.audit(p_actor_id, 'pii.read', p_subject, NULL, jsonb_build_object('ids', p_ids))
WHERE p_ids IS DISTINCT FROM '{}' AND core.may(p_actor_id, 'pii', 'read')
$$;

COMMENT ON FUNCTION core.audit_reading(uuid, text, uuid[]) IS $$
Writes into the audit log that a control centre user was shown phone numbers or messages: of
p_subject, or of p_ids in a list of p_subject. Nothing is written for an empty list, for an actor
without pii:read, who sees them masked, nor for a DBA (null), who reads without us.
$$;
