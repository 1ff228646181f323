-- Blocks and reports of a session that had several mitras, or waits for its payment; signs of life; and who sees reports.
\ir tap.psql
SELECT pg_temp.plan(26);

CREATE FUNCTION pg_temp.report(p_session_id uuid, p_user_type text, p_user_id uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.report_other_party(p_session_id, p_user_type, p_user_id, 'rude')
$$;

-- a mitra from whom the session was taken
SELECT pg_temp.a_mitra() AS first, pg_temp.a_mitra() AS second, pg_temp.a_mitra() AS stranger, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'first', :'customer') AS session \gset
SELECT api.reroute_session(:'session') \g /dev/null
SELECT api.block_other_party(:'session', 'customer', :'customer') \g /dev/null
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'second'), :'second') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.block_other_party(%L, ''mitra'', %L)', :'session', :'stranger'), 'NOT_FOUND', 'a mitra that never had it is a stranger');
SELECT pg_temp.equal(api.block_other_party(:'session', 'mitra', :'first') ->> 'session_id', :'session', 'the first mitra may block the customer');
SELECT pg_temp.equal(pg_temp.report(:'session', 'mitra', :'first') ->> 'session_id', :'session', 'and report');
SELECT pg_temp.equal(string_agg(party || ' ' || (mitra_id = :'first'), ', ' ORDER BY party), 'customer true, mitra true', 'both blocks are between the two who met') FROM core.blocks;
SELECT pg_temp.equal(mitra_id, :'first', 'and so is the report') FROM core.reports;
SELECT api.block_other_party(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(count(*), 2::bigint, 'the customer blocks the second mitra as well') FROM core.blocks WHERE party = 'customer';
SELECT api.unblock_other_party(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(string_agg(party, ','), 'mitra', 'and takes both blocks back, not the mitra''s') FROM core.blocks;
UPDATE core.session_reroutes SET at = at - interval '7 days' WHERE session_id = :'session';
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''mitra'', %L)', :'session', :'first'), 'INVALID_STATE', 'seven days after the reroute it is too late');
SELECT pg_temp.refused(format('SELECT api.block_other_party(%L, ''mitra'', %L)', :'session', :'first'), 'INVALID_STATE', 'for a block, too');
SELECT pg_temp.equal(api.unblock_other_party(:'session', 'mitra', :'first')::text, '', 'but not for taking it back');
SELECT pg_temp.equal(count(*), 0::bigint, 'no block is left') FROM core.blocks;

-- before the clock
SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_mitra() AS early, pg_temp.a_mitra() AS later, pg_temp.a_customer() AS payer \gset
SELECT pg_temp.a_payment(:'payer') AS payment \gset
SELECT id AS unpaid FROM core.chat_sessions WHERE customer_id = :'payer' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'unpaid', :'early'), :'early') \g /dev/null
SELECT api.reroute_session(:'unpaid') \g /dev/null
SELECT pg_temp.report(:'unpaid', 'customer', :'payer') \g /dev/null
SELECT api.accept_offer(pg_temp.an_offer(:'unpaid', :'later'), :'later') \g /dev/null
SELECT pg_temp.report(:'unpaid', 'customer', :'payer') \g /dev/null
SELECT pg_temp.equal(sum(reporters), 0::bigint, 'a report counts for nothing before the clock') FROM core.mitra_loads WHERE mitra_id IN (:'early', :'later');
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT pg_temp.equal(reporters, 1, 'and from its start for the mitra who has the session') FROM core.mitra_loads WHERE mitra_id = :'later';
SELECT pg_temp.equal(reporters, 0, 'not for the mitra with whom the clock never ran') FROM core.mitra_loads WHERE mitra_id = :'early';
SELECT pg_temp.equal(array_agg(had_started ORDER BY mitra_id = :'later'), '{f,t}'::boolean[], 'as the reports say') FROM core.reports WHERE session_id = :'unpaid';

-- a sign of life
SELECT * FROM api.note_presence(ARRAY[:'unpaid'::uuid], ARRAY['customer'], ARRAY[:'payer'::uuid], ARRAY[true]) \g /dev/null
SELECT * FROM api.note_presence(ARRAY[:'unpaid'::uuid], ARRAY['customer'], ARRAY[:'payer'::uuid], ARRAY[false]) \g /dev/null
SELECT api.block_other_party(:'unpaid', 'customer', :'payer') \g /dev/null
SELECT pg_temp.ok(seen_at IS NOT NULL, 'who blocks without a socket is alive') FROM core.session_presences WHERE session_id = :'unpaid' AND party = 'customer';

-- who sees reports
SELECT api.create_admin('all@example.com', 'All', '$argon2id$none') ->> 'id' AS seeing \gset
INSERT INTO core.roles (name, permissions) VALUES ('without_reports', '{"mitras": ["read"], "customers": ["read"], "sessions": ["read"]}');
SELECT api.create_admin('some@example.com', 'Some', '$argon2id$none', 'without_reports') ->> 'id' AS blind \gset
SELECT pg_temp.equal(jsonb_array_length(api.find_mitra(:'later', one.actor) -> 'reports'), one.expected, 'a mitra''s reports')
FROM (VALUES (:'seeing'::uuid, 1), (:'blind', 0), (NULL, 1)) AS one (actor, expected);
SELECT pg_temp.equal(jsonb_array_length(api.find_customer(:'payer', one.actor) -> 'reports'), one.expected, 'a customer''s')
FROM (VALUES (:'seeing'::uuid, 2), (:'blind', 0), (NULL, 2)) AS one (actor, expected);
SELECT pg_temp.equal((SELECT count(*) FROM jsonb_array_elements(api.session_timeline(:'unpaid', one.actor) -> 'items') AS step WHERE step ->> 'what' = 'reported'), one.expected, 'a session''s')
FROM (VALUES (:'seeing'::uuid, 2), (:'blind', 0), (NULL, 2)) AS one (actor, expected);
SELECT pg_temp.equal(count(*), 0::bigint, 'every rule holds') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
