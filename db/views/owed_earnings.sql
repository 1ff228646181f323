CREATE VIEW ops.owed_earnings AS SELECT * FROM ops.owed_earnings();

COMMENT ON VIEW ops.owed_earnings IS $$
What is owed to which mitra, in rupiah, and since when: owed = in_no_payout (below 0 when refunds
took more than was earned since) + to_be_paid (in open payouts) + held.
$$;
