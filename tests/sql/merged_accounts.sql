-- Who was merged into the owner of a phone is one person with the owner, in blocks and reports, before and after.
\ir tap.psql
SELECT pg_temp.plan(23);

-- Ends a session, so that its customer may search again, or be merged.
CREATE FUNCTION pg_temp.a_past_session(p_mitra_id uuid, p_customer_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := pg_temp.a_session(p_mitra_id, p_customer_id);
BEGIN
    PERFORM api.end_session(v_id, 'cc', NULL);
    RETURN v_id;
END
$$;
CREATE FUNCTION pg_temp.merge(p_customer_id uuid, p_owner_id uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_merge record;
BEGIN
    UPDATE core.customers SET phone = coalesce(phone, pg_temp.a_phone()), is_anonymous = false WHERE id = p_owner_id;
    SELECT * INTO v_merge FROM core.phone_owner((SELECT phone FROM core.customers WHERE id = p_owner_id), p_customer_id);
    PERFORM core.emit(v_merge.events);
    RETURN CASE v_merge.customer_id WHEN p_owner_id THEN 'merged' END;
END
$$;

SELECT pg_temp.a_mitra(true, 9) AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS guest, pg_temp.a_customer() AS owner, pg_temp.a_customer() AS stranger \gset
SELECT pg_temp.a_past_session(:'mitra', :'guest') AS past \gset

-- the block moves, and an offer that is out to the mitra is withdrawn
SELECT api.block_other_party(:'past', 'customer', :'guest') \g /dev/null
SELECT pg_temp.a_search(:'owner') AS search \gset
SELECT pg_temp.an_offer(:'search', :'mitra') AS offer, pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT pg_temp.refused(format('SELECT api.unblock_other_party(%L, ''customer'', %L)', :'past', :'owner'), 'NOT_FOUND', 'before the merge it is a stranger''s session');
SELECT pg_temp.equal(pg_temp.merge(:'guest', :'owner'), 'merged', 'the accounts are merged');
SELECT pg_temp.equal(status, 'cancelled', 'the offer of the owner''s search is cancelled') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'offer_cancelled', 'the mitra is told of it');
SELECT pg_temp.equal(status, 'searching', 'and the wave ends') FROM core.chat_sessions WHERE id = :'search';
SELECT pg_temp.equal(core.blocked_mitras(:'owner'), ARRAY[:'mitra'::uuid], 'the block is the owner''s');
SELECT pg_temp.equal(core.blocked_mitras(:'guest'), ARRAY[:'mitra'::uuid], 'and the account that lives on keeps it');
SELECT pg_temp.equal(api.session_info(:'past', 'customer', :'guest') -> 'has_blocked', 'true'::jsonb, 'who did it still sees it');
SELECT pg_temp.equal(jsonb_array_length(api.find_customer(customer) -> 'blocks'), 1, 'operators see it on both') FROM (VALUES (:'guest'::uuid), (:'owner')) AS one (customer);

-- what is done afterwards is about both
SELECT pg_temp.equal(api.unblock_other_party(:'past', 'customer', :'owner')::text, '', 'the owner is a party of the session, and takes the block back');
SELECT pg_temp.equal(core.blocked_mitras(:'owner') || core.blocked_mitras(:'guest'), '{}', 'for both accounts');
SELECT pg_temp.an_offer(:'search', :'other') AS other_offer \gset
SELECT pg_temp.an_offer(pg_temp.a_search(:'guest'), :'mitra') AS offer \gset
SELECT api.block_other_party(:'past', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.equal(string_agg(status, ' ' ORDER BY id = :'offer'), 'offered cancelled', 'a block after the merge finds the searches of both, and nobody else') FROM core.pairing_offers WHERE id IN (:'offer', :'other_offer');
SELECT pg_temp.equal(array_agg(customer_id), ARRAY[:'owner'::uuid], 'it is written once, as the owner''s') FROM core.blocks;
SELECT api.unblock_other_party(:'past', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'and can be taken back') FROM core.blocks;
SELECT pg_temp.refused(format('SELECT api.block_other_party(%L, ''customer'', %L)', :'past', :'stranger'), 'NOT_FOUND', 'strangers stay strangers');

-- an account that logs in as one owner after the other
SELECT pg_temp.a_customer() AS nomad, pg_temp.a_customer() AS first, pg_temp.a_customer() AS second \gset
SELECT api.block_other_party(pg_temp.a_past_session(:'mitra', :'nomad'), 'customer', :'nomad') \g /dev/null
SELECT pg_temp.merge(:'nomad', :'first'), pg_temp.merge(:'nomad', :'second') \g /dev/null
SELECT pg_temp.equal(core.blocked_mitras(one.customer), ARRAY[:'mitra'::uuid], 'its block follows to both') FROM (VALUES (:'nomad'::uuid), (:'first'), (:'second')) AS one (customer);

-- reports: one person, though with two accounts
SELECT pg_temp.a_customer() AS twin, pg_temp.a_customer() AS own \gset
SELECT pg_temp.a_past_session(:'mitra', :'twin') AS session1, pg_temp.a_past_session(:'mitra', :'own') AS session2 \gset
SELECT api.report_other_party(:'session1', 'customer', :'twin', 'rude'), api.report_other_party(:'session2', 'customer', :'own', 'rude') \g /dev/null
SELECT pg_temp.equal(reporters, 2, 'two customers report a mitra') FROM core.mitra_loads WHERE mitra_id = :'mitra';
SELECT pg_temp.merge(:'twin', :'own') \g /dev/null
SELECT pg_temp.equal(reporters, 1, 'who turn out to be one') FROM core.mitra_loads WHERE mitra_id = :'mitra';
SELECT pg_temp.refused(format('SELECT api.report_other_party(%L, ''customer'', %L, ''rude'')', :'session1', :'own'), 'INVALID_STATE', 'the owner has reported this session already');
SELECT pg_temp.equal(count(*), 0::bigint, 'every rule holds') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
