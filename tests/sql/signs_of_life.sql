-- A party without a socket that asks about its session, or writes into it, is not absent; nobody is told of it.
\ir tap.psql
SELECT pg_temp.plan(20);

CREATE FUNCTION pg_temp.look(p_session_id uuid, p_party text, p_user_id uuid, p_connected boolean) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(news.party || ' ' || news.state, ', ') FROM api.note_presence(ARRAY[p_session_id], ARRAY[p_party], ARRAY[p_user_id], ARRAY[p_connected]) AS news
$$;
CREATE FUNCTION pg_temp.presence(p_session_id uuid, p_party text) RETURNS text LANGUAGE sql AS $$
    SELECT state FROM core.session_presences WHERE session_id = p_session_id AND party = p_party
$$;
CREATE FUNCTION pg_temp.pass(p_session_id uuid, p_seconds integer) RETURNS void LANGUAGE sql AS $$
    UPDATE core.session_presences SET since = since - make_interval(secs => p_seconds), seen_at = seen_at - make_interval(secs => p_seconds)
    WHERE session_id = p_session_id;
    UPDATE core.chat_sessions SET created_at = created_at - make_interval(secs => p_seconds) WHERE id = p_session_id;
    UPDATE core.chat_messages SET created_at = created_at - make_interval(secs => p_seconds) WHERE session_id = p_session_id;
$$;

-- a customer that searches
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.look(:'session', 'customer', :'customer', true) \g /dev/null
SELECT api.session_info(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(seen_at, NULL, 'of a party with a socket nothing is noted') FROM core.session_presences WHERE session_id = :'session';
SELECT pg_temp.look(:'session', 'customer', :'customer', false), pg_temp.pass(:'session', 130) \g /dev/null
SELECT api.session_info(:'session', 'customer', :'customer') \g /dev/null
SELECT seen_at FROM core.session_presences WHERE session_id = :'session' \gset
SELECT pg_temp.equal(pg_temp.look(:'session', 'customer', :'customer', false), NULL, 'who asks is not gone');
SELECT pg_temp.equal(pg_temp.presence(:'session', 'customer'), 'away', 'but away as before');
SELECT api.list_messages(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(seen_at, :'seen_at'::timestamptz, 'what only reads is noted every 15 seconds') FROM core.session_presences WHERE session_id = :'session';
SELECT pg_temp.pass(:'session', 130) \g /dev/null
SELECT pg_temp.look(:'session', 'customer', :'customer', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.presence(:'session', 'customer'), 'gone', 'who asks no more is gone after the time');
SELECT pg_temp.equal(count(*), 1::bigint, 'and the search is to be cancelled') FROM core.session_absences WHERE session_id = :'session' AND due_at IS NOT NULL;
SELECT api.list_messages(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', 'customer', :'customer', false), NULL, 'who asks again before that is there without a frame');
SELECT pg_temp.equal(pg_temp.presence(:'session', 'customer'), 'away', 'away, not gone');
SELECT pg_temp.equal(count(*), 0::bigint, 'and the search goes on') FROM core.session_absences WHERE session_id = :'session' AND (due_at IS NOT NULL OR ended_at IS NULL);

-- a mitra in mid-session: what it writes is its note
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', 'mitra', :'mitra', true), pg_temp.look(:'session', 'mitra', :'mitra', false), pg_temp.pass(:'session', 70) \g /dev/null
SELECT api.send_message(:'session', 'mitra', :'mitra', 'one', 'I am here') \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', 'mitra', :'mitra', false), NULL, 'a mitra that writes is not gone');
SELECT pg_temp.equal(seen_at, NULL, 'and a message needs no note') FROM core.session_presences WHERE session_id = :'session';
SELECT pg_temp.pass(:'session', 70) \g /dev/null
SELECT api.send_message(:'session', 'customer', :'customer', 'two', 'hello?') \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', 'mitra', :'mitra', false), 'mitra gone', 'what the other writes is no sign of the mitra');
SELECT api.read_messages(:'session', 'mitra', :'mitra', 2) \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', 'mitra', :'mitra', false), NULL, 'reading is');
SELECT pg_temp.equal(pg_temp.look(:'session', 'mitra', :'mitra', true), 'mitra connected', 'a socket is told');

-- an extension: paid for, asked for and answered without a socket; a command is noted however soon it comes
CREATE FUNCTION pg_temp.noted_now(p_session_id uuid, p_party text) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(seen_at > clock_timestamp() - interval '5 seconds', false) FROM core.session_presences WHERE session_id = p_session_id AND party = p_party
$$;
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.look(:'session', 'mitra', :'mitra', true), pg_temp.look(:'session', 'customer', :'customer', true) \g /dev/null
SELECT pg_temp.look(:'session', 'mitra', :'mitra', false), pg_temp.look(:'session', 'customer', :'customer', false) \g /dev/null
SELECT api.create_payment_request(:'customer', pg_temp.a_package(10000, 10, NULL, true), true, :'session') ->> 'id' AS payment \gset
SELECT pg_temp.ok(pg_temp.noted_now(:'session', 'customer'), 'who asks to pay for more is there');
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT pg_temp.pass(:'session', 10) \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'payment') ->> 'id' AS extension \gset
SELECT pg_temp.ok(pg_temp.noted_now(:'session', 'customer'), 'so is who asks for it');
SELECT pg_temp.ok(NOT pg_temp.noted_now(:'session', 'mitra'), 'the other party is not');
SELECT api.session_info(:'session', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.pass(:'session', 10) \g /dev/null
SELECT api.session_info(:'session', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.ok(NOT pg_temp.noted_now(:'session', 'mitra'), 'what only reads is not noted again so soon');
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.ok(pg_temp.noted_now(:'session', 'mitra'), 'an answer is');
SELECT pg_temp.pass(:'session', 55) \g /dev/null
SELECT pg_temp.equal(pg_temp.look(:'session', 'mitra', :'mitra', false), NULL, 'and begins the absence anew');

SELECT pg_temp.finish();
ROLLBACK;
