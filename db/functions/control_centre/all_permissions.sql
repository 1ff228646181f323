CREATE OR REPLACE FUNCTION core.all_permissions()
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT '{
    "mitra": ["create", "read", "update", "delete"],
    "control_center_users": ["create", "read", "update", "delete"],
    "config": ["read", "update"],
    "roles": ["create", "read", "update", "delete"],
    "sessions": ["read", "update"],
    "payments": ["read", "update"],
    "dashboard": ["read"],
    "audit": ["read"],
    "pii": ["read"],
    "packages": ["read", "update"],
    "texts": ["read", "update"],
    "customers": ["read"],
    "payouts": ["read", "update"],
    "reports": ["read", "update"],
    "webhooks": ["read", "update"],
    "mirror": ["read", "update"],
    "replay": ["read"]
}'::jsonb
$$;

COMMENT ON FUNCTION core.all_permissions() IS 'Every permission there is, as super_admin has them.';
