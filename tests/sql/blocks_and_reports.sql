-- Who blocks never meets the other again, and nobody is told; reports of several customers hold a mitra until a person decides.
\ir tap.psql
SELECT pg_temp.plan(72);

CREATE FUNCTION pg_temp.block(p_session_id uuid, p_user_type text, p_user_id uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.block_other_party(p_session_id, p_user_type, p_user_id)
$$;
CREATE FUNCTION pg_temp.report(p_session_id uuid, p_user_type text, p_user_id uuid, p_reason text DEFAULT 'rude') RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.report_other_party(p_session_id, p_user_type, p_user_id, p_reason)
$$;
CREATE FUNCTION pg_temp.barred(p_session_id uuid) RETURNS uuid[] LANGUAGE sql AS $$
    SELECT barred FROM api.unoffered_sessions() WHERE session_id = p_session_id
$$;
-- Ends a session, so that its customer may search again.
CREATE FUNCTION pg_temp.a_past_session(p_mitra_id uuid, p_customer_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := pg_temp.a_session(p_mitra_id, p_customer_id);
BEGIN
    PERFORM api.end_session(v_id, 'cc', NULL);
    RETURN v_id;
END
$$;

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger \gset

-- who may, and when
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.refused(format('SELECT pg_temp.block(%L, ''customer'', %L)', gen_random_uuid(), :'customer'), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.refused(format('SELECT pg_temp.block(%L, ''customer'', %L)', :'session', :'stranger'), 'NOT_FOUND', 'a stranger learns nothing');
SELECT pg_temp.refused(format('SELECT pg_temp.block(%L, ''mitra'', %L)', :'session', :'mitra'), 'NOT_FOUND', 'nor does a mitra of another session');
SELECT pg_temp.refused(format('SELECT pg_temp.block(%L, ''customer'', %L)', :'session', :'customer'), 'INVALID_STATE', 'a search has nobody to block');
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''customer'', %L)', :'session', :'customer'), 'INVALID_STATE', 'nor to report');
SELECT pg_temp.refused(format('SELECT api.unblock_other_party(%L, ''customer'', %L)', :'session', :'customer'), 'INVALID_STATE', 'nor to unblock');
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null

-- a block
SELECT pg_temp.seq('customer', :'customer') AS seq, pg_temp.seq('mitra', :'mitra') AS mitra_seq \gset
SELECT pg_temp.block(:'session', 'customer', :'customer') AS blocked \gset
SELECT pg_temp.equal(:'blocked'::jsonb ->> 'session_id', :'session', 'a party may block in mid-session');
SELECT pg_temp.equal(pg_temp.block(:'session', 'customer', :'customer'), :'blocked'::jsonb, 'repeating it is the same block');
SELECT pg_temp.equal(status, 'active', 'it ends no session') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq) || pg_temp.told('customer', :'customer', :seq), '', 'and nobody is told');
SELECT pg_temp.equal(api.session_info(:'session', 'customer', :'customer') -> 'has_blocked', 'true'::jsonb, 'who did it sees it');
SELECT pg_temp.equal(api.session_info(:'session', 'mitra', :'mitra') -> 'has_blocked', 'false'::jsonb, 'and the other party does not');
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null

-- asking for money: somebody else must be there
SELECT pg_temp.equal(api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true) ->> 'status', 'pending', 'another mitra is there');
SELECT api.go_offline(:'other') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, pg_temp.a_package(), p_anyone_available => %L)', :'customer', said), 'NO_MITRA_AVAILABLE', 'the only mitra is blocked: the beacon says ' || coalesce(said::text, 'nothing'))
FROM (VALUES (true), (false), (NULL)) AS beacon (said);
SELECT pg_temp.equal(api.create_payment_request(:'stranger', pg_temp.a_package(), p_anyone_available => true) ->> 'status', 'pending', 'for others the mitra is there');
SELECT api.go_online(:'other') \g /dev/null

-- the next search
SELECT pg_temp.a_search(:'customer') AS session2 \gset
SELECT pg_temp.equal(pg_temp.barred(:'session2'), ARRAY[:'mitra'::uuid], 'the pair is kept apart');
SELECT pg_temp.equal((SELECT array_agg(mitra_id) FROM api.blast(:'session2', ARRAY[:'mitra', :'other']::uuid[])), ARRAY[:'other'::uuid], 'blast judges it under lock');
SELECT pg_temp.equal(reason, 'blocked', 'and says so') FROM ops.explain_pairing(:'session2') WHERE mitra_id = :'mitra' AND wave = 1;
SELECT api.decline_offer(offer.id, :'other') FROM core.pairing_offers AS offer WHERE session_id = :'session2' \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'also when it chooses by itself') FROM api.blast(:'session2');
SELECT pg_temp.equal(reason, 'blocked', 'the next wave would not have the mitra either') FROM ops.explain_pairing(:'session2') WHERE mitra_id = :'mitra' AND wave = 2;
SELECT pg_temp.equal(value, '1', 'the mitra''s explanation counts it') FROM ops.explain_mitra(:'mitra') WHERE topic = 'blocked';

-- taken back
SELECT pg_temp.equal(api.unblock_other_party(:'session', 'mitra', :'mitra')::text, '', 'only one''s own block can be taken back');
SELECT pg_temp.ok(:'mitra' = ANY (pg_temp.barred(:'session2')), 'so it stays');
SELECT api.unblock_other_party(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.ok(:'mitra' <> ALL (pg_temp.barred(:'session2')), 'its own party takes it back');

-- while an offer is out
SELECT pg_temp.an_offer(:'session2', :'mitra') AS offer, pg_temp.seq('mitra', :'mitra') AS mitra_seq \gset
SELECT pg_temp.block(:'session', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq), 'offer_cancelled', 'an offer that is out is withdrawn');
SELECT pg_temp.equal(status, 'searching', 'and its wave ends') FROM core.chat_sessions WHERE id = :'session2';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'OFFER_GONE', 'it cannot be accepted');
SELECT pg_temp.equal(core.offer_outcome(offer), 'offered; withdrawn, because a block keeps the two apart', 'and the reason is told') FROM core.pairing_offers AS offer WHERE id = :'offer';
SELECT pg_temp.equal(pg_temp.barred(:'session2') @> ARRAY[:'mitra'::uuid], true, 'a mitra''s block keeps them apart, too');

-- an offer beside a block, as a merge may leave it
SELECT pg_temp.a_customer() AS merging, pg_temp.a_customer() AS owner \gset
SELECT pg_temp.a_phone() AS phone \gset
UPDATE core.customers SET phone = :'phone', is_anonymous = false WHERE id = :'owner';
SELECT pg_temp.a_past_session(:'mitra', :'merging') AS merged \gset
SELECT pg_temp.block(:'merged', 'customer', :'merging') \g /dev/null
SELECT pg_temp.an_offer(pg_temp.a_search(:'owner'), :'mitra') AS offer \gset
SELECT pg_temp.equal(customer_id, :'owner', 'the accounts are merged') FROM core.phone_owner(:'phone', :'merging');
SELECT pg_temp.equal(string_agg(party || ' ' || mitra_id, ','), 'customer ' || :'mitra', 'the block moves along') FROM core.blocks WHERE customer_id = :'owner';
SELECT pg_temp.equal(count(*), 0::bigint, 'and is not there twice') FROM core.blocks WHERE customer_id = :'merging';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'OFFER_GONE', 'accepting judges the block under lock');

-- afterwards
SELECT pg_temp.a_past_session(:'mitra', :'stranger') AS past \gset
UPDATE core.chat_sessions SET ended_at = clock_timestamp() - interval '7 days' + interval '1 minute' WHERE id = :'past';
SELECT pg_temp.ok(pg_temp.block(:'past', 'customer', :'stranger') IS NOT NULL, 'within seven days');
UPDATE core.chat_sessions SET ended_at = clock_timestamp() - interval '7 days' WHERE id = :'past';
SELECT pg_temp.refused(format('SELECT pg_temp.block(%L, ''customer'', %L)', :'past', :'stranger'), 'INVALID_STATE', 'not later');
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''mitra'', %L)', :'past', :'mitra'), 'INVALID_STATE', 'nor a report');
SELECT pg_temp.equal(api.unblock_other_party(:'past', 'customer', :'stranger')::text, '', 'but it may be taken back');

-- a mitra that a reroute took away
SELECT pg_temp.a_customer() AS moved \gset
SELECT pg_temp.a_session(:'mitra', :'moved') AS session3 \gset
SELECT api.reroute_session(:'session3') \g /dev/null
SELECT pg_temp.block(:'session3', 'customer', :'moved') \g /dev/null
SELECT pg_temp.equal(mitra_id, :'mitra', 'while the search goes on it is the former mitra who is blocked') FROM core.blocks WHERE customer_id = :'moved';

-- reports
SELECT pg_temp.a_mitra(true, 9) AS held \gset
SELECT array_agg(pg_temp.a_customer()) AS reporters FROM generate_series(1, 4) \gset
SELECT array_agg(pg_temp.a_past_session(:'held', id) ORDER BY nth) AS sessions FROM unnest(:'reporters'::uuid[]) WITH ORDINALITY AS one (id, nth) \gset
SELECT :'sessions'::uuid[] AS s \gset
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''customer'', %L)', (:'s'::uuid[])[1], :'stranger'), 'NOT_FOUND', 'nobody reports another''s session');
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''customer'', %L, %L)', (:'s'::uuid[])[1], (:'reporters'::uuid[])[1], ' '), 'VALIDATION_ERROR', 'a report has a reason', 'reason');
SELECT pg_temp.refused(format('SELECT api.report_other_party(%L, ''customer'', %L, ''rude'', repeat(''x'', 1001))', (:'s'::uuid[])[1], (:'reporters'::uuid[])[1]), 'VALIDATION_ERROR', 'a comment has a length', 'comment');
SELECT pg_temp.equal(api.report_other_party((:'s'::uuid[])[1], 'customer', (:'reporters'::uuid[])[1], ' rude ', ' ') - '{id,created_at}'::text[], jsonb_build_object('session_id', (:'s'::uuid[])[1], 'reason', 'rude', 'comment', NULL), 'the first report');
SELECT pg_temp.refused(format('SELECT pg_temp.report(%L, ''customer'', %L)', (:'s'::uuid[])[1], (:'reporters'::uuid[])[1]), 'INVALID_STATE', 'once a session');
SELECT pg_temp.report((:'s'::uuid[])[1], 'mitra', :'held') \g /dev/null
SELECT pg_temp.equal(reporters, 1, 'each party once; only customers count') FROM core.mitra_loads WHERE mitra_id = :'held';
SELECT pg_temp.report((:'s'::uuid[])[2], 'customer', (:'reporters'::uuid[])[2]) \g /dev/null
SELECT pg_temp.report(pg_temp.a_past_session(:'held', (:'reporters'::uuid[])[2]), 'customer', (:'reporters'::uuid[])[2]) \g /dev/null
SELECT pg_temp.equal(reporters, 2, 'a customer counts once') FROM core.mitra_loads WHERE mitra_id = :'held';
SELECT pg_temp.equal(api.mitra_status(:'held') -> 'available', 'true'::jsonb, 'two are not enough');

-- the third holds the mitra: no new offers; what is out, and what runs, goes on
SELECT pg_temp.a_search() AS waiting, pg_temp.a_search() AS offered, pg_temp.a_session(:'held') AS running \gset
SELECT pg_temp.an_offer(:'offered', :'held') AS offer \gset
SELECT api.report_other_party((:'s'::uuid[])[3], 'customer', (:'reporters'::uuid[])[3], 'fraud', 'Asked for money.') ->> 'id' AS third \gset
SELECT pg_temp.equal(api.mitra_status(:'held') -> 'available', 'false'::jsonb, 'three hold the mitra');
SELECT pg_temp.equal(concat_ws(' ', max_sessions, is_online), '0 t', 'the mirror shows it without slots') FROM api.mirror_state(ARRAY[:'held'::uuid]);
SELECT pg_temp.equal(count(*), 0::bigint, 'PostgreSQL chooses it no more') FROM core.available_mitras() WHERE mitra_id = :'held';
SELECT pg_temp.equal(count(*), 0::bigint, 'blast judges it under lock') FROM api.blast(:'waiting', ARRAY[:'held'::uuid]);
SELECT pg_temp.equal(reason, 'held by open reports', 'and says so') FROM ops.explain_pairing(:'waiting') WHERE mitra_id = :'held' ORDER BY wave LIMIT 1;
SELECT pg_temp.equal(holds, false, 'as does the mitra''s explanation') FROM ops.explain_mitra(:'held') WHERE what = 'not held';
SELECT pg_temp.equal((SELECT item ->> 'state' FROM jsonb_array_elements(api.list_mitras(p_state => 'held') -> 'items') AS item WHERE item ->> 'id' = :'held'), 'held', 'and the list');
SELECT pg_temp.equal(api.accept_offer(:'offer', :'held') ->> 'status', 'active', 'an offer from before may be accepted');
SELECT pg_temp.equal(status, 'active', 'a running session goes on') FROM core.chat_sessions WHERE id = :'running';
SELECT pg_temp.set('reports_before_hold', '0');
SELECT pg_temp.equal(api.mitra_status(:'held') -> 'available', 'true'::jsonb, '0 holds nobody');
SELECT pg_temp.set('reports_before_hold', '3');

-- a person decides
SELECT pg_temp.refused(format('SELECT api.decide_report(%L, ''open'')', :'third'), 'VALIDATION_ERROR', 'upheld or dismissed', 'outcome');
SELECT pg_temp.refused(format('SELECT api.decide_report(%L, ''upheld'')', gen_random_uuid()), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.equal(api.note_report(:'third', ' called her ') -> 'notes' -> 0 ->> 'note', 'called her', 'notes are kept');
SELECT pg_temp.equal(concat_ws(' ', decided ->> 'status', decided ->> 'reporters', decided ->> 'mitra_is_held'), 'dismissed 2 false', 'deciding ends the hold') FROM api.decide_report(:'third', 'dismissed') AS decided;
SELECT pg_temp.equal(api.decide_report(:'third', 'dismissed') ->> 'status', 'dismissed', 'the same decision again changes nothing');
SELECT pg_temp.refused(format('SELECT api.decide_report(%L, ''upheld'')', :'third'), 'INVALID_STATE', 'another one is refused');
SELECT pg_temp.equal(api.decide_report(id, 'upheld') ->> 'status', 'upheld', 'a mitra''s report is decided, too') FROM core.reports WHERE party = 'mitra';
SELECT pg_temp.equal((SELECT array_agg(mitra_id) FROM api.blast(:'waiting', ARRAY[:'held'::uuid])), ARRAY[:'held'::uuid], 'and it gets offers again');
SELECT pg_temp.equal(count(*), 3::bigint, 'the queue has what is open') FROM jsonb_array_elements(api.list_reports('open', p_mitra_id => :'held') -> 'items') AS item WHERE item ->> 'reported_by' = 'customer';

-- a deactivated mitra does nothing any more
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT pg_temp.%s(%L, ''mitra'', %L)', what, :'merged', :'mitra'), 'MITRA_DEACTIVATED', what || ' by a deactivated mitra') FROM (VALUES ('block'), ('report')) AS one (what);
UPDATE core.chat_sessions SET ended_at = clock_timestamp() - interval '8 days' WHERE id = :'merged';
SELECT pg_temp.refused(format('SELECT pg_temp.%s(%L, ''mitra'', %L)', what, :'merged', :'mitra'), 'MITRA_DEACTIVATED', what || ' too late, by a deactivated mitra') FROM (VALUES ('block'), ('report')) AS one (what);
SELECT pg_temp.equal(count(*), 0::bigint, 'every rule holds') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
