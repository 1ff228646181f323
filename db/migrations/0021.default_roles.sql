-- depends: 0020.failed_deadlines

SET LOCAL ROLE halo_owner;

CREATE TABLE core.made_roles (
    name text PRIMARY KEY,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.made_roles IS
'Names of roles that migrate made: each once, so that a role which operators changed, renamed or deleted does not come back.';

-- The mirror has permissions of its own now. Roles that might look at it or reseed it still may.
UPDATE core.roles
SET permissions = permissions || jsonb_build_object('mirror', array_remove(ARRAY[
    CASE WHEN permissions -> 'dashboard' ? 'read' THEN 'read' END,
    CASE WHEN permissions -> 'config' ? 'update' THEN 'update' END], NULL))
WHERE NOT permissions ? 'mirror' AND (permissions -> 'dashboard' ? 'read' OR permissions -> 'config' ? 'update');

RESET ROLE;
