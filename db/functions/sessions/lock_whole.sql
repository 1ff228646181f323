CREATE OR REPLACE FUNCTION core.lock_whole(p_session_ids uuid[], p_with text[])
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[] := p_session_ids;
    v_held uuid[];
    v_absences bigint[];
    -- Side by side: a mitra or a recipient, and the session for which it is wanted.
    v_sessions uuid[];
    v_mitras uuid[];
    v_recipients text[];
    v_busy text[];
BEGIN
    -- Customers first in the order of locks: rows about money and failures refer to them.
    IF p_with && '{customer,money}' THEN
        v_held := ARRAY(
            SELECT id FROM core.customers
            WHERE id IN (SELECT customer_id FROM core.chat_sessions WHERE id = ANY (v_ids))
            ORDER BY id FOR KEY SHARE SKIP LOCKED);
        v_ids := ARRAY(
            SELECT session.id FROM core.chat_sessions AS session
            JOIN unnest(v_held) AS held (id) ON held.id = session.customer_id
            WHERE session.id = ANY (v_ids));
    END IF;

    -- Sessions, then what is below them. A session with a busy row leaves v_ids: locked rows
    -- are held, and whatever is wanted but not held is busy.
    v_ids := ARRAY(
        SELECT id FROM core.chat_sessions WHERE id = ANY (v_ids)
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    IF 'offers' = ANY (p_with) THEN
        v_held := ARRAY(
            SELECT id FROM core.pairing_offers
            WHERE session_id = ANY (v_ids) AND core.status_is(status, 'offered')
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT offer.session_id FROM core.pairing_offers AS offer
            LEFT JOIN unnest(v_held) AS held (id) ON held.id = offer.id
            WHERE offer.session_id = ANY (v_ids) AND held.id IS NULL
                AND core.status_is(offer.status, 'offered'));
    END IF;
    IF 'money' = ANY (p_with) THEN
        v_held := ARRAY(
            SELECT id FROM core.session_extensions
            WHERE session_id = ANY (v_ids) AND core.status_is(status, 'pending')
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT extension.session_id FROM core.session_extensions AS extension
            LEFT JOIN unnest(v_held) AS held (id) ON held.id = extension.id
            WHERE extension.session_id = ANY (v_ids) AND core.status_is(extension.status, 'pending')
                AND held.id IS NULL);

        -- What a rerouted search has paid is owed back in part, so it may change too.
        v_held := ARRAY(
            SELECT payment.id FROM core.payment_requests AS payment
            JOIN core.chat_sessions AS session ON session.id = payment.session_id
            WHERE session.id = ANY (v_ids)
                AND core.status_is(payment.status, 'pending', 'confirmed',
                    CASE WHEN session.remaining IS NOT NULL THEN 'consumed' END)
            ORDER BY payment.id FOR NO KEY UPDATE OF payment SKIP LOCKED);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT payment.session_id FROM core.payment_requests AS payment
            JOIN core.chat_sessions AS session ON session.id = payment.session_id
            LEFT JOIN unnest(v_held) AS held (id) ON held.id = payment.id
            WHERE session.id = ANY (v_ids) AND held.id IS NULL
                AND core.status_is(payment.status, 'pending', 'confirmed',
                    CASE WHEN session.remaining IS NOT NULL THEN 'consumed' END));
    END IF;

    IF 'absences' = ANY (p_with) THEN
        v_absences := ARRAY(
            SELECT id FROM core.session_absences WHERE session_id = ANY (v_ids)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT absence.session_id FROM core.session_absences AS absence
            LEFT JOIN unnest(v_absences) AS held (id) ON held.id = absence.id
            WHERE absence.session_id = ANY (v_ids) AND held.id IS NULL);
    END IF;

    -- Mitras: those whose slot changes or to whom a row will refer, and those whose offers are to
    -- be withdrawn.
    IF p_with && '{mitra,slot,withdrawn}' THEN
        SELECT array_agg(wanted.session_id), array_agg(wanted.mitra_id) INTO v_sessions, v_mitras
        FROM (
            SELECT session.id, session.mitra_id FROM core.chat_sessions AS session
            WHERE session.id = ANY (v_ids) AND session.mitra_id IS NOT NULL
                AND ('mitra' = ANY (p_with)
                    OR 'slot' = ANY (p_with) AND core.holds_slot(session.status))
            UNION ALL
            SELECT offer.session_id, offer.mitra_id FROM core.pairing_offers AS offer
            WHERE offer.session_id = ANY (v_ids) AND core.status_is(offer.status, 'offered')
                AND 'withdrawn' = ANY (p_with)
                AND EXISTS (SELECT FROM core.mitra_withdrawals AS note
                    WHERE note.mitra_id = offer.mitra_id)
        ) AS wanted (session_id, mitra_id);
        v_held := ARRAY(
            SELECT id FROM core.mitras WHERE id = ANY (v_mitras)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT wanted.session_id
            FROM unnest(v_sessions, v_mitras) AS wanted (session_id, mitra_id)
            LEFT JOIN unnest(v_held) AS held (id) ON held.id = wanted.mitra_id
            WHERE held.id IS NULL);
    END IF;

    -- Streams last: those of everybody who is told.
    IF p_with && '{parties,offers}' THEN
        SELECT array_agg(told.session_id), array_agg(told.recipient) INTO v_sessions, v_recipients
        FROM (
            SELECT session.id, party.recipient FROM core.chat_sessions AS session
            CROSS JOIN LATERAL (VALUES
                ('customer:' || session.customer_id), ('mitra:' || session.mitra_id)
            ) AS party (recipient)
            WHERE session.id = ANY (v_ids) AND party.recipient IS NOT NULL
                AND 'parties' = ANY (p_with)
            UNION ALL
            SELECT offer.session_id, 'mitra:' || offer.mitra_id FROM core.pairing_offers AS offer
            WHERE offer.session_id = ANY (v_ids) AND core.status_is(offer.status, 'offered')
                AND 'offers' = ANY (p_with)
        ) AS told (session_id, recipient);
        v_busy := core.busy_streams(v_recipients);
        v_ids := ARRAY(
            SELECT unnest(v_ids)
            EXCEPT
            SELECT told.session_id
            FROM unnest(v_sessions, v_recipients) AS told (session_id, recipient)
            WHERE told.recipient = ANY (v_busy));
    END IF;
    RETURN v_ids;
END
$$;

COMMENT ON FUNCTION core.lock_whole(uuid[], text[]) IS $$
Locks sessions for due work, without ever waiting, and returns those that it locked whole; a
session with a busy row is left for another run. p_with says what the work changes besides the
sessions. customer: rows that refer to the customer. offers: their live offers, and the streams of
those mitras. money: pending extensions and payments at stake, and rows that refer to the customer.
absences: the notes of absent parties. mitra: rows that refer to the mitra. slot: the mitra that
gives a session its slot. withdrawn: mitras of live offers that wait for their withdrawal. parties:
the streams of customer and mitra. Read the rows, and the clock, in a later statement.
$$;
