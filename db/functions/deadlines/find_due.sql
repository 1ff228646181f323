CREATE OR REPLACE FUNCTION core.find_due(p_kind text, p_limit integer)
RETURNS uuid[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_from timestamptz := core.due_from();
    v_due refcursor;
    v_with text[];
    v_sessions uuid[] := ARRAY[]::uuid[];
BEGIN
    -- For each kind: v_with names what its work changes, v_due finds what is due, longest due
    -- first, and locks it as it goes, so that runners at once take different rows.
    CASE p_kind
        WHEN 'withdrawal' THEN
            v_with := '{offers,withdrawn}';
            OPEN v_due FOR
                SELECT offer.session_id FROM core.mitra_withdrawals AS note
                JOIN core.pairing_offers AS offer ON offer.mitra_id = note.mitra_id
                    AND offer.status = 'offered' AND offer.offered_at <= note.due_at
                JOIN core.chat_sessions AS session ON session.id = offer.session_id
                WHERE note.due_at BETWEEN v_from AND v_now
                ORDER BY note.due_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'reroute' THEN
            v_with := '{parties,money,absences,slot}';
            OPEN v_due FOR
                SELECT session.id FROM core.mitra_reroutes AS note
                JOIN core.chat_sessions AS session ON session.mitra_id = note.mitra_id
                    AND core.holds_slot(session.status)
                WHERE note.due_at BETWEEN v_from AND v_now
                    AND core.may_reroute(core.settled(session, v_now), v_now)
                ORDER BY note.due_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'absence' THEN
            v_with := '{parties,offers,money,absences}';
            OPEN v_due FOR
                SELECT session.id FROM core.session_absences AS absence
                JOIN core.chat_sessions AS session ON session.id = absence.session_id
                WHERE absence.due_at BETWEEN v_from AND v_now
                ORDER BY absence.due_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'offer' THEN
            -- The mitras stay unlocked, so that a busy mitra holds up no wave.
            v_with := '{offers}';
            OPEN v_due FOR
                SELECT session.id FROM core.pairing_offers AS offer
                JOIN core.chat_sessions AS session ON session.id = offer.session_id
                WHERE offer.status = 'offered' AND offer.expires_at BETWEEN v_from AND v_now
                ORDER BY offer.expires_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'silence' THEN
            v_with := '{mitra}';
            OPEN v_due FOR
                SELECT mitra.id FROM core.silences AS silence
                JOIN core.mitras AS mitra ON mitra.id = silence.mitra_id
                WHERE silence.due_at BETWEEN v_from AND v_now
                ORDER BY silence.due_at FOR NO KEY UPDATE OF mitra SKIP LOCKED;
        WHEN 'pairing' THEN
            v_with := '{parties,offers,money}';
            OPEN v_due FOR
                SELECT session.id FROM core.chat_sessions AS session
                WHERE session.status = 'searching'
                    AND session.pairing_deadline BETWEEN v_from AND v_now
                ORDER BY session.pairing_deadline FOR NO KEY UPDATE SKIP LOCKED;
        WHEN 'payment' THEN
            -- First the searches that wait for their link, whole; then the links for which no
            -- search waits.
            OPEN v_due FOR
                SELECT session.id FROM core.payment_requests AS payment
                JOIN core.chat_sessions AS session ON session.id = payment.session_id
                WHERE payment.status = 'pending' AND payment.expires_at BETWEEN v_from AND v_now
                    AND core.is_awaited(payment)
                ORDER BY payment.expires_at FOR NO KEY UPDATE OF session SKIP LOCKED;
            v_sessions := core.lock_due(p_kind, v_due, p_limit, '{parties,offers,money,slot}');
            v_with := '{link}';
            OPEN v_due FOR
                SELECT payment.id FROM core.payment_requests AS payment
                WHERE payment.status = 'pending' AND payment.expires_at BETWEEN v_from AND v_now
                    AND NOT core.is_awaited(payment)
                ORDER BY payment.expires_at FOR NO KEY UPDATE SKIP LOCKED;
        WHEN 'delivery' THEN
            -- Money that is too old, and is owed back; or a search that can begin now.
            v_with := '{link,customer}';
            OPEN v_due FOR
                SELECT payment.id FROM core.payment_requests AS payment
                WHERE payment.status = 'confirmed' AND payment.confirmed_at <= v_now
                    AND core.is_undelivered(payment)
                    AND (
                        payment.confirmed_at
                            <= v_now - core.config_seconds('payment_delivery_seconds')
                        OR (NOT payment.is_extension
                            AND NOT EXISTS (
                                SELECT FROM core.open_sessions_of(payment.customer_id))))
                ORDER BY payment.confirmed_at FOR NO KEY UPDATE SKIP LOCKED;
        WHEN 'warning' THEN
            v_with := '{parties}';
            OPEN v_due FOR
                SELECT session.id FROM core.session_warnings AS warning
                JOIN core.chat_sessions AS session ON session.id = warning.session_id
                WHERE warning.due_at BETWEEN v_from AND v_now
                ORDER BY warning.due_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'first_reply' THEN
            -- Time that is given back for an absence comes first: it is part of what is told.
            v_with := '{customer,parties,absences,mitra}';
            OPEN v_due FOR
                SELECT session.id FROM core.reply_deadlines AS reply
                JOIN core.chat_sessions AS session ON session.id = reply.session_id
                WHERE reply.due_at BETWEEN v_from AND v_now
                    AND NOT EXISTS (SELECT FROM core.session_absences AS absence
                        WHERE absence.session_id = session.id AND absence.due_at <= v_now)
                ORDER BY reply.due_at FOR NO KEY UPDATE OF session SKIP LOCKED;
        WHEN 'expiry' THEN
            v_with := core.expiry_locks();
            OPEN v_due FOR
                SELECT id FROM core.chat_sessions
                WHERE status = 'active' AND expires_at BETWEEN v_from AND v_now
                ORDER BY expires_at FOR NO KEY UPDATE SKIP LOCKED;
        WHEN 'closure' THEN
            v_with := '{parties}';
            OPEN v_due FOR
                SELECT id FROM core.chat_sessions
                WHERE status = 'closing' AND closing_ends_at BETWEEN v_from AND v_now
                ORDER BY closing_ends_at FOR NO KEY UPDATE SKIP LOCKED;
        WHEN 'extension' THEN
            v_with := '{parties,money,slot}';
            OPEN v_due FOR
                SELECT session.id FROM core.session_extensions AS extension
                JOIN core.chat_sessions AS session ON session.id = extension.session_id
                WHERE extension.status = 'pending' AND extension.expires_at
                    BETWEEN v_from - core.config_seconds('extension_settle_grace_seconds')
                    AND v_now - core.config_seconds('extension_settle_grace_seconds')
                ORDER BY extension.expires_at FOR NO KEY UPDATE OF session SKIP LOCKED;
    END CASE;
    RETURN v_sessions || core.lock_due(p_kind, v_due, p_limit, v_with);
END
$$;

COMMENT ON FUNCTION core.find_due(text, integer) IS $$
Finds what is due of a kind, longest due first, and locks p_limit of it with everything that its
work changes, as core.lock_due does. Returns sessions; for kind silence mitras, for kind delivery
payment requests, for kind payment both the searches that wait for a link and the links for which
no search waits.
$$;
