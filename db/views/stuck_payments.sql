CREATE VIEW ops.stuck_payments AS SELECT * FROM ops.stuck_payments();

COMMENT ON VIEW ops.stuck_payments IS $$
Payments that need a person, longest first: why, since when, and which remedy of
db/psql/settle_a_payment.sql fits. Empty while a listener runs and the provider answers. A refund
that is only due is not among them: ops.refund_due has it.
$$;
