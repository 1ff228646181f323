CREATE OR REPLACE FUNCTION api.search_customer(p_phone text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    PERFORM core.require('phone', p_phone);
    IF p_actor_id IS NOT NULL THEN
        PERFORM api.require_permission(p_actor_id, 'pii', 'read');
    END IF;

    -- The audit log keeps whom the operator found, and no phone numbers; also that nobody was.
    v_ids := ARRAY(SELECT id FROM core.customers WHERE phone = p_phone);
    PERFORM core.audit_reading(p_actor_id, 'customers.search', nullif(v_ids, '{}'));
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(core.customer_json(id, p_actor_id))
            FROM unnest(v_ids) AS customer (id)), '[]'),
        'next_cursor', NULL);
END
$$;

COMMENT ON FUNCTION api.search_customer(text, uuid) IS $$
{items, next_cursor}: the customer with this phone (E.164), or nobody; for an actor with pii:read.
Each search is written into the audit log.
Raises: VALIDATION_ERROR 422, UNAUTHENTICATED 401, FORBIDDEN 403. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.search_customer(text, uuid) TO halo_cc;
