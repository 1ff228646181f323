-- A request sent twice with one Idempotency-Key has one effect and one answer.
\ir tap.psql
SELECT pg_temp.plan(13);

SELECT 'customer:' || gen_random_uuid() AS who \gset
CREATE FUNCTION pg_temp.claim(p_user text, p_key text DEFAULT 'key', p_path text DEFAULT '/api/payment-requests', p_body bytea DEFAULT '\x01', p_method text DEFAULT 'POST') RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT status || ' ' || reply FROM api.claim_idempotency_key(p_user, p_method, p_path, p_key, p_body)), 'claimed')
$$;

SELECT pg_temp.equal(pg_temp.claim(:'who'), 'claimed', 'a new key is claimed');
SELECT api.store_idempotent_reply(:'who', 'POST', '/api/payment-requests', 'key', '\x01', 201, '{"id": 1}') \g /dev/null
SELECT pg_temp.equal(pg_temp.claim(:'who'), '201 {"id": 1}', 'a key that was used is answered with what was stored');
SELECT pg_temp.refused(format('SELECT * FROM api.claim_idempotency_key(%L, ''POST'', ''/api/payment-requests'', ''key'', ''\x02'')', :'who'), 'IDEMPOTENCY_KEY_REUSED', 'the same key with another body is refused');
SELECT pg_temp.equal(pg_temp.claim('customer:' || gen_random_uuid()), 'claimed', 'another user''s key is another');
SELECT pg_temp.equal(pg_temp.claim(:'who', p_path => '/api/chat'), 'claimed', 'on another route too');
SELECT pg_temp.equal(pg_temp.claim(:'who', p_method => 'PUT'), 'claimed', 'and by another method');
SELECT api.store_idempotent_reply(:'who', 'POST', '/api/payment-requests', 'empty', '\x01', 204, NULL) \g /dev/null
SELECT pg_temp.equal((SELECT count(*) FROM api.claim_idempotency_key(:'who', 'POST', '/api/payment-requests', 'empty', '\x01') WHERE status = 204 AND reply IS NULL), 1::bigint, 'an answer without a body is replayed too');

-- kept for 24 hours
UPDATE core.idempotency_keys SET created_at = clock_timestamp() - interval '24 hours' WHERE user_key = :'who' AND key = 'key';
SELECT pg_temp.equal(pg_temp.claim(:'who', p_body => '\x02'), 'claimed', 'after 24 hours a key is new');
SELECT api.store_idempotent_reply(:'who', 'POST', '/api/payment-requests', 'key', '\x02', 409, '{"code": "X"}') \g /dev/null
SELECT pg_temp.equal(pg_temp.claim(:'who', p_body => '\x02'), '409 {"code": "X"}', 'and stores its new answer');
UPDATE core.idempotency_keys SET created_at = clock_timestamp() - interval '25 hours' WHERE user_key = :'who' AND key = 'key';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(string_agg(key, ' '), 'empty', 'prune deletes what is older') FROM core.idempotency_keys WHERE user_key = :'who';

SELECT pg_temp.refused($$SELECT * FROM api.claim_idempotency_key('u', 'POST', '/', '', '\x01')$$, 'VALIDATION_ERROR', 'an empty key is none', 'Idempotency-Key');
SELECT pg_temp.refused($$SELECT * FROM api.claim_idempotency_key('u', 'POST', '/', repeat('k', 256), '\x01')$$, 'VALIDATION_ERROR', 'a key has at most 255 characters', 'Idempotency-Key');
SELECT pg_temp.equal(pg_temp.claim('u', repeat('k', 255)), 'claimed', 'which many have');

SELECT pg_temp.finish();
ROLLBACK;
