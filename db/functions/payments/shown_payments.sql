CREATE OR REPLACE FUNCTION core.shown_payments(p_payments core.payment_requests[])
RETURNS TABLE (payment core.payment_requests, shown jsonb)
LANGUAGE sql STABLE
AS $$
SELECT given::core.payment_requests, core.payment_request_json(given) || jsonb_build_object(
    'customer_id', given.customer_id, 'provider_ref', given.provider_ref,
    'provider_channel', given.provider_channel,
    'paid_at', core.instant(given.paid_at),
    'confirmed_at', core.instant(given.confirmed_at),
    'consumed_at', core.instant(given.consumed_at),
    'held_amount', money.held, 'kept_amount', money.kept,
    'refund_due_amount', given.refund_due_amount,
    'refunded_amount', given.refunded_amount,
    'credited_amount', given.credited_amount,
    'ways', CASE WHEN money.held + money.kept + money.refund_due > 0
        THEN open.ways ELSE '{}' END,
    'refund', refunds.items -> 0, 'refunds', refunds.items)
FROM unnest(p_payments) AS given
CROSS JOIN LATERAL core.money_of(given) AS money
CROSS JOIN LATERAL core.open_ways(given) AS open
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(
        core.refund_json(refund, given) ORDER BY refund.requested_at DESC), '[]') AS items
    FROM core.refunds AS refund
    WHERE refund.payment_request_id = given.id
) AS refunds
$$;

COMMENT ON FUNCTION core.shown_payments(core.payment_requests[]) IS $$
Payment requests as the control centre sees them: where the money of each is, by which ways that can
be paid back now, and its refunds, latest first (refund is the latest). One statement shows a page
for a fraction of what it costs to show each by itself.
$$;
