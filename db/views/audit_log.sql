CREATE VIEW ops.audit_log AS
SELECT
    entry.at, entry.actor, entry.database_role, entry.action, entry.subject,
    entry.before, entry.after, entry.request_id, entry.reason
FROM core.audit_log AS entry
ORDER BY entry.id DESC;

COMMENT ON VIEW ops.audit_log IS $$
What operators and DBAs did, newest first: the actor, the database role that was logged in, and
what was there before and after, and why. For halo_dba alone.
$$;
REVOKE SELECT ON ops.audit_log FROM halo_readonly;
