-- Mitras and customers as the control centre sees and changes them.
\ir tap.psql
SELECT pg_temp.plan(72);
SELECT id AS ayu FROM (SELECT (api.create_cc_user('ayu.of.people@example.com', 'Ayu', 'super_admin', '$argon2id$x') ->> 'id') AS id) AS made \gset
SELECT id AS sup FROM (SELECT (api.create_cc_user('sup.of.people@example.com', 'Sup', 'support', '$argon2id$x') ->> 'id') AS id) AS made \gset
CREATE FUNCTION pg_temp.listed(text, text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(item ->> 'display_name', ' ' ORDER BY item ->> 'display_name'), '') FROM jsonb_array_elements(api.list_mitras(200, NULL, NULL, $1, $2) -> 'items') AS item
    WHERE item ->> 'display_name' LIKE 'Xx%'
$$;
CREATE FUNCTION pg_temp.named(p_name text, p_online boolean DEFAULT true, p_slots integer DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE v_id uuid := pg_temp.a_mitra(p_online, p_slots);
BEGIN UPDATE core.mitras SET display_name = p_name WHERE id = v_id; RETURN v_id; END $$;

-- list_mitras: by state and by name
SELECT pg_temp.named('Xxavailable Satu') AS free, pg_temp.named('Xxfull Dua', true, 1) AS busy, pg_temp.named('Xxsilent') AS silent, pg_temp.named('Xxoffline', false) AS off, pg_temp.named('Xxinactive') AS out \gset
SELECT pg_temp.a_session(:'busy') AS session \gset
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '10 minutes' WHERE mitra_id = :'silent';
SELECT api.deactivate_mitra(:'out') \g /dev/null
SELECT pg_temp.equal(pg_temp.listed('online'), 'Xxavailable Satu Xxfull Dua Xxsilent', 'online are all who want offers');
SELECT pg_temp.equal(pg_temp.listed('available'), 'Xxavailable Satu', 'available who can take one');
SELECT pg_temp.equal(pg_temp.listed('full'), 'Xxfull Dua', 'full who have no slot left');
SELECT pg_temp.equal(pg_temp.listed('silent'), 'Xxsilent', 'silent who do not beat');
SELECT pg_temp.equal(pg_temp.listed('offline'), 'Xxoffline', 'offline who want none');
SELECT pg_temp.equal(pg_temp.listed('inactive'), 'Xxinactive', 'inactive who may not');
SELECT pg_temp.equal(pg_temp.listed(NULL), 'Xxavailable Satu Xxfull Dua Xxinactive Xxoffline Xxsilent', 'and all of them without a state');
SELECT pg_temp.equal(pg_temp.listed(NULL, 'du xx'), 'Xxfull Dua', 'the beginnings of words of a name find it, in any order');
SELECT pg_temp.equal(pg_temp.listed('online', 'XXSIL'), 'Xxsilent', 'in small and big letters');
SELECT pg_temp.equal(pg_temp.listed(NULL, 'ull'), '', 'the middle of a word does not');
SELECT pg_temp.equal(pg_temp.listed(NULL, '''&|!:*()'), '', 'nor does what is no word');
SELECT pg_temp.equal(pg_temp.listed(NULL, upper(left(:'silent', 8))) || ', ' || pg_temp.listed(NULL, :'silent'), 'Xxsilent, Xxsilent', 'the beginning of the id finds it, and the id');
SELECT pg_temp.equal(pg_temp.listed(NULL, left(:'silent', 7)), '', 'a shorter one does not');
CREATE FUNCTION pg_temp.offered(p_mitra uuid, p_how text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
    SELECT pg_temp.a_search(), p_mitra, 1, 1, p_how, clock_timestamp(), clock_timestamp(), clock_timestamp() $$;
SELECT pg_temp.offered(:'free', how) FROM unnest(ARRAY['expired', 'declined', 'expired', 'rescinded']) AS how \g /dev/null
SELECT pg_temp.equal(pg_temp.listed('unanswering'), '', 'two offers in a row without an answer are no habit');
SELECT pg_temp.offered(:'free', 'expired') \g /dev/null
SELECT pg_temp.equal(pg_temp.listed('unanswering'), 'Xxavailable Satu', 'three are, whether they ran out or others were faster');
SELECT pg_temp.equal(api.find_mitra(:'free') -> 'unanswered_offers', '3', 'which are shown');
SELECT pg_temp.equal(api.find_mitra(:'free') ->> 'last_answer_at', core.instant(max(settled_at)), 'with the last answer') FROM core.pairing_offers WHERE mitra_id = :'free' AND status = 'declined';
INSERT INTO core.pairing_offers (session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
SELECT pg_temp.a_search(), :'free', 1, 1, 'rescinded', clock_timestamp(), clock_timestamp() + interval '30 seconds', clock_timestamp() + interval '14 seconds' FROM generate_series(1, 3);
SELECT pg_temp.equal(api.find_mitra(:'free') -> 'unanswered_offers', '3', 'an offer that was withdrawn early counts for nothing');
SELECT api.go_offline(:'free', 'dba'), api.go_online(:'free') \g /dev/null
SELECT pg_temp.equal(pg_temp.listed('unanswering'), '', 'who comes online begins anew');
SELECT pg_temp.refused('SELECT api.list_mitras(10, NULL, NULL, ''asleep'')', 'VALIDATION_ERROR', 'there is no such state', 'state');

-- delete_mitra
SELECT pg_temp.named('Xxmistake') AS mistake \gset
SELECT pg_temp.refused('SELECT api.delete_mitra(gen_random_uuid())', 'NOT_FOUND', 'a mitra that is not there is not deleted');
SELECT pg_temp.refused(format('SELECT api.delete_mitra(%L, 7)', :'mistake'), 'VERSION_MISMATCH', 'nor a mitra that was changed since', 'version');
SELECT pg_temp.refused(format('SELECT api.delete_mitra(%L)', :'busy'), 'INVALID_STATE', 'nor a mitra who was offered a session');
SELECT api.delete_mitra(:'mistake', NULL, :'ayu') \g /dev/null
SELECT pg_temp.equal(pg_temp.listed(NULL, 'xxmistake'), '', 'others are');
SELECT pg_temp.ok(NOT EXISTS (SELECT FROM core.mitra_status_log WHERE mitra_id = :'mistake') AND NOT EXISTS (SELECT FROM api.mirror_state(ARRAY[:'mistake'::uuid])), 'with all that is theirs');
SELECT pg_temp.equal(before ->> 'display_name', 'Xxmistake', 'and are in the audit log') FROM core.audit_log WHERE action = 'mitra.delete';

-- find_mitra
SELECT api.find_mitra(:'busy', :'sup') AS found \gset
SELECT pg_temp.equal((SELECT string_agg(condition ->> 'what' || ' ' || (condition ->> 'holds'), ', ') FROM jsonb_array_elements(:'found'::jsonb -> 'conditions') AS condition),
    'active true, online true, fresh heartbeat true, free slot false', 'a mitra is shown with its four conditions');
SELECT pg_temp.equal(:'found'::jsonb #>> '{open_sessions,0,id}', :'session', 'with its open sessions');
SELECT pg_temp.equal(:'found'::jsonb #>> '{stats,sessions}', '1', 'and its figures');
SELECT pg_temp.ok(:'found'::jsonb ->> 'phone' LIKE '%•%' AND api.find_mitra(:'busy', :'ayu') ->> 'phone' NOT LIKE '%•%', 'the phone only for whoever may see it');
SELECT pg_temp.equal(count(*), 1::bigint, 'which the audit log has') FROM core.audit_log WHERE action = 'pii.read' AND subject = :'busy';
SELECT pg_temp.refused('SELECT api.find_mitra(gen_random_uuid())', 'NOT_FOUND', 'there is no such mitra');

-- update_mitra
SELECT version AS version FROM core.mitras WHERE id = :'free' \gset
SELECT api.update_mitra(:'free', 'Xxavailable Tiga', NULL, 5, :version, :'ayu') AS changed \gset
SELECT pg_temp.equal((:'changed'::jsonb ->> 'display_name') || ' ' || (:'changed'::jsonb ->> 'max_sessions'), 'Xxavailable Tiga 5', 'name and maximum are changed');
SELECT pg_temp.refused(format('SELECT api.update_mitra(%L, ''B'', NULL, NULL, %s)', :'free', :version), 'VERSION_MISMATCH', 'not what was changed since', 'version');
SELECT pg_temp.equal(api.update_mitra(:'free') ->> 'max_sessions', '5', 'null leaves the maximum');
SELECT pg_temp.equal((api.update_mitra(:'free', p_max_sessions => 0) ->> 'max_sessions') IS NULL, true, '0 is the general one again');
SELECT pg_temp.refused(format('SELECT api.update_mitra(%L, NULL, NULL, 101)', :'free'), 'VALIDATION_ERROR', 'a maximum has a range', 'max_sessions');
SELECT pg_temp.refused(format('SELECT api.update_mitra(%L, NULL, ''0812'')', :'free'), 'VALIDATION_ERROR', 'a phone has a form', 'phone');
SELECT pg_temp.refused(format('SELECT api.update_mitra(%L, NULL, %L)', :'free', (SELECT phone FROM core.mitras WHERE id = :'busy')), 'INVALID_STATE', 'and belongs to one mitra', 'phone');
SELECT pg_temp.refused('SELECT api.update_mitra(gen_random_uuid())', 'NOT_FOUND', 'there is no such mitra');
SELECT core.open_login('mitra', :'free', '\xf1') \g /dev/null
SELECT api.update_mitra(:'free', NULL, pg_temp.a_phone(), NULL, NULL, :'ayu') \g /dev/null
SELECT pg_temp.equal(revoked_reason, 'phone_changed', 'another phone signs the mitra out') FROM core.auth_sessions WHERE token_hash = '\xf1';
SELECT pg_temp.ok(pg_temp.told('mitra', :'free') LIKE '%signed_out', 'and its app is told');
SELECT pg_temp.ok(bool_and(before::text || after::text !~ '\+62') AND bool_or(after ->> 'has_other_phone' = 'true'), 'the audit log has the change without the number') FROM core.audit_log WHERE action = 'mitra.update' AND subject = :'free';

-- a lowered maximum withdraws, and ends nothing
SELECT pg_temp.named('Xxlowered', true, 2) AS two \gset
SELECT pg_temp.a_session(:'two') AS running, pg_temp.an_offer(pg_temp.a_search(), :'two') AS offer \gset
SELECT api.update_mitra(:'two', p_max_sessions => 1) \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'a maximum that is lowered withdraws live offers') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.equal(status, 'active', 'and leaves the session') FROM core.chat_sessions WHERE id = :'running';

-- force_mitra_offline
SELECT pg_temp.named('Xxforced') AS forced \gset
SELECT pg_temp.an_offer(pg_temp.a_search(), :'forced') AS last_offer \gset
SELECT pg_temp.equal(api.force_mitra_offline(:'forced', :'ayu') ->> 'state', 'offline', 'the control centre sets a mitra offline');
SELECT pg_temp.equal(api.force_mitra_offline(:'forced', :'ayu') ->> 'state', 'offline', 'once more changes nothing');
SELECT pg_temp.equal(count(*) || ' ' || min(actor), '1 cc:ayu.of.people@example.com', 'nor writes') FROM core.audit_log WHERE action = 'mitra.force_offline' AND subject = :'forced';
SELECT pg_temp.equal(frame ->> 'cause', 'forced', 'the app is told why') FROM api.events_after('mitra', :'forced', 0) WHERE frame ->> 'type' = 'status_changed' ORDER BY seq DESC LIMIT 1;
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'its offers are withdrawn') FROM core.pairing_offers WHERE id = :'last_offer';
SELECT pg_temp.equal(api.go_online(:'forced') ->> 'is_online', 'true', 'it may come back');
SELECT pg_temp.refused('SELECT api.force_mitra_offline(gen_random_uuid())', 'NOT_FOUND', 'there is no such mitra');

-- mitra_timeline
SELECT string_agg(concat_ws(' ', item ->> 'what', item ->> 'cause', item ->> 'who'), ', ' ORDER BY place) AS story
FROM jsonb_array_elements(api.mitra_timeline(:'forced') -> 'items') WITH ORDINALITY AS step (item, place) \gset
SELECT pg_temp.ok(:'story' LIKE 'online mitra, offline forced ayu.of.people@example.com, online %', 'a timeline says what, why and by whom, newest first: ' || :'story');
UPDATE core.pairing_offers SET status = 'expired', settled_at = clock_timestamp() WHERE id = :'offer';
SELECT api.mitra_timeline(:'two', NULL, NULL, 1) AS page \gset
SELECT pg_temp.equal(:'page'::jsonb #>> '{items,0,what}', 'missed', 'an offer that ran out is one');
SELECT api.mitra_timeline(:'two', NULL, NULL, 1, :'page'::jsonb ->> 'next_cursor') AS page \gset
SELECT pg_temp.equal((:'page'::jsonb #>> '{items,0,what}') || ' ' || (:'page'::jsonb #>> '{items,0,session_id}'), 'session ' || :'running', 'the next page goes on with the session');
SELECT pg_temp.equal((SELECT string_agg(item ->> 'what', ' ') FROM jsonb_array_elements(api.mitra_timeline(:'two', NULL, NULL, 200, :'page'::jsonb ->> 'next_cursor') -> 'items') AS item), 'online activate', 'and with the changes before');
SELECT pg_temp.equal(api.mitra_timeline(:'two', clock_timestamp()) -> 'items', '[]', 'only from a moment on');
SELECT pg_temp.equal(api.mitra_timeline(:'two', NULL, clock_timestamp() - interval '1 hour') -> 'items', '[]', 'or until one');
SELECT pg_temp.refused('SELECT api.mitra_timeline(gen_random_uuid())', 'NOT_FOUND', 'there is no such mitra');

-- customers
SELECT customer_id AS customer FROM core.chat_sessions WHERE id = :'session' \gset
UPDATE core.customers SET phone = '+6281999990001', is_anonymous = false WHERE id = :'customer';
SELECT api.list_customers(false, false, NULL, NULL, 1, NULL, :'sup') AS page \gset
SELECT pg_temp.equal((:'page'::jsonb #>> '{items,0,id}') || ' ' || (:'page'::jsonb #>> '{items,0,phone}') || ' ' || (:'page'::jsonb #>> '{items,0,open_session_id}'), :'customer' || ' +62•••••••••01 ' || :'session', 'customers are listed, phones masked');
SELECT pg_temp.ok(NOT api.list_customers(true, NULL, NULL, NULL, 200)::text LIKE '%' || :'customer' || '%' AND NOT api.list_customers(NULL, true)::text LIKE '%' || :'customer' || '%'
    AND NOT api.list_customers(p_to_at => clock_timestamp() - interval '1 hour')::text LIKE '%' || :'customer' || '%', 'only those asked for');
SELECT pg_temp.ok(api.list_customers(NULL, NULL, NULL, NULL, 1, api.list_customers(p_limit => 1) ->> 'next_cursor') #> '{items,0,id}' <> api.list_customers(p_limit => 1) #> '{items,0,id}', 'in pages');
SELECT pg_temp.equal(jsonb_path_query_array(api.list_customers(p_q => ' ' || upper(left(:'customer', 13))), '$.items[*].id'), jsonb_build_array(:'customer'), 'or by the beginning of the id');
SELECT pg_temp.ok(NOT api.list_customers(p_q => '00000000')::text LIKE '%' || :'customer' || '%', 'and of no other id');
SELECT pg_temp.refused('SELECT api.list_customers(p_q => ''Budi'')', 'VALIDATION_ERROR', 'nothing else finds a customer', 'q');
SELECT pg_temp.refused('SELECT api.list_customers(p_q => ''1234567'')', 'VALIDATION_ERROR', 'nor too few characters', 'q');
SELECT api.request_refund((SELECT id FROM core.payment_requests WHERE session_id = :'session'), 1000) \g /dev/null
SELECT api.find_customer(:'customer', :'sup') AS found \gset
SELECT pg_temp.equal(jsonb_array_length(:'found'::jsonb -> 'sessions') || ' ' || jsonb_array_length(:'found'::jsonb -> 'payment_requests') || ' ' || (:'found'::jsonb #>> '{refunds,0,amount}') || ' ' || jsonb_array_length(:'found'::jsonb -> 'transactions'), '1 1 1000 2', 'a customer is shown with what was bought and given back');
SELECT pg_temp.refused('SELECT api.find_customer(gen_random_uuid())', 'NOT_FOUND', 'there is no such customer');
SELECT pg_temp.equal(api.search_customer('+6281999990001', :'ayu') #>> '{items,0,id}', :'customer', 'a phone finds its customer');
SELECT pg_temp.equal(api.search_customer('+6281999990002', :'ayu') -> 'items', '[]', 'or nobody');
SELECT pg_temp.refused(format('SELECT api.search_customer(''+6281999990001'', %L)', :'sup'), 'FORBIDDEN', 'only for whoever may see phones');
SELECT pg_temp.equal(count(*) || ' ' || bool_or(after::text LIKE '%99990001%'), '2 false', 'each search is in the audit log, without the phone') FROM core.audit_log WHERE subject = 'customers.search';
