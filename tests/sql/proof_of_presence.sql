-- Nobody knows who has a socket: what the mitra did since an extension was asked for proves that the mitra is there.
\ir tap.psql
SELECT pg_temp.plan(32);

-- What becomes of an extension when this was done before its deadline, and Valkey is away at its deadline. $1 is the mitra, $2 the
-- session and $3 its customer, $4 another session of the mitra, $5 that session's customer and $6 its extension, $7 an offer
-- that waits, $8 an offer that the mitra declined and $9 an offer that the mitra accepted before.
CREATE FUNCTION pg_temp.judged(p_done text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_mitra uuid := pg_temp.a_mitra(p_max_sessions => 4);
    v_customer uuid := pg_temp.a_customer();
    v_other_customer uuid := pg_temp.a_customer();
    v_session uuid := pg_temp.a_session(v_mitra, v_customer);
    v_other uuid := pg_temp.a_session(v_mitra, v_other_customer);
    v_declined uuid := pg_temp.an_offer(pg_temp.a_search(), v_mitra);
    v_offer uuid := pg_temp.an_offer(pg_temp.a_search(), v_mitra);
    v_other_extension uuid;
    v_extension uuid;
BEGIN
    PERFORM api.decline_offer(v_declined, v_mitra), api.send_message(v_other, 'mitra', v_mitra, 'before', 'Hello');
    v_other_extension := pg_temp.a_pending_extension(v_other, v_other_customer);
    v_extension := pg_temp.a_pending_extension(v_session, v_customer);
    EXECUTE 'SELECT ' || p_done USING v_mitra, v_session, v_customer, v_other, v_other_customer, v_other_extension, v_offer, v_declined,
        (SELECT id FROM core.pairing_offers WHERE session_id = v_other);
    UPDATE core.session_extensions SET expires_at = clock_timestamp() WHERE id = v_extension;
    RETURN api.settle_extension(v_extension, NULL) ->> 'status';
END
$$;

SELECT pg_temp.equal(pg_temp.judged(done), 'accepted', what || ' proves it')
FROM (VALUES
    ('a message', 'api.send_message(pg_temp.a_session($1), ''mitra'', $1, ''since'', ''Hello'')'),
    ('an accept', 'api.accept_offer($7, $1)'),
    ('a request that is answered from its Idempotency-Key', $$api.store_idempotent_reply('mitra:' || $1, 'POST', '/x', 'k', '\x01', 200, '{}'),
        (SELECT reply FROM api.claim_idempotency_key('mitra:' || $1, 'POST', '/x', 'k', '\x01'))$$),
    ('a repeated accept', 'api.accept_offer($9, $1)'),
    ('a decline', 'api.decline_offer($7, $1)'),
    ('a repeated decline', 'api.decline_offer($8, $1)'),
    ('a repeated message', 'api.send_message($4, ''mitra'', $1, ''before'', ''Hello'')'),
    ('going offline and online', 'api.go_offline($1), api.go_online($1)'),
    ('going online again', 'api.go_online($1)'),
    ('the answer to another extension', 'api.respond_to_extension($6, $4, $1, true)'),
    ('the end of another session', 'api.end_session($4, ''mitra'', $1)'),
    ('a topic marked sensitive', 'api.set_topic_sensitivity($2, $1, ''sensitive'')'),
    ('reading', 'api.read_messages($4, ''mitra'', $1, 1)'),
    ('reading the same again', 'api.read_messages($2, ''mitra'', $1, 0)'),
    ('a block', 'api.block_other_party($4, ''mitra'', $1)'),
    ('a block taken back', 'api.unblock_other_party($4, ''mitra'', $1)'),
    ('a report', 'api.report_other_party($4, ''mitra'', $1, ''rude'')'),
    ('a new name', 'api.update_profile(''mitra'', $1, ''Mitra of a new name'')'),
    ('asking for one''s own data', 'api.request_data_export(''mitra'', $1)'),
    ('a socket that asks for what it missed while an offer waits', 'api.note_seen($1)')
) AS command (what, done);

SELECT pg_temp.equal(pg_temp.judged('api.go_offline($1)'), 'timeout', 'a mitra who went offline is there, but not reachable');
SELECT pg_temp.equal(pg_temp.judged(done), 'pending', what || ' proves nothing')
FROM (VALUES
    ('silence', '1'),
    ('a heartbeat', 'api.record_heartbeat($1)'),
    ('a look', 'api.session_info($2, ''mitra'', $1), api.list_messages($2, ''mitra'', $1), api.mitra_status($1), api.profile(''mitra'', $1)'),
    ('what a DBA does for the mitra', 'api.go_online($1, ''dba'')'),
    ('the command of another mitra', 'api.go_online(pg_temp.a_mitra())'),
    ('what the customer does', 'api.read_messages($2, ''customer'', $3, 0), api.update_profile(''customer'', $3, ''Ani'')'),
    ('what another customer does', 'api.end_session($4, ''customer'', $5)')
) AS other (what, done);

-- noted once, and for an extension that waits alone
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT api.set_topic_sensitivity(:'session', :'mitra', 'sensitive') \g /dev/null
SELECT api.respond_to_extension(pg_temp.a_pending_extension(:'session', :'customer'), :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'without an extension that waits, nothing is written') FROM core.presence_proofs WHERE mitra_id = :'mitra';
SELECT pg_temp.a_pending_extension(:'session', :'customer') AS extension \gset
SELECT api.go_online(:'mitra'), api.set_topic_sensitivity(:'session', :'mitra', 'normal') \g /dev/null
SELECT pg_temp.equal(count(*), 1::bigint, 'while an extension waits, the first command is') FROM core.presence_proofs WHERE mitra_id = :'mitra';
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.a_pending_extension(:'session', :'customer') \g /dev/null
SELECT api.note_seen(:'mitra') \g /dev/null
SELECT pg_temp.equal(count(*), 2::bigint, 'and once more for the next extension, without an offer by a socket too') FROM core.presence_proofs WHERE mitra_id = :'mitra';
UPDATE core.presence_proofs SET at = at - interval '25 hours' WHERE mitra_id = :'mitra';
SELECT api.prune('presence_proofs', 1000) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'all that is forgotten after a day') FROM core.presence_proofs WHERE mitra_id = :'mitra';

SELECT pg_temp.finish();
ROLLBACK;
