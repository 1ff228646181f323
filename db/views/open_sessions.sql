CREATE VIEW ops.open_sessions AS SELECT * FROM ops.open_sessions();

COMMENT ON VIEW ops.open_sessions IS $$
Every session that is going on in any way, oldest first: its state, clock, live offers and payment.
$$;
