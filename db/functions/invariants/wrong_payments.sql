CREATE OR REPLACE FUNCTION core.wrong_payments(p_from timestamptz, p_until timestamptz)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT
    'a consumed payment is one transaction of its amount', payment.id::text,
    (SELECT format('%s of %s', count(*), coalesce(sum(entry.amount), 0))
     FROM core.customer_transactions AS entry
     WHERE entry.payment_request_id = payment.id AND entry.type IN ('session', 'extension'))
FROM core.payment_requests AS payment
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND payment.status = 'consumed' AND NOT EXISTS (
        SELECT FROM core.customer_transactions AS entry
        WHERE entry.payment_request_id = payment.id
            AND entry.amount = payment.amount
            AND entry.type IN ('session', 'extension'))
UNION ALL
SELECT
    'every rupiah of a payment is in one place', payment.id::text,
    format('of %s: held %s, kept %s, due %s, refunded %s, credited %s',
        money.confirmed, money.held, money.kept, money.refund_due, money.refunded, money.credited)
FROM core.payment_requests AS payment
CROSS JOIN LATERAL core.money_of(payment) AS money
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND (money.kept < 0 OR money.confirmed
        <> money.held + money.kept + money.refund_due + money.refunded + money.credited)
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
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND (payment.refunded_amount > 0 OR payment.refund_status <> 'none')
    AND (payment.refunded_amount <> refunded.amount OR payment.refunded_amount <> entry.amount)
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
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND ((payment.refund_status = 'requested') <> (refund.id IS NOT NULL)
        OR refund.amount > payment.refund_due_amount)
UNION ALL
SELECT 'a payment by credit is not refunded by a provider', payment.id::text, refund.id::text
FROM core.payment_requests AS payment
JOIN core.refunds AS refund
    ON refund.payment_request_id = payment.id AND refund.way = 'provider'
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND payment.provider = 'credit'
UNION ALL
-- Balances: the payments and the entries name the same sums.
SELECT
    'what was credited is in the balance', payment.id::text,
    format('credited %s, by entries %s', payment.credited_amount, entered.amount)
FROM core.payment_requests AS payment
CROSS JOIN LATERAL (
    SELECT coalesce(sum(entry.amount), 0) AS amount FROM core.balance_entries AS entry
    WHERE entry.payment_request_id = payment.id AND entry.kind <> 'spent'
) AS entered
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND payment.refund_status <> 'none' AND payment.credited_amount <> entered.amount
UNION ALL
SELECT
    'what is credited is a refund of way credit', entry.id::text,
    coalesce(format('%s %s %s', refund.way, refund.status, refund.amount), 'no refund')
FROM core.payment_requests AS payment
JOIN core.balance_entries AS entry
    ON entry.payment_request_id = payment.id AND entry.kind = 'credited'
LEFT JOIN core.refunds AS refund ON refund.id = entry.refund_id
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND (refund.way, refund.status, refund.amount, refund.payment_request_id)
        IS DISTINCT FROM ('credit', 'succeeded', entry.amount, entry.payment_request_id)
UNION ALL
SELECT
    'what a balance paid is an entry of its amount', payment.id::text,
    format('%s %s, by an entry %s', payment.amount, payment.status, entry.amount)
FROM core.payment_requests AS payment
LEFT JOIN core.balance_entries AS entry
    ON entry.payment_request_id = payment.id AND entry.kind = 'spent'
WHERE payment.created_at >= p_from AND payment.created_at < p_until
    AND (payment.provider = 'credit' OR entry.id IS NOT NULL)
    AND (payment.provider, payment.confirmed_at IS NULL, -payment.amount, payment.customer_id)
        IS DISTINCT FROM ('credit', false, entry.amount, entry.customer_id)
$$;

COMMENT ON FUNCTION core.wrong_payments(timestamptz, timestamptz) IS $$
What must never be, of payment requests made from p_from until before p_until: their charges,
their refunds, and what balances paid and got.
$$;
