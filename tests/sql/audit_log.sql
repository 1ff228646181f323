-- The audit log as the control centre reads it.
\ir tap.psql
SELECT pg_temp.plan(32);

SELECT (api.create_admin('ayu@example.com', 'Ayu', '$argon2id$x') ->> 'id')::uuid AS ayu \gset
INSERT INTO core.roles (name, permissions) VALUES ('reader', '{"audit": ["read"]}');
SELECT (api.create_admin('budi@example.com', 'Budi', '$argon2id$x', 'reader') ->> 'id')::uuid AS budi \gset
SELECT set_config('halobestie.request_id', 'req-1', true), set_config('halobestie.reason', 'Call +6281234567890', true) \g /dev/null
SELECT api.set_config('blast_size', '12', p_actor_id => :'ayu') \g /dev/null
SELECT set_config('halobestie.reason', '', true) \g /dev/null
SELECT api.set_config('blast_size', '13', 'somebody'), api.set_config('offer_timeout_seconds', '20', p_actor_id => :'ayu') \g /dev/null
SELECT core.audit(:'ayu', 'mitra.update', 'm', '{"phone": "+6281234567890", "n": 1}', '{"phone": "+15551234567", "n": 2}') \g /dev/null

CREATE FUNCTION pg_temp.found(p_page jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg((item ->> 'action') || ' ' || (item ->> 'subject'), ', ' ORDER BY place) FROM jsonb_array_elements(p_page -> 'items') WITH ORDINALITY AS item (item, place)
$$;

SELECT pg_temp.equal((api.list_audit_log(p_action => 'config.update', p_subject => 'blast_size', p_actor => 'cc:ayu@example.com') #> '{items,0}') - '{id,at}'::text[],
    jsonb_build_object('actor', 'cc:ayu@example.com', 'actor_id', :'ayu', 'database_role', session_user, 'action', 'config.update', 'subject', 'blast_size', 'before', 10, 'after', 12, 'reason', 'Call +6281234567890', 'request_id', 'req-1'), 'an entry says all that is known');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_action => 'config.update')), 'config.update offer_timeout_seconds, config.update blast_size, config.update blast_size', 'filtered by action, newest first');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_actor => 'somebody')), 'config.update blast_size', 'by actor');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_actor => :'ayu', p_action => 'config.update')), 'config.update offer_timeout_seconds, config.update blast_size', 'by the id of a user');
SELECT pg_temp.equal(api.list_audit_log(gen_random_uuid()::text), '{"items": [], "next_cursor": null}', 'which is nobody else');
SELECT pg_temp.equal(api.list_audit_log(p_actor => 'somebody') #> '{items,0,actor_id}', 'null', 'another tool has no id');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_subject => 'offer_timeout_seconds')), 'config.update offer_timeout_seconds', 'by subject');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log('cc:ayu@example.com', 'config.update', 'blast_size')), 'config.update blast_size', 'by all of them');
SELECT pg_temp.equal(api.list_audit_log('nobody'), '{"items": [], "next_cursor": null}', 'and may find nothing');
SELECT at AS second FROM core.audit_log WHERE actor = 'somebody' \gset
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_action => 'config.update', p_from_at => :'second')), 'config.update offer_timeout_seconds, config.update blast_size', 'from a time on, that time included');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_action => 'config.update', p_to_at => :'second')), 'config.update blast_size', 'up to a time, that time not included');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_action => 'config.update', p_from_at => :'second', p_to_at => :'second')), NULL, 'no time at all is nothing');

-- pages
SELECT api.list_audit_log(p_action => 'config.update', p_limit => 2) AS page \gset
SELECT pg_temp.equal(jsonb_array_length(:'page'::jsonb -> 'items'), 2, 'a page');
SELECT core.audit(NULL, 'config.update', 'later', NULL, NULL) \g /dev/null
SELECT api.list_audit_log(p_action => 'config.update', p_limit => 2, p_cursor => :'page'::jsonb ->> 'next_cursor') AS rest \gset
SELECT pg_temp.equal(:'rest'::jsonb #>> '{items,0,after}', '12', 'the next one goes on where it ended, whatever came meanwhile');
SELECT pg_temp.equal(:'rest'::jsonb ->> 'next_cursor', NULL, 'to the end');
SELECT pg_temp.refused($$SELECT api.list_audit_log(p_limit => 0)$$, 'VALIDATION_ERROR', 'a page has a size', 'limit');
SELECT pg_temp.refused($$SELECT api.list_audit_log(p_cursor => 'x')$$, 'VALIDATION_ERROR', 'and a cursor of this list', 'cursor');

-- phone numbers
SELECT api.list_audit_log(p_subject => 'm', p_actor_id => :'budi') #> '{items,0}' AS masked \gset
SELECT pg_temp.equal(:'masked'::jsonb -> 'before', '{"phone": "+62••••90", "n": 1}', 'without pii:read a phone number before is masked');
SELECT pg_temp.equal(:'masked'::jsonb -> 'after', '{"phone": "+15••••67", "n": 2}', 'and one after');
SELECT pg_temp.equal(api.list_audit_log(p_subject => 'blast_size', p_actor => 'cc:ayu@example.com', p_actor_id => :'budi') #>> '{items,0,reason}', 'Call +62••••90', 'and one in a reason');
SELECT pg_temp.equal(count(*), 0::bigint, 'of which nothing is written down') FROM core.audit_log WHERE action = 'pii.read';
SELECT pg_temp.equal(api.list_audit_log(p_subject => 'm', p_actor_id => :'ayu') #>> '{items,0,after,phone}', '+15551234567', 'with pii:read it is shown');
SELECT pg_temp.equal(actor || ' ' || subject, 'cc:ayu@example.com audit_log', 'and that is written down') FROM core.audit_log WHERE action = 'pii.read';
SELECT api.list_audit_log(p_actor => 'somebody', p_actor_id => :'ayu') \g /dev/null
SELECT pg_temp.equal(count(*), 1::bigint, 'only when there was one to see') FROM core.audit_log WHERE action = 'pii.read';
SELECT pg_temp.equal(api.list_audit_log(p_subject => 'm') #>> '{items,0,after,phone}', '+15551234567', 'a DBA sees it');
SELECT pg_temp.equal(core.hide_phones(given), masked, coalesce(given, 'null') || ' becomes ' || coalesce(masked, 'null'))
FROM (VALUES ('+6281234567890', '+62••••90'), ('a +6281234567 b +6281234568', 'a +62••••67 b +62••••68'), ('2026-01-01T00:00:00+07', '2026-01-01T00:00:00+07'), ('1+1', '1+1'), (NULL, NULL)) AS phone (given, masked);

-- what was only read
SELECT core.audit(:'ayu', 'pii.read', 'blast_size', NULL, NULL) \g /dev/null
SELECT pg_temp.ok(pg_temp.found(api.list_audit_log(p_subject => 'blast_size')) LIKE 'pii.read blast_size, config.update%', 'what was shown is there');
SELECT pg_temp.equal(pg_temp.found(api.list_audit_log(p_subject => 'blast_size', p_with_reads => false)), 'config.update blast_size, config.update blast_size', 'and can be left out');

SELECT pg_temp.finish();
ROLLBACK;
