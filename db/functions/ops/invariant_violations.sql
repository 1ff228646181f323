CREATE OR REPLACE FUNCTION ops.invariant_violations()
RETURNS TABLE (
    invariant text, subject text, details text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
-- Mitras: what is stored of each agrees with what it is counted from.
SELECT
    'capacity is what chat_sessions say' AS invariant,
    load.mitra_id::text AS subject,
    format('stored %s, counted %s', load.capacity, core.capacity(load.mitra_id)) AS details
FROM core.mitra_loads AS load
WHERE load.capacity <> core.capacity(load.mitra_id)
UNION ALL
SELECT 'a mitra waits as it is stored', wrong.mitra_id::text, wrong.details
FROM core.wrong_waits() AS wrong
UNION ALL
SELECT 'a deactivated mitra is offline', mitra.id::text, 'online'
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
WHERE status.is_online AND NOT mitra.is_active
UNION ALL
SELECT 'a deactivated mitra has no login', mitra.id::text, login.id::text
FROM core.mitras AS mitra
JOIN core.auth_sessions AS login
    ON login.user_type = 'mitra' AND login.user_id = mitra.id AND login.revoked_at IS NULL
WHERE NOT mitra.is_active
UNION ALL
SELECT 'a replaced package can not be bought', package.id::text, package.name
FROM core.price_packages AS package
JOIN core.price_packages AS next ON next.replaces = package.id
WHERE package.is_active
UNION ALL
-- Offers and their sessions: neither says more than the other.
SELECT
    'live offers are of a session pending acceptance, in its round',
    offer.id::text, session.status
FROM core.pairing_offers AS offer
JOIN core.chat_sessions AS session ON session.id = offer.session_id
WHERE offer.status = 'offered'
    AND (session.status <> 'pending_acceptance' OR offer.round <> session.round)
UNION ALL
SELECT 'a session pending acceptance has a live offer', session.id::text, 'none'
FROM core.chat_sessions AS session
WHERE session.status = 'pending_acceptance' AND NOT EXISTS (
    SELECT FROM core.pairing_offers AS offer
    WHERE offer.session_id = session.id AND offer.status = 'offered')
UNION ALL
SELECT 'a paired session has its accepted offer', session.id::text, session.mitra_id::text
FROM core.chat_sessions AS session
WHERE core.holds_slot(session.status) AND NOT EXISTS (
    SELECT FROM core.pairing_offers AS offer
    WHERE offer.session_id = session.id
        AND offer.round = session.round
        AND offer.status = 'accepted'
        AND offer.mitra_id = session.mitra_id)
UNION ALL
-- Money: no chat without a payment, and no payment kept without its chat.
SELECT
    'a session that started was paid for',
    session.id::text, coalesce(payment.status, 'no payment')
FROM core.chat_sessions AS session
LEFT JOIN core.payment_requests AS payment
    ON payment.session_id = session.id AND NOT payment.is_extension
WHERE session.started_at IS NOT NULL AND payment.status IS DISTINCT FROM 'consumed'
UNION ALL
SELECT
    'a searching session has money held, or a link still open',
    session.id::text, coalesce(payment.status, 'no payment')
FROM core.chat_sessions AS session
LEFT JOIN core.payment_requests AS payment
    ON payment.session_id = session.id AND NOT payment.is_extension
WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment')
    AND session.started_at IS NULL
    AND (payment.status IS NULL OR payment.status NOT IN ('pending', 'confirmed'))
UNION ALL
SELECT 'an ended session holds no money', session.id::text, payment.id::text
FROM core.chat_sessions AS session
JOIN core.payment_requests AS payment
    ON payment.session_id = session.id
    AND NOT payment.is_extension
    AND payment.status = 'confirmed'
WHERE NOT core.is_open(session.status)
UNION ALL
SELECT
    'a consumed payment is one transaction of its amount', payment.id::text,
    (SELECT format('%s of %s', count(*), coalesce(sum(entry.amount), 0))
     FROM core.customer_transactions AS entry
     WHERE entry.payment_request_id = payment.id AND entry.type IN ('session', 'extension'))
FROM core.payment_requests AS payment
WHERE payment.status = 'consumed' AND NOT EXISTS (
    SELECT FROM core.customer_transactions AS entry
    WHERE entry.payment_request_id = payment.id
        AND entry.amount = payment.amount
        AND entry.type IN ('session', 'extension'))
UNION ALL
SELECT
    'a charge is of a consumed payment',
    entry.id::text, coalesce(payment.status, 'no payment')
FROM core.customer_transactions AS entry
LEFT JOIN core.payment_requests AS payment ON payment.id = entry.payment_request_id
WHERE entry.type IN ('session', 'extension') AND payment.status IS DISTINCT FROM 'consumed'
UNION ALL
SELECT 'every rupiah is accounted for', 'money_balance', balance.unaccounted::text
FROM ops.money_balance AS balance
WHERE balance.unaccounted <> 0
UNION ALL
SELECT
    'every rupiah of a payment is in one place', payment.id::text,
    format('of %s: held %s, kept %s, due %s, refunded %s, credited %s',
        money.confirmed, money.held, money.kept, money.refund_due, money.refunded, money.credited)
FROM core.payment_requests AS payment
CROSS JOIN LATERAL core.money_of(payment) AS money
WHERE money.kept < 0 OR money.confirmed
    <> money.held + money.kept + money.refund_due + money.refunded + money.credited
UNION ALL
-- Totals of all time that are kept as counters: what is folded and what is not are the rows' sum.
SELECT
    'a total is the sum of its rows', metric,
    format('counted %s, kept %s', coalesce(counted.value, 0), coalesce(total.value, 0))
FROM core.money_counted() AS counted
FULL JOIN core.money_totals() AS total USING (metric)
WHERE coalesce(counted.value, 0) <> coalesce(total.value, 0)
UNION ALL
SELECT
    'a total is the sum of its rows', counted.metric,
    format('counted %s, kept %s', counted.value, core.figure_total(counted.metric))
FROM (
    SELECT 'requests' AS metric, count(*) AS value FROM core.chat_sessions
    UNION ALL
    SELECT 'sensitive_requests', count(*) FROM core.chat_sessions AS session
    WHERE session.topic_sensitivity = 'sensitive'
    UNION ALL
    SELECT 'revenue', coalesce(sum(entry.amount), 0) FROM core.customer_transactions AS entry
    WHERE entry.type IN ('session', 'extension')
) AS counted
WHERE counted.value <> core.figure_total(counted.metric)
UNION ALL
-- Refunds: the payment, its refunds and the customer's transactions name the same sum.
SELECT
    'what was refunded is in refunds and in transactions', payment.id::text,
    format('refunded %s, by refunds %s, by transactions %s',
        payment.refunded_amount, refunded.amount, entry.amount)
FROM core.payment_requests AS payment
CROSS JOIN LATERAL (
    SELECT coalesce(sum(refund.amount), 0) AS amount FROM core.refunds AS refund
    WHERE refund.payment_request_id = payment.id AND refund.status = 'succeeded'
        AND refund.way <> 'credit'
) AS refunded
CROSS JOIN LATERAL (
    SELECT coalesce(sum(entry.amount), 0) AS amount FROM core.customer_transactions AS entry
    WHERE entry.payment_request_id = payment.id AND entry.type = 'refund'
) AS entry
WHERE (payment.refunded_amount > 0 OR payment.refund_status <> 'none')
    AND (payment.refunded_amount <> refunded.amount OR payment.refunded_amount <> entry.amount)
UNION ALL
SELECT
    'a refund is of money that came',
    entry.id::text, coalesce(payment.refund_status, 'no payment')
FROM core.customer_transactions AS entry
LEFT JOIN core.payment_requests AS payment ON payment.id = entry.payment_request_id
WHERE entry.type = 'refund' AND coalesce(payment.refunded_amount, 0) = 0
UNION ALL
SELECT
    'a payment whose refund is requested has one such refund, of no more than is due',
    payment.id::text,
    format('%s, due %s, requested %s',
        payment.refund_status,
        payment.refund_due_amount,
        coalesce(refund.amount::text, 'nothing'))
FROM core.payment_requests AS payment
LEFT JOIN core.refunds AS refund
    ON refund.payment_request_id = payment.id AND refund.status = 'requested'
WHERE (payment.refund_status = 'requested') <> (refund.id IS NOT NULL)
    OR refund.amount > payment.refund_due_amount
UNION ALL
SELECT 'a payment by credit is not refunded by a provider', payment.id::text, refund.id::text
FROM core.payment_requests AS payment
JOIN core.refunds AS refund
    ON refund.payment_request_id = payment.id AND refund.way = 'provider'
WHERE payment.provider = 'credit'
UNION ALL
-- Balances: the payments, the entries and the customer's transactions name the same sums.
SELECT
    'what was credited is in the balance', payment.id::text,
    format('credited %s, by entries %s', payment.credited_amount, entered.amount)
FROM core.payment_requests AS payment
CROSS JOIN LATERAL (
    SELECT coalesce(sum(entry.amount), 0) AS amount FROM core.balance_entries AS entry
    WHERE entry.payment_request_id = payment.id AND entry.kind <> 'spent'
) AS entered
WHERE payment.refund_status <> 'none' AND payment.credited_amount <> entered.amount
UNION ALL
SELECT
    'what is credited is a refund of way credit', entry.id::text,
    coalesce(format('%s %s %s', refund.way, refund.status, refund.amount), 'no refund')
FROM core.balance_entries AS entry
LEFT JOIN core.refunds AS refund ON refund.id = entry.refund_id
WHERE entry.kind = 'credited'
    AND (refund.way, refund.status, refund.amount, refund.payment_request_id)
        IS DISTINCT FROM ('credit', 'succeeded', entry.amount, entry.payment_request_id)
UNION ALL
SELECT
    'what a balance paid is an entry of its amount', payment.id::text,
    format('%s %s, by an entry %s', payment.amount, payment.status, entry.amount)
FROM core.payment_requests AS payment
LEFT JOIN core.balance_entries AS entry
    ON entry.payment_request_id = payment.id AND entry.kind = 'spent'
WHERE (payment.provider = 'credit' OR entry.id IS NOT NULL)
    AND (payment.provider, payment.confirmed_at IS NULL, -payment.amount, payment.customer_id)
        IS DISTINCT FROM ('credit', false, entry.amount, entry.customer_id)
UNION ALL
SELECT
    'a balance is above zero, and what the transactions say', balance.customer_id::text,
    format('%s, by transactions %s', balance.amount, coalesce(written.amount, 0))
FROM (
    SELECT entry.customer_id, sum(entry.amount) AS amount FROM core.balance_entries AS entry
    GROUP BY entry.customer_id
) AS balance
LEFT JOIN (
    SELECT entry.customer_id, sum(entry.amount) AS amount
    FROM core.customer_transactions AS entry
    WHERE entry.type = 'balance'
    GROUP BY entry.customer_id
) AS written ON written.customer_id = balance.customer_id
WHERE balance.amount < 0 OR balance.amount IS DISTINCT FROM written.amount
UNION ALL
SELECT 'who left has no balance', customer.id::text, sum(entry.amount)::text
FROM core.customers AS customer
JOIN core.balance_entries AS entry ON entry.customer_id = customer.id
WHERE customer.deleted_at IS NOT NULL
GROUP BY customer.id
HAVING sum(entry.amount) <> 0
UNION ALL
-- Earnings: of each session that is over its mitras have their share, and each rupiah one place.
SELECT
    'a mitra earned its share of a session that is over',
    coalesce(due.session_id, written.session_id)::text,
    format('mitra %s: %s of %s, written %s', coalesce(due.mitra_id, written.mitra_id),
        due.amount, due.share, written.amount)
FROM (
    SELECT share.* FROM core.mitra_shares(ARRAY(
        SELECT session.id FROM core.chat_sessions AS session
        WHERE session.mitra_share_percent IS NOT NULL AND NOT core.is_open(session.status)
    )) AS share
) AS due
FULL JOIN (
    SELECT earning.session_id, earning.mitra_id, sum(earning.amount) AS amount
    FROM core.mitra_earnings AS earning GROUP BY earning.session_id, earning.mitra_id
) AS written ON written.session_id = due.session_id AND written.mitra_id = due.mitra_id
WHERE coalesce(due.amount, 0) <> coalesce(written.amount, 0)
UNION ALL
SELECT 'kept money is unassigned, of the platform, owed or paid out', 'money_balance',
    format('kept %s; unassigned %s, platform %s, owed %s, paid out %s', balance.kept,
        balance.unassigned, balance.platform, balance.owed, balance.paid_out)
FROM ops.money_balance AS balance
WHERE balance.kept
    <> balance.unassigned + balance.platform + balance.owed + balance.paid_out
UNION ALL
SELECT 'whose money is is counted as it moves', 'money_balance',
    format('counted %s, as it moved %s', counted, whose)
FROM core.kept_money() AS whose
CROSS JOIN ops.money_balance AS balance
CROSS JOIN LATERAL (
    SELECT balance.unassigned, balance.platform, balance.owed, balance.paid_out) AS counted
WHERE (whose.unassigned, whose.platform, whose.owed, whose.paid_out)
    IS DISTINCT FROM (counted.unassigned, counted.platform, counted.owed, counted.paid_out)
UNION ALL
SELECT 'each earning is in one payout, or in none', earning.id::text, earning.mitra_id::text
FROM core.mitra_earnings AS earning
LEFT JOIN core.earning_payouts AS place ON place.earning_id = earning.id
LEFT JOIN core.payouts AS payout ON payout.id = place.payout_id
WHERE place.mitra_id IS DISTINCT FROM earning.mitra_id
    OR payout.mitra_id <> earning.mitra_id OR payout.until <= earning.at
UNION ALL
SELECT 'a payout is the sum of its earnings, and has none when it failed', payout.id::text,
    format('%s %s, earnings %s', payout.status, payout.amount, gathered.amount)
FROM core.payouts AS payout
CROSS JOIN LATERAL (
    SELECT sum(earning.amount) AS amount
    FROM core.earning_payouts AS place
    JOIN core.mitra_earnings AS earning ON earning.id = place.earning_id
    WHERE place.payout_id = payout.id
) AS gathered
WHERE gathered.amount IS DISTINCT FROM nullif(payout.amount, CASE payout.status
    WHEN 'failed' THEN payout.amount END)
UNION ALL
-- Extensions and reroutes: a session is where the last of them left it.
SELECT
    'an extension is answered as its payment was used',
    extension.id::text, extension.status || ', payment ' || payment.status
FROM core.session_extensions AS extension
JOIN core.payment_requests AS payment ON payment.id = extension.payment_request_id
WHERE payment.status <> CASE extension.status
    WHEN 'pending' THEN 'confirmed' WHEN 'accepted' THEN 'consumed' ELSE 'failed' END
UNION ALL
SELECT
    'a session is in the round after its last reroute', session.id::text,
    format('round %s, %s reroutes', session.round, count(reroute.round))
FROM core.chat_sessions AS session
LEFT JOIN core.session_reroutes AS reroute ON reroute.session_id = session.id
WHERE session.round > 1 OR reroute.round IS NOT NULL
GROUP BY session.id
HAVING session.round <> 1 + count(reroute.round) OR max(reroute.round) <> count(reroute.round)
UNION ALL
SELECT
    'a mitra a session was taken from is excluded from it',
    reroute.session_id::text, reroute.mitra_id::text
FROM core.session_reroutes AS reroute
JOIN core.chat_sessions AS session ON session.id = reroute.session_id
WHERE reroute.mitra_id <> ALL (session.excluded_mitra_ids)
UNION ALL
SELECT
    'nobody is offered, or has, a session that was taken from him',
    reroute.session_id::text, reroute.mitra_id::text
FROM core.session_reroutes AS reroute
JOIN core.chat_sessions AS session ON session.id = reroute.session_id
WHERE session.mitra_id = reroute.mitra_id OR EXISTS (
    SELECT FROM core.pairing_offers AS offer
    WHERE offer.session_id = reroute.session_id
        AND offer.mitra_id = reroute.mitra_id
        AND offer.round > reroute.round)
UNION ALL
SELECT
    'a search keeps bought time exactly when its session had started', session.id::text,
    format('%s, started %s, remaining %s',
        session.status, core.instant(session.started_at), session.remaining)
FROM core.chat_sessions AS session
WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment')
    AND (session.started_at IS NOT NULL) <> (session.remaining IS NOT NULL)
UNION ALL
SELECT 'an extending session has its pending extension', session.id::text, session.status
FROM core.chat_sessions AS session
WHERE (session.status = 'extending') <> EXISTS (
    SELECT FROM core.session_extensions AS extension
    WHERE extension.session_id = session.id AND extension.status = 'pending')
UNION ALL
SELECT
    'warnings are of active sessions, before their end',
    warning.session_id::text, session.status
FROM core.session_warnings AS warning
JOIN core.chat_sessions AS session ON session.id = warning.session_id
WHERE session.status <> 'active'
    OR warning.due_at <> session.expires_at - make_interval(secs => warning.seconds)
UNION ALL
SELECT 'a first reply is awaited of the mitra of a running session',
    deadline.session_id::text, format('%s, due %s', session.status, core.instant(deadline.due_at))
FROM core.reply_deadlines AS deadline
JOIN core.chat_sessions AS session ON session.id = deadline.session_id
WHERE deadline.mitra_id IS DISTINCT FROM session.mitra_id
    OR session.status NOT IN ('active', 'extending', 'closing')
    OR (session.status = 'active') <> (deadline.stopped_at IS NULL)
    OR deadline.due_at IS DISTINCT FROM core.reply_due_at(deadline)
UNION ALL
-- Events: a stream has no gap, and what is not sent yet is known to the dispatcher.
SELECT
    'a stream is gapless above its floor', stream.recipient,
    format('last %s, floor %s, %s events up to %s',
        stream.last_seq, stream.floor_seq, kept.events, kept.last_seq)
FROM core.event_streams AS stream
CROSS JOIN LATERAL (
    SELECT count(*) AS events, coalesce(max(event.seq), stream.floor_seq) AS last_seq
    FROM core.events AS event
    WHERE event.recipient = stream.recipient AND event.seq > stream.floor_seq
) AS kept
WHERE kept.last_seq <> stream.last_seq OR kept.events <> stream.last_seq - stream.floor_seq
UNION ALL
SELECT
    'nothing is dispatched that was not emitted', position.recipient,
    format('dispatched %s of %s', position.seq, coalesce(stream.last_seq, 0))
FROM core.event_positions AS position
LEFT JOIN core.event_streams AS stream USING (recipient)
WHERE position.seq > coalesce(stream.last_seq, 0)
UNION ALL
SELECT
    'a stream not wholly dispatched has a note', stream.recipient,
    format('dispatched %s of %s', coalesce(position.seq, 0), stream.last_seq)
FROM core.event_streams AS stream
LEFT JOIN core.event_positions AS position ON position.recipient = stream.recipient
WHERE coalesce(position.seq, 0) < stream.last_seq AND NOT EXISTS (
    SELECT FROM core.event_queue AS queue WHERE queue.recipient = stream.recipient)
UNION ALL
-- Due work: a failure is tried again, and stands here until it succeeds.
SELECT 'no due work fails', failed.id::text, format('%s: %s', failed.kind, failed.error)
FROM core.failed_deadlines AS failed
$$;

COMMENT ON FUNCTION ops.invariant_violations() IS $$
The rows of the view ops.invariant_violations. Raises nothing.
$$;
