CREATE OR REPLACE FUNCTION core.customer_for_phone(p_phone text, p_anonymous_customer_id uuid)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_owner uuid;
    v_anonymous boolean;
BEGIN
    PERFORM FROM core.customers WHERE id = p_anonymous_customer_id OR phone = p_phone ORDER BY id FOR NO KEY UPDATE;
    SELECT id INTO v_owner FROM core.customers WHERE phone = p_phone;
    SELECT is_anonymous AND deleted_at IS NULL INTO v_anonymous FROM core.customers WHERE id = p_anonymous_customer_id;
    IF v_owner IS NULL AND v_anonymous THEN
        UPDATE core.customers SET phone = p_phone, is_anonymous = false WHERE id = p_anonymous_customer_id;
        RETURN p_anonymous_customer_id;
    ELSIF v_owner IS NULL THEN
        INSERT INTO core.customers (phone, is_anonymous) VALUES (p_phone, false) RETURNING id INTO v_owner;
    ELSIF v_anonymous AND core.has_business(p_anonymous_customer_id) THEN
        PERFORM core.refuse('SESSION_ALREADY_OPEN', 'This phone belongs to another account, and this one has an open session or money.',
            'Finish the session here first.');
    END IF;
    RETURN v_owner;
END
$$;

COMMENT ON FUNCTION core.customer_for_phone(text, uuid) IS
'The customer a proved phone belongs to: its owner, else the anonymous customer who asks, else a new one. Raises: SESSION_ALREADY_OPEN 409.';
