-- The control centre takes a mitra out of service, in one transaction, and back.
\ir tap.psql
SELECT pg_temp.plan(41);

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra') AS running, pg_temp.a_search() AS searching \gset
SELECT offer_id AS offer FROM api.blast(:'searching', ARRAY[:'mitra', :'other']::uuid[]) WHERE mitra_id = :'mitra' \gset
SELECT phone AS phone FROM core.mitras WHERE id = :'mitra' \gset
SELECT api.request_otp(:'phone', 'mitra', '\x01', 'here') \g /dev/null
SELECT auth_session_id AS login FROM api.verify_otp(:'phone', 'mitra', '\x01', '\xaa01', 'here') \gset
SELECT api.register_push_token('mitra', :'mitra', 'her-phone') \g /dev/null
SELECT customer_id AS guest FROM core.chat_sessions WHERE id = :'running' \gset
SELECT seq AS said FROM api.send_message(:'running', 'customer', :'guest', 'm1', 'Halo'), LATERAL (SELECT (message ->> 'seq')::bigint AS seq) AS sent \gset
SELECT api.queue_message_push(:'running', :said) AS devices \gset
SELECT pg_temp.seq('mitra', :'mitra') AS seq, version AS version FROM api.mirror_state(ARRAY[:'mitra'::uuid]) \gset

SELECT api.deactivate_mitra(:'mitra') AS mitra_json \gset
SELECT pg_temp.ok(NOT (:'mitra_json'::jsonb ->> 'is_active')::boolean, 'the mitra is inactive');
SELECT pg_temp.ok(NOT (:'mitra_json'::jsonb ->> 'is_online')::boolean, 'the mitra is offline');
SELECT pg_temp.equal(count(*), 0::bigint, 'none of its logins is left') FROM core.auth_sessions
WHERE user_type = 'mitra' AND user_id = :'mitra' AND revoked_at IS NULL;
SELECT pg_temp.equal(revoked_reason, 'deactivated', 'its login says why it ended') FROM core.auth_sessions WHERE family = :'login';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'status_changed signed_out', 'its sockets are told, and ordered closed');
SELECT pg_temp.ok(frame -> 'auth_session_ids' ? :'login', 'the order names the login') FROM api.events_after('mitra', :'mitra', :seq) WHERE frame ->> 'type' = 'signed_out';
SELECT pg_temp.ok(NOT is_active AND NOT is_online AND version > :version, 'the mirror is told') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(string_agg(action || ' ' || cause, ', ' ORDER BY id), 'activate created, online mitra, offline deactivated, deactivate control_centre',
    'the ledger has both the offline and the deactivation') FROM core.mitra_status_log WHERE mitra_id = :'mitra';
SELECT pg_temp.equal(count(*), 1::bigint, 'the audit log has it') FROM core.audit_log WHERE subject = :'mitra' AND action = 'mitra.deactivate';
SELECT pg_temp.equal(status, 'active', 'by the policy finish, its running session keeps its clock') FROM core.chat_sessions WHERE id = :'running';

-- its phones
SELECT pg_temp.equal(:devices, 1, 'what a customer said was queued for its phone') ;
SELECT pg_temp.equal(string_agg(DISTINCT status, ' '), 'cancelled', 'and is withdrawn with all the rest') FROM core.pushes WHERE recipient = 'mitra:' || :'mitra';
SELECT message ->> 'seq' AS said FROM api.send_message(:'running', 'customer', :'guest', 'm2', 'Halo?') \gset
SELECT pg_temp.equal(api.queue_message_push(:'running', :said), 0, 'the next words do not go to its phone');
UPDATE core.pushes SET status = 'queued', settled_at = NULL, next_attempt_at = clock_timestamp() WHERE recipient = 'mitra:' || :'mitra' AND type = 'message';
SELECT pg_temp.equal(count(*), 0::bigint, 'nor does a push that was being sent, and comes back') FROM api.claim_pushes(1000) AS claimed WHERE claimed.user_id = :'mitra';
SELECT core.emit(ARRAY[core.to_mitra(:'mitra', 'extension_request', jsonb_build_object('session_id', :'running', 'expires_at', clock_timestamp() + interval '1 minute'))]) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'nor do events') FROM core.pushes WHERE recipient = 'mitra:' || :'mitra' AND type = 'extension_request';
SELECT api.forget_push_token('mitra', :'mitra', 'her-phone') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'it may forget its phone') FROM core.push_tokens WHERE token = 'her-phone';

-- its commands
SELECT pg_temp.refused(format('SELECT api.read_messages(%L, ''mitra'', %L, 1)', :'running', :'mitra'), 'MITRA_DEACTIVATED', 'it reads nothing any more');
SELECT pg_temp.refused(format('SELECT api.mitra_offers(%L)', :'mitra'), 'MITRA_DEACTIVATED', 'it has no offers');
SELECT pg_temp.refused(format('SELECT api.go_online(%L)', :'mitra'), 'MITRA_DEACTIVATED', 'it may not go online');
SELECT pg_temp.refused(format('SELECT api.go_offline(%L)', :'mitra'), 'MITRA_DEACTIVATED', 'it may not go offline');
SELECT pg_temp.refused(format('SELECT api.record_heartbeat(%L)', :'mitra'), 'MITRA_DEACTIVATED', 'it has no heartbeat');
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'offer', :'mitra'), 'MITRA_DEACTIVATED', 'it accepts nothing');
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'mitra'), 'MITRA_DEACTIVATED', 'it declines nothing');
SELECT pg_temp.refused(format('SELECT api.end_session(%L, ''mitra'', %L)', :'running', :'mitra'), 'MITRA_DEACTIVATED', 'it ends nothing');
SELECT pg_temp.refused(format('SELECT api.set_topic_sensitivity(%L, %L, ''sensitive'')', :'running', :'mitra'), 'MITRA_DEACTIVATED', 'it marks nothing');
SELECT pg_temp.equal(refusal, 'MITRA_DEACTIVATED', 'MITRA_DEACTIVATED: it can not refresh') FROM api.refresh_login('\xaa01', 1, '\xaa02');
SELECT api.request_otp(:'phone', 'mitra', '\x02', 'here') \g /dev/null
SELECT pg_temp.equal(refusal, 'MITRA_DEACTIVATED', 'MITRA_DEACTIVATED: it can not log in') FROM api.verify_otp(:'phone', 'mitra', '\x02', '\xaa03', 'here');
SELECT pg_temp.equal(count(*), 0::bigint, 'so it has no login') FROM core.auth_sessions WHERE user_id = :'mitra' AND revoked_at IS NULL;

-- its offers
SELECT pg_temp.equal(status, 'offered', 'its offer is not touched in the same transaction, whose locks would be in the wrong order') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.ok(api.next_deadline() <= clock_timestamp(), 'its withdrawal is due at once');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'run_due cancels it') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.equal(status, 'pending_acceptance', 'the other mitra''s offer goes on') FROM core.chat_sessions WHERE id = :'searching';

-- repeating, and back
SELECT pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.seq('mitra', :'mitra'), :seq::bigint, 'deactivating again tells nobody');
SELECT pg_temp.equal(count(*), 4::bigint, 'deactivating again is not in the ledger') FROM core.mitra_status_log WHERE mitra_id = :'mitra';
SELECT api.activate_mitra(:'mitra') AS mitra_json \gset
SELECT pg_temp.equal((:'mitra_json'::jsonb ->> 'is_active') || ' ' || (:'mitra_json'::jsonb ->> 'is_online'), 'true false', 'an activated mitra is active, and offline until it says otherwise');
SELECT pg_temp.ok((api.go_online(:'mitra') ->> 'is_online')::boolean, 'it may go online again');
SELECT pg_temp.refused(format('SELECT api.deactivate_mitra(%L)', gen_random_uuid()), 'NOT_FOUND', 'nobody can be deactivated who is no mitra');

-- money for a session that waits for it: nobody pays for a mitra who may not write
SELECT pg_temp.set('deactivation_session_policy', '"finish"'), pg_temp.set('pairing_before_payment', 'true') \g /dev/null
SELECT pg_temp.a_mitra() AS gone, pg_temp.a_mitra() AS next, pg_temp.a_customer() AS payer \gset
SELECT pg_temp.a_payment(:'payer') AS payment \gset
SELECT session_id AS paid_for FROM core.payment_requests WHERE id = :'payment' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'paid_for', :'gone'), :'gone') \g /dev/null
SELECT api.deactivate_mitra(:'gone'), pg_temp.settle() \g /dev/null
SELECT pg_temp.seq('customer', :'payer') AS seq \gset
SELECT pg_temp.equal(api.confirm_payment(:'payment') ->> 'status', 'confirmed', 'the money is held');
SELECT pg_temp.equal(concat_ws(' ', status, round, mitra_id), 'searching 2', 'another mitra is looked for') FROM core.chat_sessions WHERE id = :'paid_for';
SELECT pg_temp.equal(pg_temp.told('customer', :'payer', :seq), 'payment_updated session_rerouted', 'the customer is told of both');
SELECT pg_temp.equal(api.accept_offer(pg_temp.an_offer(:'paid_for', :'next'), :'next') ->> 'status', 'active', 'whose accept keeps the money');

SELECT pg_temp.finish();
ROLLBACK;
