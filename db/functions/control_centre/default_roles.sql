CREATE OR REPLACE FUNCTION core.default_roles()
RETURNS TABLE (name text, permissions jsonb)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
('supervisor', '{
    "mitra": ["create", "read", "update"], "control_center_users": ["read"], "roles": ["read"],
    "sessions": ["read", "update"], "payments": ["read", "update"], "customers": ["read"],
    "dashboard": ["read"], "config": ["read"], "audit": ["read"], "pii": ["read"],
    "packages": ["read"], "texts": ["read", "update"], "payouts": ["read"],
    "reports": ["read", "update"], "webhooks": ["read", "update"], "mirror": ["read", "update"],
    "replay": ["read"]}'::jsonb),
('support', '{
    "mitra": ["read"], "sessions": ["read", "update"], "payments": ["read"],
    "customers": ["read"], "dashboard": ["read"], "packages": ["read"], "texts": ["read"],
    "reports": ["read", "update"], "mirror": ["read"]}'),
('finance', '{
    "mitra": ["read"], "sessions": ["read"], "payments": ["read", "update"],
    "customers": ["read"], "dashboard": ["read"], "audit": ["read"], "mirror": ["read"],
    "packages": ["read", "update"], "payouts": ["read", "update"], "webhooks": ["read", "update"]
}'),
('viewer', '{
    "mitra": ["read"], "sessions": ["read"], "payments": ["read"], "customers": ["read"],
    "dashboard": ["read"], "config": ["read"], "packages": ["read"], "texts": ["read"],
    "payouts": ["read"], "reports": ["read"], "webhooks": ["read"], "mirror": ["read"],
    "replay": ["read"]}')
$$;

COMMENT ON FUNCTION core.default_roles() IS $$
The roles that migrate makes beside super_admin, each once: operators may change and delete them.
Of these only supervisor sees phones and messages.
$$;
