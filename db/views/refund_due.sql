CREATE VIEW ops.refund_due AS SELECT * FROM ops.refund_due();

COMMENT ON VIEW ops.refund_due IS $$
The refund queue, longest owed first: what is owed to whom, of which payment, why, since when and
for how many whole days; the ways by which it can be paid back now (core.refund_ways), and the
refund that was asked for last, with the reason if it failed. api.request_refund pays it back.
$$;
