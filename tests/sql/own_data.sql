-- Everything about oneself: asked for once a day, made in steps, forgotten with the account.
\ir tap.psql
SELECT pg_temp.plan(61);

CREATE FUNCTION pg_temp.made(
    p_export_id uuid, p_limit integer, p_bytes integer DEFAULT 8388608)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_steps integer := 1;
BEGIN
    WHILE api.make_data_export(p_export_id, p_limit, p_bytes) LOOP
        v_steps := v_steps + 1;
    END LOOP;
    RETURN v_steps;
END
$$;
CREATE FUNCTION pg_temp.asked(p_user_type text, p_user_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT api.request_data_export(p_user_type, p_user_id) ->> 'id'
$$;
CREATE FUNCTION pg_temp.data(p_user_type text, p_user_id uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT nullif(api.data_export(p_user_type, p_user_id) -> 'data', 'null')
$$;
CREATE FUNCTION pg_temp.state(p_user_type text, p_user_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT api.data_export(p_user_type, p_user_id) ->> 'state'
$$;
CREATE FUNCTION pg_temp.says(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_text text, p_times integer DEFAULT 1)
RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM generate_series(1, p_times) AS n,
        api.send_message(p_session_id, p_user_type, p_user_id, p_text || n, p_text)
$$;

SELECT
    pg_temp.a_mitra() AS a,
    pg_temp.a_mitra() AS b,
    pg_temp.a_customer() AS customer,
    pg_temp.a_phone() AS phone \gset
UPDATE core.customers SET display_name = 'Ayu', phone = :'phone', is_anonymous = false
WHERE id = :'customer';
UPDATE core.mitras SET display_name = 'Mitra Sebelas'
WHERE id = :'a';
SELECT
    pg_temp.a_session(:'a', :'customer') AS session,
    pg_temp.a_session(:'b') AS strange \gset
SELECT
    pg_temp.says(:'session', 'customer', :'customer', 'from me', 12) AS said,
    pg_temp.says(:'session', 'mitra', :'a', 'to you', 3) AS answered,
    pg_temp.says(:'strange', 'mitra', :'b', 'to a stranger') AS other \gset

-- asked for, once a day
SELECT pg_temp.refused(
    format('SELECT api.data_export(%L, %L)', 'customer', :'customer'),
    'NOT_FOUND', 'none was asked for');
SELECT pg_temp.refused(
    $$SELECT api.request_data_export('customer', NULL)$$,
    'VALIDATION_ERROR', 'it is of somebody', 'user_id');
SELECT pg_temp.refused(
    $$SELECT api.request_data_export('customer', gen_random_uuid())$$,
    'NOT_FOUND', 'who is there');
SELECT pg_temp.refused(
    $$SELECT api.make_data_export(gen_random_uuid(), NULL)$$,
    'VALIDATION_ERROR', 'a step has a size', 'limit');
SELECT pg_temp.asked('customer', :'customer') AS export \gset
SELECT pg_temp.equal(
    pg_temp.asked('customer', :'customer'), :'export', 'asked for twice, it is the same');
SELECT pg_temp.equal(
    pg_temp.data('customer', :'customer'), NULL, 'there is nothing to read before it is ready');
SELECT pg_temp.equal(api.claim_data_export(), :'export'::uuid, 'somebody takes it');
SELECT pg_temp.equal(api.claim_data_export(), NULL, 'and nobody else');
SELECT pg_temp.ok(api.make_data_export(:'export', 5), 'a step that is not the last');
SELECT pg_temp.equal(
    api.claim_data_export(), :'export'::uuid,
    'after a step that went well it can be taken at once');
SELECT pg_temp.equal(
    pg_temp.data('customer', :'customer'), NULL, 'half of it is not shown');
SELECT pg_temp.ok(pg_temp.made(:'export', 2) > 3, 'more steps follow');
SELECT pg_temp.equal(api.make_data_export(:'export', 5), false, 'a step too many does nothing');
SELECT pg_temp.equal(pg_temp.state('customer', :'customer'), 'ready', 'then it is ready');
SELECT pg_temp.data('customer', :'customer') AS whole \gset
SELECT pg_temp.equal(
    pg_temp.asked('customer', :'customer'), :'export', 'asking again on that day gives the same');
SELECT pg_temp.equal(
    :'whole'::jsonb #>> '{customers,0,phone}', :'phone', 'with who one is');
SELECT pg_temp.equal(
    jsonb_path_query_array(:'whole'::jsonb, '$.chat_messages[*].seq'),
    '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]'::jsonb,
    'and the conversation in order, each message once');
SELECT pg_temp.equal(
    jsonb_path_query_array(:'whole'::jsonb, '$.chat_messages[10 to 13].sender_type'),
    '["customer", "customer", "mitra", "mitra"]'::jsonb, 'under the role of who wrote it');
SELECT pg_temp.ok(
    :'whole' NOT LIKE '%Mitra Sebelas%' AND :'whole' NOT LIKE '%' || :'a' || '%',
    'the other party is not named');
SELECT pg_temp.ok(:'whole' NOT LIKE '%to a stranger%', 'and nothing of strangers is in it');
SELECT pg_temp.ok(
    NOT jsonb_path_exists(
        :'whole'::jsonb, '$.*[*].* ? (@ like_regex "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][^Z]*$")'),
    'every time is written as everywhere');

-- in one step or in many, it is the same
UPDATE core.data_exports
SET requested_at = requested_at - interval '1 day', ready_at = ready_at - interval '1 day'
WHERE id = :'export';
SELECT pg_temp.equal(pg_temp.state('customer', :'customer'), 'expired', 'after a day it is over');
SELECT pg_temp.equal(pg_temp.data('customer', :'customer'), NULL, 'and read no more');
SELECT pg_temp.asked('customer', :'customer') AS again \gset
SELECT pg_temp.ok(:'again' <> :'export', 'and another one may be asked for');
SELECT pg_temp.made(:'again', 100000) AS steps \gset
SELECT pg_temp.equal(
    pg_temp.data('customer', :'customer') - 'auth_sessions',
    :'whole'::jsonb - 'auth_sessions', 'in one step it says the same');

-- a table with many rows is read few times
SELECT pg_temp.a_customer() AS everywhere \gset
SELECT count(core.open_login('customer', :'everywhere', decode(md5('login ' || n), 'hex'))) AS logins
FROM generate_series(1, 63) AS n \gset
SELECT pg_temp.ok(
    pg_temp.made(pg_temp.asked('customer', :'everywhere')::uuid, 1) <= 12,
    'each part of a table has twice as many rows as the one before');
SELECT pg_temp.equal(
    jsonb_array_length(pg_temp.data('customer', :'everywhere') -> 'auth_sessions'), 64,
    'and no row is left out');

-- nor is a part of long rows larger than it may be
SELECT pg_temp.a_customer() AS wordy \gset
SELECT pg_temp.a_session(pg_temp.a_mitra(), :'wordy') AS long_talk \gset
SELECT count(*) AS said
FROM generate_series(1, 12) AS n,
    api.send_message(:'long_talk', 'customer', :'wordy', 'long ' || n, repeat('é', 3990)) \gset
SELECT pg_temp.asked('customer', :'wordy') AS long \gset
SELECT pg_temp.made(:'long', 1000, 20000) AS steps \gset
SELECT pg_temp.equal(
    array_agg(jsonb_array_length(part.rows) ORDER BY part.number), '{3,3,3,3}',
    'a part ends with the row that makes it too large')
FROM core.data_export_parts AS part
WHERE part.export_id = :'long' AND part.relation = 'chat_messages';
SELECT pg_temp.equal(
    jsonb_path_query_array(pg_temp.data('customer', :'wordy'), '$.chat_messages[*].seq'),
    '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]'::jsonb, 'and each message is given once');
SELECT pg_temp.equal(
    jsonb_array_length(pg_temp.data('customer', :'wordy') -> 'payment_requests'), 1,
    'as are the tables after it');

-- a mitra: her own words and her customers', not those of the mitra before her
SELECT api.reroute_session(:'session') AS rerouted \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'b'), :'b') AS accepted \gset
SELECT
    pg_temp.made(pg_temp.asked('mitra', :'b')::uuid, 3) AS of_b,
    pg_temp.made(pg_temp.asked('mitra', :'a')::uuid, 3) AS of_a \gset
SELECT pg_temp.ok(
    pg_temp.data('mitra', :'b')::text NOT LIKE '%to you%',
    'the next mitra is not given what the one before wrote');
SELECT pg_temp.equal(
    jsonb_array_length(pg_temp.data('mitra', :'a') -> 'chat_messages'), 15,
    'who was rerouted away still has the own conversation');
SELECT pg_temp.ok(
    pg_temp.data('mitra', :'a')::text NOT LIKE '%Ayu%'
    AND pg_temp.data('mitra', :'a')::text NOT LIKE '%' || :'customer' || '%',
    'where the customer is not named');

-- after a reroute what the customer says and does is for the next mitra, and for nobody before
SELECT pg_temp.a_mitra() AS c \gset
SELECT pg_temp.says(:'session', 'customer', :'customer', 'to b alone') AS to_b \gset
SELECT api.reroute_session(:'session') AS rerouted \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'c'), :'c') AS accepted \gset
SELECT pg_temp.says(:'session', 'customer', :'customer', 'to c alone') AS to_c \gset
SELECT
    api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session')
    ->> 'id' AS paid \gset
SELECT api.confirm_payment(:'paid') AS confirmed \gset
SELECT
    api.request_extension(:'session', :'customer', 10, 10000, :'paid') ->> 'id' AS longer \gset
SELECT api.respond_to_extension(:'longer', :'session', :'c', true) AS accepted \gset
INSERT INTO core.session_ratings (session_id, rating) VALUES (:'session', 1);
DELETE FROM core.data_exports WHERE user_type = 'mitra';
SELECT
    pg_temp.made(pg_temp.asked('mitra', :'a')::uuid, 3) AS of_a,
    pg_temp.made(pg_temp.asked('mitra', :'b')::uuid, 3) AS of_b,
    pg_temp.made(pg_temp.asked('mitra', :'c')::uuid, 3) AS of_c \gset
SELECT pg_temp.ok(
    pg_temp.data('mitra', :'a')::text NOT LIKE '%alone%'
    AND jsonb_array_length(pg_temp.data('mitra', :'a') -> 'chat_messages') = 15,
    'a mitra is not given what the customer wrote to the next ones');
SELECT pg_temp.ok(
    pg_temp.data('mitra', :'b')::text LIKE '%to b alone%'
    AND pg_temp.data('mitra', :'b')::text NOT LIKE '%to c alone%',
    'nor is one who never wrote, and went without a word');
SELECT pg_temp.ok(
    pg_temp.data('mitra', :'c')::text LIKE '%to c alone%', 'whose session it is has it');
SELECT pg_temp.equal(
    string_agg(concat_ws(' ',
        jsonb_array_length(mitra.data -> 'session_extensions'),
        jsonb_array_length(mitra.data -> 'session_ratings'),
        jsonb_array_length(mitra.data -> 'session_reroutes')), ', ' ORDER BY mitra.n),
    '1, 2, 1 1 2', 'extensions, ratings and reroutes likewise')
FROM (VALUES
    (1, pg_temp.data('mitra', :'a')), (2, pg_temp.data('mitra', :'b')),
    (3, pg_temp.data('mitra', :'c'))) AS mitra (n, data);
SELECT pg_temp.equal(
    string_agg(place.row_count::text, ' ' ORDER BY mitra.n), '15 14 14',
    'and ops.personal_data counts the same messages')
FROM (VALUES (1, :'a'::uuid), (2, :'b'), (3, :'c')) AS mitra (n, id),
    ops.personal_data(mitra.id) AS place
WHERE place.relation = 'core.chat_messages';
SELECT pg_temp.ok(
    NOT EXISTS (
        SELECT FROM (VALUES (:'a'::uuid), (:'b'), (:'c')) AS mitra (id),
            ops.personal_data(mitra.id) AS place,
            jsonb_array_length(pg_temp.data('mitra', mitra.id)
                -> replace(place.relation, 'core.', '')) AS given
        WHERE place.relation <> 'core.auth_sessions' AND given <> place.row_count),
    'each table as many rows as the export has');

-- a document has a bound, and says what it lacks
SELECT pg_temp.asked('mitra', :'c') AS large \gset
INSERT INTO core.data_export_parts (export_id, number, relation, rows)
SELECT :'large', part.number, part.relation, jsonb_build_array(repeat('x', part.size), 1)
FROM (VALUES
    (1001, 'chat_messages', 40000000), (1002, 'chat_messages', 40000000), (1003, 'silences', 20000000)
) AS part (number, relation, size);
SELECT pg_temp.equal(
    said.document -> 'left_out', '{"chat_messages": 2}', 'what is too much is left out and counted')
FROM (SELECT api.data_export('mitra', :'c') AS document) AS said;
SELECT pg_temp.equal(
    jsonb_array_length(pg_temp.data('mitra', :'c') -> 'silences'), 2, 'messages before all else');
SELECT pg_temp.equal(
    api.data_export('mitra', :'a') -> 'left_out', '{}', 'and of most people nothing');
DELETE FROM core.data_export_parts WHERE number > 1000;

-- what one party says about the other is about both, and given to who said it
SELECT
    api.report_other_party(:'session', 'customer', :'customer', 'other', 'rude') AS reported,
    api.block_other_party(:'session', 'customer', :'customer') AS blocked \gset
DELETE FROM core.data_exports;
SELECT
    pg_temp.made(pg_temp.asked('mitra', :'c')::uuid, 3) AS of_c,
    pg_temp.made(pg_temp.asked('customer', :'customer')::uuid, 3) AS of_customer \gset
SELECT pg_temp.equal(
    string_agg(place.relation, ' ' ORDER BY place.relation), 'core.blocks core.reports',
    'ops.personal_data finds reports and blocks about a person')
FROM ops.personal_data(:'c') AS place
WHERE place.relation IN ('core.blocks', 'core.reports');
SELECT pg_temp.ok(
    NOT pg_temp.data('mitra', :'c') ?| '{blocks,reports}', 'who is not given them');
SELECT pg_temp.equal(
    pg_temp.data('customer', :'customer') #>> '{reports,0,comment}', 'rude', 'the other one is');

-- where it all lies
SELECT pg_temp.equal(
    string_agg(place.row_count::text, ' ' ORDER BY place.relation), '17 1 1',
    'ops.personal_data counts what somebody has where')
FROM ops.personal_data(:'customer') AS place
WHERE place.relation IN ('core.chat_messages', 'core.customers', 'core.chat_sessions');
SELECT pg_temp.equal(count(*), 0::bigint, 'of nobody there is nothing')
FROM ops.personal_data(gen_random_uuid());

-- erasure keeps the books whole
SELECT pg_temp.refused(
    format('SELECT api.delete_customer(%L)', :'customer'),
    'INVALID_STATE', 'nobody leaves in the middle of a session');
SELECT pg_temp.equal(place.row_count, 1::bigint, 'and then nothing is forgotten')
FROM ops.personal_data(:'customer') AS place
WHERE place.relation = 'core.data_exports';
SELECT
    api.end_session(:'session', 'customer', :'customer') AS ended,
    pg_temp.settle() AS settled \gset
SELECT api.delete_customer(:'customer') AS gone \gset
SELECT pg_temp.equal(
    string_agg(place.relation, ' '), 'core.customers',
    'who left has nothing that is kept until then but an empty row')
FROM ops.personal_data(:'customer') AS place
WHERE place.kept ~ 'account';
SELECT pg_temp.equal(unaccounted, 0::numeric, 'and the books are whole') FROM ops.money_balance;

-- what is older than message_retention_days is gone, and what reads old sessions stands that
SELECT
    api.end_session(:'strange', 'mitra', :'b') AS ended,
    pg_temp.settle() AS settled \gset
SELECT
    talk.customer_id AS stranger,
    core.session_day(talk) - 366 AS old_day
FROM core.chat_sessions AS talk
WHERE talk.id = :'strange' \gset
SELECT core.make_day_partition('chat_messages', :'old_day') AS old_part \gset
UPDATE core.chat_sessions
SET
    created_at = created_at - interval '366 days',
    started_at = started_at - interval '366 days',
    ended_at = ended_at - interval '366 days'
WHERE id = :'strange';
UPDATE core.chat_messages SET session_day = :'old_day'
WHERE session_id = :'strange';
SELECT pg_temp.equal(
    jsonb_array_length(api.list_messages(:'strange', 'customer', :'stranger') -> 'items'), 1,
    'a conversation that is too old is read until its day is dropped');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_temp.equal(
    api.drop_partition(:'old_part'), 'dropped ' || :'old_part',
    'a day beyond message_retention_days is dropped');
SELECT pg_temp.equal(
    api.list_messages(:'strange', 'customer', :'stranger') -> 'items', '[]'::jsonb,
    'then nothing was said');
SELECT pg_temp.equal(count(*), 0::bigint, 'nor is anything missed')
FROM api.messages_after(:'strange', 'customer', :'stranger', 0);
SELECT pg_temp.equal(
    api.session_info(:'strange', 'customer', :'stranger') ->> 'last_seq', '1',
    'the session is still there, and how many messages it had');
SELECT pg_temp.equal(core.unread(talk, 'customer'), 0::bigint, 'without anything to be read')
FROM core.chat_sessions AS talk
WHERE talk.id = :'strange';
SELECT pg_temp.equal(mark.read_seq, 1::bigint, 'and may be marked as read')
FROM api.read_messages(:'strange', 'customer', :'stranger', 1) AS mark;
SELECT pg_temp.ok(count(*) > 3, 'an operator sees how it went')
FROM ops.session_timeline(:'strange');
SELECT pg_temp.made(pg_temp.asked('customer', :'stranger')::uuid, 3) AS steps \gset
SELECT pg_temp.equal(
    pg_temp.data('customer', :'stranger') -> 'chat_messages', NULL,
    'and the export has no messages of it');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant misses them')
FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
