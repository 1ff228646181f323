-- What gauges tell of money: nothing is missing, and how long what is owed back has waited.
\ir tap.psql
SELECT pg_temp.plan(4);

CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', unaccounted, refunds_waiting, round(refund_seconds / 3600)) FROM api.money_condition()
$$;

SELECT pg_temp.equal(pg_temp.told(), '0 0 0', 'nothing is owed');

SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.payment_of(:'session') AS payment \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() AS settled \gset
UPDATE core.chat_sessions SET ended_at = clock_timestamp() - interval '1 day'
WHERE id = :'session';
UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '2 days' WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.told(), '0 1 24', 'a refund has waited for a day');
SELECT api.request_refund(:'payment') AS refunded \gset
SELECT pg_temp.equal(pg_temp.told(), '0 0 0', 'and is paid back');

INSERT INTO core.figure_changes (metric, at, bucket, value)
VALUES ('money_refunded', '-infinity', 0, -5000);
SELECT pg_temp.equal(pg_temp.told(), '5000 0 0', 'a rupiah that the totals miss is told');

SELECT pg_temp.finish();
ROLLBACK;
