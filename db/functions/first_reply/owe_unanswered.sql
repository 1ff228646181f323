CREATE OR REPLACE FUNCTION core.owe_unanswered(p_session core.chat_sessions)
RETURNS core.payment_requests[]
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_payments core.payment_requests[];
BEGIN
    -- Another mitra served a part of it: only what is left is owed, as when a search ends.
    IF EXISTS (
        SELECT FROM core.session_reroutes AS reroute
        WHERE reroute.session_id = p_session.id AND reroute.at > p_session.started_at)
    THEN
        v_payments := core.owe_remaining(ARRAY[p_session]);
    ELSE
        WITH owing AS (
            UPDATE core.payment_requests AS payment
            SET refund_due_amount = payment.refund_due_amount + money.kept,
                refund_status = CASE payment.refund_status
                    WHEN 'requested' THEN 'requested' ELSE 'due' END
            FROM core.payment_requests AS paid CROSS JOIN LATERAL core.money_of(paid) AS money
            WHERE paid.session_id = p_session.id AND payment.id = paid.id AND money.kept > 0
            RETURNING payment.*
        )
        SELECT coalesce(array_agg(owing::core.payment_requests), '{}') INTO v_payments FROM owing;
    END IF;

    -- A first session without a word was none.
    UPDATE core.payment_requests SET is_first_session_discount = false
    WHERE session_id = p_session.id AND is_first_session_discount AND status = 'consumed';
    RETURN v_payments;
END
$$;

COMMENT ON FUNCTION core.owe_unanswered(core.chat_sessions) IS $$
What a locked session owes that ends because its mitra never wrote: all that its payments keep; when
another mitra served a part of it before, what a cancelled reroute owes (core.owe_remaining, by its
unused_seconds). The first-session price is free again. Returns the payments that owe something.
$$;
