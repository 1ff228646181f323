CREATE VIEW ops.money_balance AS
SELECT
    coalesce(sum(amount) FILTER (WHERE confirmed_at IS NOT NULL), 0) AS confirmed,
    coalesce(sum(amount) FILTER (WHERE status = 'confirmed'), 0) AS held,
    coalesce(
        sum(amount - refund_due_amount - refunded_amount) FILTER (WHERE status = 'consumed'),
        0) AS kept,
    coalesce(sum(refund_due_amount), 0) AS refund_due,
    coalesce(sum(refunded_amount), 0) AS refunded,
    coalesce(sum(amount) FILTER (WHERE confirmed_at IS NOT NULL), 0)
        - coalesce(sum(amount) FILTER (WHERE status = 'confirmed'), 0)
        - coalesce(
            sum(amount - refund_due_amount - refunded_amount) FILTER (WHERE status = 'consumed'),
            0)
        - coalesce(sum(refund_due_amount), 0)
        - coalesce(sum(refunded_amount), 0) AS unaccounted
FROM core.payment_requests;

COMMENT ON VIEW ops.money_balance IS $$
Every rupiah ever confirmed is held, kept, due for refund or refunded; unaccounted is always 0.
$$;
