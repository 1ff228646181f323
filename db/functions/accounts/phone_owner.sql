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
        events := core.cancel_links(p_anonymous_customer_id, 'account_merged', customer_id);
        IF core.has_business(p_anonymous_customer_id) THEN
            PERFORM core.refuse('SESSION_ALREADY_OPEN',
                'This phone belongs to another account, and this one has an open session or money.',
                'Finish the session here first.');
        END IF;
        -- An owner that was merged itself, before it had a phone, stands for its own owner.
        PERFORM core.move_blocks(p_anonymous_customer_id, core.person_of(customer_id));
        UPDATE core.customers
        SET merged_at = clock_timestamp(), merged_into = core.person_of(customer_id)
        WHERE id = p_anonymous_customer_id;
        -- The owner's search may have offers out to mitras who are blocked now; and who reported a
        -- mitra from both accounts counts once.
        events := events
            || core.withdraw_blocked_offers(ARRAY[core.open_session_id(customer_id)]);
        PERFORM core.recount_mitras(ARRAY(
            SELECT report.mitra_id FROM core.reports AS report
            WHERE report.customer_id = p_anonymous_customer_id AND report.party = 'customer'
                AND report.status = 'open' AND report.had_started));
    END IF;
END
$$;

COMMENT ON FUNCTION core.phone_owner(text, uuid) IS $$
The customer to whom a proved phone belongs: its owner, else the anonymous customer that asks, else
a new customer. When the anonymous customer is merged into the owner, its blocks become the owner's,
also those that it makes later, and offers of the owner's search to mitras who are blocked now are
cancelled; its open payment links are cancelled, and money that arrives for its older links is owed
back. The caller emits the events.
Raises: SESSION_ALREADY_OPEN 409. Notifies: pairing, mitra_mirror.
$$;
