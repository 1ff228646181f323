CREATE OR REPLACE FUNCTION core.phone_owner(
    p_phone text, p_anonymous_customer_id uuid, OUT customer_id uuid, OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_anonymous boolean;
BEGIN
    -- Lock both customers, then read them again.
    PERFORM FROM core.customers WHERE id = p_anonymous_customer_id OR phone = p_phone
    ORDER BY id FOR NO KEY UPDATE;
    SELECT id INTO customer_id FROM core.customers WHERE phone = p_phone;
    SELECT is_anonymous AND deleted_at IS NULL INTO v_anonymous
    FROM core.customers WHERE id = p_anonymous_customer_id;

    -- Give the phone to the anonymous customer or to a new customer. When a customer has it, merge
    -- the anonymous customer into its owner, unless there is a session or money: these don't move.
    IF customer_id IS NULL AND v_anonymous THEN
        UPDATE core.customers SET phone = p_phone, is_anonymous = false
        WHERE id = p_anonymous_customer_id;
        customer_id := p_anonymous_customer_id;
    ELSIF customer_id IS NULL THEN
        INSERT INTO core.customers (phone, is_anonymous) VALUES (p_phone, false)
        RETURNING id INTO customer_id;
    ELSIF v_anonymous THEN
        events := core.cancel_links(p_anonymous_customer_id, 'account_merged');
        IF core.has_business(p_anonymous_customer_id) THEN
            PERFORM core.refuse('SESSION_ALREADY_OPEN',
                'This phone belongs to another account, and this one has an open session or money.',
                'Finish the session here first.');
        END IF;
        PERFORM core.move_blocks(p_anonymous_customer_id, customer_id);
        UPDATE core.customers SET merged_at = clock_timestamp() WHERE id = p_anonymous_customer_id;
    END IF;
END
$$;

COMMENT ON FUNCTION core.phone_owner(text, uuid) IS $$
The customer to whom a proved phone belongs: its owner, else the anonymous customer that asks, else
a new customer. When the anonymous customer is merged into the owner, its blocks become the owner's,
its open payment links are cancelled, and money that arrives for its older links is owed back. The
caller emits the events.
Raises: SESSION_ALREADY_OPEN 409.
$$;
