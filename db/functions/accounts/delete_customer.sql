CREATE OR REPLACE FUNCTION api.delete_customer(p_customer_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_customer core.customers;
    v_events core.event[];
BEGIN
    v_customer := core.lock_customer(p_customer_id);
    v_events := core.cancel_links(p_customer_id, 'account_deleted');
    IF core.has_business(p_customer_id) THEN
        PERFORM core.refuse(
            'INVALID_STATE', 'This account has an open session, or money.',
            'Finish the session, wait for the refund, or have the balance returned.');
    END IF;
    UPDATE core.customers
    SET display_name = NULL, phone = NULL, is_anonymous = true, deleted_at = clock_timestamp()
    WHERE id = p_customer_id;
    PERFORM core.forget_code('customer', v_customer.phone);
    PERFORM core.withdraw_pushes('customer', p_customer_id);
    DELETE FROM core.push_tokens WHERE user_type = 'customer' AND user_id = p_customer_id;
    DELETE FROM core.data_exports WHERE user_type = 'customer' AND user_id = p_customer_id;
    PERFORM core.emit(v_events || core.revoke_logins('customer', p_customer_id, 'deleted'));
END
$$;

COMMENT ON FUNCTION api.delete_customer(uuid) IS $$
A customer leaves: open payment links are cancelled, name, phone, devices and the last export are
forgotten, every login ends. Money that arrives later is owed back. Sessions, money and
conversations stay, without a name; the other parties keep the conversations. The same phone begins
anew as another customer.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (an open session, or money held, due
or in the balance).
Notifies: deadlines; events (signed_out; payment_updated; session_ended, when a session past its
grace is settled first).
$$;
GRANT EXECUTE ON FUNCTION api.delete_customer(uuid) TO halo_app;
