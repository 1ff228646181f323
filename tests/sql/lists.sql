-- A page goes on from its cursor though the row that the cursor names has left the list; what is no cursor of a list is refused.
\ir tap.psql
SELECT pg_temp.plan(119);

CREATE FUNCTION pg_temp.ids(p_page jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(item ->> 'id', ' ' ORDER BY position) FROM jsonb_array_elements(p_page -> 'items') WITH ORDINALITY AS one (item, position)
$$;
CREATE TEMPORARY TABLE cursors (list text, page text, cursor text);

-- sessions of a mitra, and of everybody in one status: the last of the first page goes to another mitra and another status
SELECT pg_temp.a_mitra(true, 10) AS mitra \gset
SELECT pg_temp.a_session(:'mitra') AS third \gset
SELECT pg_temp.a_session(:'mitra') AS second \gset
SELECT pg_temp.a_session(:'mitra') AS first \gset
SELECT api.list_sessions('mitra', :'mitra', 2) AS own, api.list_all_sessions('active', 2) AS all_active \gset
SELECT pg_temp.equal(pg_temp.ids(:'own'), :'first' || ' ' || :'second', 'a page of a mitra''s sessions');
SELECT api.reroute_session(:'second') \g /dev/null
SELECT pg_temp.equal(pg_temp.ids(api.list_sessions('mitra', :'mitra', 2, :'own'::jsonb ->> 'next_cursor')), :'third', 'goes on after the session it ended with was rerouted');
SELECT pg_temp.equal(pg_temp.ids(api.list_all_sessions('active', 2, :'all_active'::jsonb ->> 'next_cursor')), :'third', 'so does one of everybody''s active sessions');
INSERT INTO cursors VALUES ('sessions', 'SELECT api.list_sessions(''customer'', gen_random_uuid(), 5, %L)', :'own'::jsonb ->> 'next_cursor'),
    ('all sessions', 'SELECT api.list_all_sessions(NULL, 5, %L)', :'all_active'::jsonb ->> 'next_cursor');

-- offers of one moment
UPDATE core.pairing_offers SET offered_at = now() WHERE mitra_id = :'mitra';
SELECT api.list_offers(p_limit => 2, p_mitra_id => :'mitra') AS offers \gset
SELECT pg_temp.equal(count(DISTINCT item ->> 'id'), 3::bigint, 'pages have each offer once')
FROM jsonb_array_elements((:'offers'::jsonb -> 'items') || (api.list_offers(p_mitra_id => :'mitra', p_cursor => :'offers'::jsonb ->> 'next_cursor') -> 'items')) AS item;
INSERT INTO cursors VALUES ('offers', 'SELECT api.list_offers(NULL, 5, %L)', :'offers'::jsonb ->> 'next_cursor');

-- payment requests in one status
SELECT pg_temp.a_payment(pg_temp.a_customer()) AS third \gset
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS second \gset
SELECT pg_temp.a_payment(pg_temp.a_customer()) AS first \gset
SELECT api.list_payment_requests(p_status => 'pending', p_limit => 2) AS pending \gset
SELECT pg_temp.equal(pg_temp.ids(:'pending'), :'first' || ' ' || :'second', 'a page of open payment requests');
SELECT api.cancel_payment_request(:'second', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.ids(api.list_payment_requests(p_status => 'pending', p_limit => 2, p_cursor => :'pending'::jsonb ->> 'next_cursor')), :'third', 'goes on after the request it ended with was cancelled');
INSERT INTO cursors VALUES ('payments', 'SELECT api.list_payment_requests(p_cursor => %L)', :'pending'::jsonb ->> 'next_cursor');

-- mitras and failures by their ids, messages by their numbers
SELECT pg_temp.a_mitra() AS another \gset
INSERT INTO cursors VALUES ('mitras', 'SELECT api.list_mitras(5, %L)', api.list_mitras(1) ->> 'next_cursor');
INSERT INTO core.pairing_failures (cause_tag) VALUES ('first'), ('second'), ('third');
SELECT api.list_failed_pairings(NULL, 2) AS failures \gset
DELETE FROM core.pairing_failures WHERE cause_tag = 'second';
SELECT pg_temp.equal(item ->> 'cause', 'first', 'a page of failures goes on after the one it ended with is gone')
FROM (SELECT api.list_failed_pairings(NULL, 1, :'failures'::jsonb ->> 'next_cursor') -> 'items' -> 0 AS item) AS page;
INSERT INTO cursors VALUES ('failures', 'SELECT api.list_failed_pairings(NULL, 5, %L)', :'failures'::jsonb ->> 'next_cursor');
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT count(sent) AS said FROM generate_series(1, 3) AS n, api.send_message(:'session', 'customer', :'customer', n::text, 'line') AS sent \gset
INSERT INTO cursors VALUES ('messages', format('SELECT api.list_messages(%L, ''customer'', %L, NULL, NULL, 5, %%L)', :'session', :'customer'),
    api.list_messages(:'session', 'customer', :'customer', NULL, NULL, 1) ->> 'next_cursor');

-- closed periods by when they were closed, and by when they end
INSERT INTO core.payout_periods (until, closed_at) SELECT now() - until * interval '1 day', now() - closed * interval '1 hour'
FROM (VALUES (1, 2), (2, 1), (3, 1), (4, 3)) AS period (until, closed);
SELECT api.list_payout_periods(2) AS periods \gset
CREATE FUNCTION pg_temp.days(p_page jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(extract(day FROM now() - (item ->> 'until')::timestamptz)::text, ' ' ORDER BY position) FROM jsonb_array_elements(p_page -> 'items') WITH ORDINALITY AS one (item, position)
$$;
SELECT pg_temp.equal(pg_temp.days(:'periods'), '2 3', 'a page of closed periods');
INSERT INTO core.payout_periods (until) VALUES (now() - interval '9 days');
SELECT pg_temp.equal(pg_temp.days(api.list_payout_periods(2, :'periods'::jsonb ->> 'next_cursor')), '1 4', 'goes on after another was closed');
INSERT INTO cursors VALUES ('periods', 'SELECT api.list_payout_periods(5, %L)', :'periods'::jsonb ->> 'next_cursor');

-- sessions, payment requests and customers by the beginning of the id
CREATE TEMPORARY TABLE lists AS SELECT list, id::uuid, text FROM (VALUES
    ('sessions', :'session', 'SELECT api.list_all_sessions(p_q => %L)'),
    ('payments', :'first', 'SELECT api.list_payment_requests(p_q => %L)'),
    ('customers', :'customer', 'SELECT api.list_customers(p_q => %L)')) AS list (list, id, text);
CREATE FUNCTION pg_temp.found(p_list text, p_q text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_page jsonb; BEGIN EXECUTE format(p_list, p_q) INTO v_page; RETURN pg_temp.ids(v_page); END
$$;
SELECT pg_temp.equal(pg_temp.found(text, beginning), id::text, format('%s: found by %s', list, what))
FROM lists, LATERAL (VALUES (left(id::text, 8), 'the first 8 characters'), (upper(left(id::text, 20)), 'more of the id, in capitals'), (' ' || id, 'all of it')) AS asked (beginning, what);
SELECT pg_temp.equal(pg_temp.found(text, CASE WHEN id::text LIKE 'f%' THEN '00000000' ELSE 'ffffffff' END), NULL, format('%s: nothing begins like another', list)) FROM lists;
SELECT pg_temp.equal(pg_temp.ids(api.list_all_sessions('failed', p_q => :'session')), NULL, 'and other filters hold beside it');
SELECT pg_temp.refused(format(text, wrong), 'VALIDATION_ERROR', format('%s: not found by %s', list, wrong), 'q')
FROM lists, unnest('{1234567,Sari,0812 3456 7890}'::text[]) AS wrong;

-- every list: a cursor is opaque, and of its own list
SELECT pg_temp.equal(count(*) FILTER (WHERE cursor ~ '^[A-Za-z0-9_-]+$'), 8::bigint, 'every list gives a cursor that an address can hold') FROM cursors;
SELECT pg_temp.refused(format(page, wrong), 'VALIDATION_ERROR', format('%s: %s', list, why), 'cursor')
FROM cursors
CROSS JOIN (VALUES ('', 'nothing'), ('x', 'a stub'), (gen_random_uuid()::text, 'an id'), (core.cursor('2026-13-01T00:00:00.000000Z', gen_random_uuid()::text), 'a month too many')) AS bad (wrong, why);
SELECT pg_temp.refused(format(page, (SELECT cursor FROM cursors WHERE list = 'messages')), 'VALIDATION_ERROR', list || ' with a cursor of messages', 'cursor') FROM cursors WHERE list = 'mitras';
SELECT pg_temp.refused(format(page, (SELECT cursor FROM cursors WHERE list = 'mitras')), 'VALIDATION_ERROR', list || ' with a cursor of mitras', 'cursor') FROM cursors WHERE list = 'messages';

-- what looks like a phone
SELECT pg_temp.equal(core.looks_like_phone(written), is_phone, format('%s: %s', what, written))
FROM (VALUES
    ('a mobile number', '081234567890', TRUE),
    ('with the country', '+6281234567890', TRUE),
    ('with the country, and no +', '6281234567890', TRUE),
    ('without the 0', '81234567890', TRUE),
    ('of another country', '+1 202 555 0123', TRUE),
    ('of a town', '021/5551234', TRUE),
    ('the shortest', '081234567', TRUE),
    ('grouped by dashes', ' 0812-3456-7890', TRUE),
    ('grouped as the beginning of an id is', '08123456-7890', TRUE),
    ('grouped as a longer beginning is', '08123456-78901234', TRUE),
    ('grouped by brackets and dots', '+62 (812) 3456.7890', TRUE),
    ('grouped by long dashes', '0812–3456–7890', TRUE),
    ('grouped by dashes that do not break', U&'+62 812\20113456\20117890', TRUE),
    ('grouped by blanks that do not break', U&'0812\00A03456\202F7890', TRUE),
    ('between marks that nobody sees', U&'\202A+62 812 3456 7890\202C', TRUE),
    ('with a mark inside that nobody sees', U&'0812\200B34567890', TRUE),
    ('in wide digits', U&'\FF10\FF18\FF11\FF12\FF13\FF14\FF15\FF16\FF17', TRUE),
    ('grouped by underscores', '0812_3456_7890', TRUE),
    ('grouped by commas', '0812,3456,7890', TRUE),
    ('grouped in its country', '(6 2) 812 3456 7890', TRUE),
    ('as a link', 'tel:+6281234567890', TRUE),
    ('after a name', 'Sari 081234567890', TRUE),
    ('at a name', 'hp081234567890ya', TRUE),
    ('after another number', 'Blok 7, 081234567890', TRUE),
    ('two of them', '081234567890 081234567891', TRUE),
    ('beside an id', '3f081234-5678-4234-8234-081234567890 081234567890', TRUE),
    ('after a moment', '2026-11-30T10:00 081234567890', TRUE),
    ('digits that begin an id, and like a phone', '812345678', TRUE),
    ('digits that begin an id', '123456789', FALSE),
    ('the first 8 characters of an id', '12345678', FALSE),
    ('the first 8, as a phone begins', '08123456', FALSE),
    ('more of an id', '12345678-1234', FALSE),
    ('the beginning of an id with a letter', 'a0812345-6789', FALSE),
    ('the beginning of an id with a letter at its end', '08123456-789a', FALSE),
    ('an id', '12345678-0812-4567-8901-081234567890', FALSE),
    ('an id in capitals', '0812345A-0812-4567-8901-081234567890', FALSE),
    ('an id without dashes', '0812345678904234823408123456789a', FALSE),
    ('an id and a word', '12345678-0812-4567-8901-081234567890 id', FALSE),
    ('a moment', '2026-08-08T08:08', FALSE),
    ('a moment to the microsecond', '2026-08-08T08:08:08.080808+08:00', FALSE),
    ('a moment with a blank', '2026-08-08 08:08:08.080808', FALSE),
    ('a short number', '12', FALSE),
    ('a name', 'Sari', FALSE),
    ('a name with a number', 'Blok 08 / 12', FALSE),
    ('an e-mail', 'cc:ayu@example.com', FALSE),
    ('nothing', '', FALSE),
    ('a sign', '+', FALSE)) AS table_of (what, written, is_phone);
SELECT pg_temp.equal(core.looks_like_phone(NULL), NULL, 'nothing is neither');
SELECT pg_temp.refused('SELECT api.list_mitras(10, p_q => ''0812 3456 7890'')', 'VALIDATION_ERROR', 'no mitra is looked for by phone', 'q');
SELECT pg_temp.refused('SELECT api.require_filters(ARRAY[''state'', ''subject''], ARRAY[''online'', ''+6281234567890''])', 'VALIDATION_ERROR', 'a phone in a filter of a screen is refused by the name of the filter', 'subject');
SELECT pg_temp.refused('SELECT api.require_filters(ARRAY[''+6281234567890''], ARRAY[''x''])', 'VALIDATION_ERROR', 'so is a phone as the name of a filter', '');
SELECT pg_temp.equal(array_agg(refused), ARRAY['customer_id', 'mitra_id', '+6281234567890'], 'all filters with a phone are told')
FROM api.refused_filters(ARRAY['customer_id', 'status', 'mitra_id', '+6281234567890'], ARRAY['081234567890', 'active', 'Sari 0812 3456 7890', 'x']) AS refused;
SELECT api.require_filters(ARRAY['from', 'q'], ARRAY['2026-11-30T10:00', 'Sari']) AS filters \gset
SELECT pg_temp.equal(:'filters', '', 'and other filters may be in the address');

SELECT pg_temp.finish();
ROLLBACK;
