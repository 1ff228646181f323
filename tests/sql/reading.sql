-- Everybody's sessions and failed pairings, found by what operators ask for; reading along.
\ir tap.psql
SELECT pg_temp.plan(35);
SELECT id AS ayu FROM (SELECT (api.create_cc_user('ayu.who.reads@example.com', 'Ayu', 'super_admin', '$argon2id$x') ->> 'id') AS id) AS made \gset
SELECT id AS sup FROM (SELECT (api.create_cc_user('sup.who.reads@example.com', 'Sup', 'support', '$argon2id$x') ->> 'id') AS id) AS made \gset
CREATE FUNCTION pg_temp.has(p_page jsonb, VARIADIC p_ids text[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(array_agg(item ->> 'id') FILTER (WHERE item ->> 'id' = ANY (p_ids)), '{}') @> p_ids FROM jsonb_array_elements(p_page -> 'items') AS item
$$;

-- list_all_sessions
SELECT pg_temp.a_mitra() AS mitra, clock_timestamp() AS before \gset
SELECT pg_temp.a_session(:'mitra') AS running, pg_temp.a_search() AS failed, clock_timestamp() AS after \gset
SELECT customer_id AS customer FROM core.chat_sessions WHERE id = :'failed' \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'failed';
SELECT pg_temp.settle() \g /dev/null
SELECT api.set_topic_sensitivity(:'running', :'mitra', 'sensitive') \g /dev/null
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions(p_customer_id => :'customer'), :'failed') AND jsonb_array_length(api.list_all_sessions(p_customer_id => :'customer') -> 'items') = 1, 'sessions of a customer');
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions(p_mitra_id => :'mitra'), :'running') AND jsonb_array_length(api.list_all_sessions(p_mitra_id => :'mitra') -> 'items') = 1, 'of a mitra');
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions('failed'), :'failed') AND NOT pg_temp.has(api.list_all_sessions('failed'), :'running'), 'that failed');
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions('active'), :'running') AND NOT pg_temp.has(api.list_all_sessions('active'), :'failed'), 'that run');
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions(p_topic_sensitivity => 'sensitive'), :'running') AND NOT pg_temp.has(api.list_all_sessions(p_topic_sensitivity => 'sensitive'), :'failed'), 'about sensitive topics');
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions(p_from_at => :'before', p_to_at => :'after'), :'running', :'failed'), 'of a time');
SELECT pg_temp.equal(api.list_all_sessions(p_from_at => :'before', p_to_at => :'before') -> 'items', '[]', 'and of no other');
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'running';
SELECT pg_temp.ok(pg_temp.has(api.list_all_sessions('closing'), :'running') AND NOT pg_temp.has(api.list_all_sessions('active'), :'running'), 'by the status that is settled, though nobody settled it');

-- list_waiting
SELECT pg_temp.a_mitra() AS free \gset
SELECT pg_temp.a_search() AS rerouted, pg_temp.a_search() AS waits \gset
UPDATE core.chat_sessions SET created_at = '2020-01-01', search_began_at = '2020-01-03', round = 2 WHERE id = :'rerouted';
UPDATE core.chat_sessions SET created_at = '2020-01-02' WHERE id = :'waits';
SELECT api.blast(:'waits', ARRAY[:'free'::uuid]) \g /dev/null
SELECT pg_temp.equal(string_agg(concat_ws(' ', item ->> 'id', item ->> 'status', item ->> 'round', item ->> 'wave', left(item ->> 'search_began_at', 10)), ', ' ORDER BY place),
    :'waits' || ' pending_acceptance 1 1 2020-01-02, ' || :'rerouted' || ' searching 2 2020-01-03', 'who waits, longest first, counted from the present search')
FROM jsonb_array_elements(api.list_waiting() -> 'items') WITH ORDINALITY AS listed (item, place) WHERE place <= 2;
SELECT pg_temp.ok(NOT pg_temp.has(api.list_waiting(), :'running') AND NOT pg_temp.has(api.list_waiting(), :'failed'), 'and nobody else');
SELECT pg_temp.ok(api.list_waiting() #> '{items,0,customer}' ? 'display_name' AND NOT api.list_waiting() #> '{items,0,customer}' ? 'phone', 'without phones');
SELECT pg_temp.a_search() FROM generate_series(1, 20) \g /dev/null
SELECT pg_temp.equal(jsonb_array_length(api.list_waiting() -> 'items'), 20, 'at most twenty');

-- list_offers
SELECT pg_temp.equal(concat_ws(' ', offer ->> 'session_id', offer ->> 'status', offer ->> 'wave', offer ->> 'answered_after_seconds'), :'waits' || ' offered 1', 'an offer is found by its mitra')
FROM (SELECT api.list_offers(p_mitra_id => :'free') #> '{items,0}' AS offer) AS page;
SELECT api.accept_offer((api.list_offers('offered', p_mitra_id => :'free') #>> '{items,0,id}')::uuid, :'free') \g /dev/null
SELECT pg_temp.ok((api.list_offers('accepted', p_mitra_id => :'free') #>> '{items,0,answered_after_seconds}')::numeric >= 0, 'an answered offer says after how many seconds');
SELECT pg_temp.equal(api.list_offers('offered', p_mitra_id => :'free') -> 'items', '[]', 'and has left the others');
SELECT pg_temp.equal(api.list_offers(p_mitra_id => :'free', p_to_at => :'before') -> 'items', '[]', 'it was not sent before');
UPDATE core.pairing_offers SET offered_at = offered_at - interval '2 days' WHERE mitra_id = :'free';
SELECT pg_temp.equal(api.list_offers(p_mitra_id => :'free') -> 'items', '[]', 'without a time, the offers of a day');
SELECT pg_temp.equal(jsonb_array_length(api.list_offers(p_mitra_id => :'free', p_from_at => now() - interval '3 days') -> 'items'), 1, 'with a time, older offers, too');
SELECT pg_temp.refused('SELECT api.list_offers(p_cursor => ''x'')', 'VALIDATION_ERROR', 'a cursor of offers is one of ours', 'cursor');

-- read_along
SELECT api.send_message(:'running', 'mitra', :'mitra', n::text, 'word ' || n) FROM generate_series(1, 3) AS n \g /dev/null
SELECT coalesce(jsonb_agg(to_jsonb(presence)), '[]') AS signs FROM core.session_presences AS presence WHERE session_id = :'running' \gset
SELECT pg_temp.refused(format('SELECT api.read_along(%L, 0, 50, %L)', :'running', :'ayu'), 'VALIDATION_ERROR', 'reading along needs a reason', 'reason');
SELECT set_config('halobestie.reason', 'A complaint.', true) \g /dev/null
SELECT pg_temp.refused(format('SELECT api.read_along(%L, 0, 50, %L)', :'running', :'sup'), 'FORBIDDEN', 'and the permission to see what was said');
SELECT pg_temp.refused(format('SELECT api.read_along(%L, 0, 50, %L)', gen_random_uuid(), :'ayu'), 'NOT_FOUND', 'there is no such session');
SELECT pg_temp.refused(format('SELECT api.read_along(%L, 0, 201, %L)', :'running', :'ayu'), 'VALIDATION_ERROR', 'a page has at most 200', 'limit');
SELECT api.read_along(:'running', 1, 1, :'ayu') AS page \gset
SELECT pg_temp.equal((:'page'::jsonb #>> '{items,0,body}') || ' of ' || (:'page'::jsonb ->> 'last_seq'), 'word 2 of 3', 'messages come after a number');
SELECT pg_temp.equal(jsonb_array_length(api.read_along(:'running') -> 'items'), 3, 'a DBA reads them all');
SELECT pg_temp.equal(string_agg(reason || ' ' || (after ->> 'messages'), ', ' ORDER BY id), 'A complaint. 1, A complaint. 3', 'each page is in the audit log with its reason') FROM core.audit_log WHERE action = 'session.read_along' AND subject = :'running';
SELECT pg_temp.ok(coalesce(jsonb_agg(to_jsonb(presence)), '[]') = :'signs'::jsonb AND NOT EXISTS (SELECT FROM core.message_watermarks WHERE session_id = :'running' AND party = 'customer' AND read_seq > 0), 'and nobody is told')
FROM core.session_presences AS presence WHERE session_id = :'running';

-- list_failed_pairings, count_failed_pairings
SELECT pg_temp.equal(api.list_failed_pairings(p_customer_id => :'customer') #>> '{items,0,session_id}', :'failed', 'what failed is found by customer');
SELECT pg_temp.equal(api.list_failed_pairings('no_mitra_available', p_customer_id => :'customer', p_from_at => :'before') #>> '{items,0,session_id}', :'failed', 'by cause and time');
SELECT pg_temp.equal(api.list_failed_pairings('not_accepted', p_customer_id => :'customer') -> 'items', '[]', 'and not by another');
SELECT pg_temp.equal(api.list_failed_pairings(p_customer_id => :'customer', p_to_at => :'before') -> 'items', '[]', 'nor before');
SELECT pg_temp.ok(EXISTS (SELECT FROM jsonb_array_elements(api.count_failed_pairings(clock_timestamp() - interval '1 hour', clock_timestamp()) -> 'items') AS item
    WHERE item ->> 'cause' = 'no_mitra_available' AND (item ->> 'count')::integer > 0 AND item ->> 'hour' LIKE '%:00:00.000000Z'), 'they are counted by hour and cause');
SELECT pg_temp.refused('SELECT api.count_failed_pairings(now() - interval ''8 days'', now())', 'VALIDATION_ERROR', 'of seven days at most', 'to');
SELECT pg_temp.refused('SELECT api.count_failed_pairings(now(), now())', 'VALIDATION_ERROR', 'and of some time', 'to');
SELECT pg_temp.refused('SELECT api.list_failed_pairings(p_cursor => ''x'')', 'VALIDATION_ERROR', 'a cursor is one of ours', 'cursor');
