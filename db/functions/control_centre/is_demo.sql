CREATE OR REPLACE FUNCTION api.is_demo()
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT EXISTS (SELECT FROM core.audit_log WHERE action = 'demo.seed')
    OR NOT EXISTS (
        SELECT FROM core.customers
        UNION ALL SELECT FROM core.mitras
        UNION ALL SELECT FROM core.control_center_users
        UNION ALL SELECT FROM core.price_packages)
$$;

COMMENT ON FUNCTION api.is_demo() IS $$
Whether demo data may be made here: api.seed_demo made some before, or the database holds no
customer, mitra, user of the control centre or package at all. Raises nothing. Notifies: nothing.
$$;
