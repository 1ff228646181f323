CREATE VIEW ops.money_balance AS SELECT * FROM ops.money_balance();

COMMENT ON VIEW ops.money_balance IS $$
Every rupiah ever confirmed, but what was paid by credit, is held, kept, due for refund, refunded
(balances paid out among it), or credit in customers' balances; unaccounted is always 0.
What is kept is unassigned (its session goes on), the platform's, owed to mitras, or paid out to
them.
$$;
