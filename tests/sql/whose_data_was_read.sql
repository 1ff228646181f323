-- Whom a breach concerns: everybody whose phone or messages an operator's account was shown.
\ir tap.psql
SELECT pg_temp.plan(6);

SELECT api.create_admin('ani@example.com', 'Ani', '$argon2id$none') ->> 'id' AS ani \gset
SELECT api.create_admin('budi@example.com', 'Budi', '$argon2id$none') ->> 'id' AS budi \gset
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_mitra() AS stranger, pg_temp.a_customer() AS other \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT clock_timestamp() AS began \gset

SELECT pg_temp.equal(count(*), 0::bigint, 'nobody was looked at')
FROM ops.whose_data_was_read(:'began');
SELECT api.find_mitra(:'stranger', :'ani') ->> 'id' AS seen \gset
SELECT api.find_session(:'session', :'ani') ->> 'id' AS seen \gset
SELECT api.find_customer(:'customer', :'ani') ->> 'id' AS seen \gset
SELECT api.find_customer(:'other', :'budi') ->> 'id' AS seen \gset

CREATE FUNCTION pg_temp.whose(p_to timestamptz, p_actor text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(user_type || ' ' || readings, ', ' ORDER BY user_type, readings)
    FROM ops.whose_data_was_read('-infinity', p_to, p_actor)
$$;
SELECT pg_temp.equal(
    pg_temp.whose('infinity', 'cc:ani@example.com'), 'customer 2, mitra 1, mitra 1',
    'what one account saw: a mitra, a customer, and both parties of a session');
SELECT pg_temp.equal(
    pg_temp.whose('infinity', 'cc:budi@example.com'), 'customer 1', 'what the other account saw');
SELECT pg_temp.equal(
    pg_temp.whose('infinity', NULL), 'customer 1, customer 2, mitra 1, mitra 1', 'and both');
SELECT pg_temp.equal(pg_temp.whose(:'began', NULL), NULL::text, 'nothing before that moment');
SELECT pg_temp.equal(concerned.phone, customer.phone, 'and it says where they can be told')
FROM core.customers AS customer
INNER JOIN ops.whose_data_was_read(:'began') AS concerned ON customer.id = concerned.user_id
WHERE customer.id = :'other';

SELECT pg_temp.finish();
ROLLBACK;
