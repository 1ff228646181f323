-- Who may call what: each role its functions and nothing else, and nobody a table.
\ir tap.psql
SELECT pg_temp.plan(33);

CREATE FUNCTION pg_temp.may(p_role text, p_function text) RETURNS boolean LANGUAGE sql AS $$
    SELECT bool_and(has_function_privilege(p_role, oid, 'EXECUTE')) FROM pg_proc WHERE pronamespace = split_part(p_function, '.', 1)::regnamespace AND proname = split_part(p_function, '.', 2)
$$;

SELECT pg_temp.equal(string_agg(rolname, ' ' ORDER BY rolname), 'halo_app halo_cc halo_dba halo_listener halo_owner halo_readonly', 'the roles are there')
FROM pg_roles WHERE rolname IN ('halo_app', 'halo_cc', 'halo_dba', 'halo_listener', 'halo_owner', 'halo_readonly');
SELECT pg_temp.ok(NOT rolcanlogin, 'the owner can not log in') FROM pg_roles WHERE rolname = 'halo_owner';
SELECT pg_temp.ok(NOT bool_or(rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls), 'no role is anything special') FROM pg_roles WHERE rolname LIKE 'halo\_%';

-- each what it needs
SELECT pg_temp.ok(pg_temp.may('halo_app', 'api.accept_offer') AND pg_temp.may('halo_app', 'api.run_due') AND pg_temp.may('halo_app', 'api.record_heartbeat'), 'the app carries apps'' commands, and settles what is overdue at its start');
SELECT pg_temp.ok(NOT pg_temp.may('halo_app', 'api.confirm_payment') AND NOT pg_temp.may('halo_cc', 'api.confirm_payment') AND NOT pg_temp.may('halo_cc', 'api.reconcile_payment'),
    'neither the app nor the control centre can say that money has arrived');
SELECT pg_temp.ok(NOT pg_temp.may('halo_app', 'api.create_mitra') AND NOT pg_temp.may('halo_app', 'api.deactivate_mitra') AND NOT pg_temp.may('halo_app', 'api.set_config')
    AND NOT pg_temp.may('halo_app', 'api.create_admin') AND NOT pg_temp.may('halo_app', 'api.cc_credentials'), 'nor do what is the control centre''s');
SELECT pg_temp.ok(NOT pg_temp.may('halo_app', 'api.blast') AND NOT pg_temp.may('halo_app', 'api.claim_events'), 'nor what is the listener''s');
SELECT pg_temp.ok(pg_temp.may('halo_listener', 'api.blast') AND pg_temp.may('halo_listener', 'api.run_due') AND pg_temp.may('halo_listener', 'api.claim_events') AND pg_temp.may('halo_listener', 'api.mirror_state'), 'the listener pairs, moves deadlines, dispatches and mirrors');
SELECT pg_temp.ok(NOT pg_temp.may('halo_listener', 'api.accept_offer') AND NOT pg_temp.may('halo_listener', 'api.confirm_payment') AND NOT pg_temp.may('halo_listener', 'api.verify_otp'), 'it answers for nobody');
SELECT pg_temp.ok(pg_temp.may('halo_cc', 'api.deactivate_mitra') AND pg_temp.may('halo_cc', 'api.dashboard') AND pg_temp.may('halo_cc', 'api.set_config'), 'the control centre governs');
SELECT pg_temp.ok(NOT pg_temp.may('halo_cc', 'api.accept_offer') AND NOT pg_temp.may('halo_cc', 'api.verify_otp'), 'it acts as nobody');
SELECT pg_temp.equal(string_agg(proname, ' ' ORDER BY proname), 'begin_cc_login cc_credentials give_back_leadership open_cc_login open_cc_web_session renew_leadership take_leadership', 'the DBA may call all of api and ops, but does not log in as an operator, see hashes of passwords, or lead')
FROM pg_proc WHERE pronamespace IN ('api'::regnamespace, 'ops'::regnamespace) AND NOT has_function_privilege('halo_dba', oid, 'EXECUTE');
SELECT pg_temp.ok(bool_and(has_table_privilege('halo_readonly', oid, 'SELECT')), 'the reader reads the views of ops') FROM pg_class WHERE relnamespace = 'ops'::regnamespace AND relkind = 'v' AND relname <> 'audit_log';
SELECT pg_temp.ok(has_table_privilege('halo_dba', 'ops.audit_log', 'SELECT') AND NOT has_table_privilege('halo_readonly', 'ops.audit_log', 'SELECT'), 'the audit log is the DBA''s to read alone');
SELECT pg_temp.ok(NOT bool_or(has_function_privilege('halo_readonly', oid, 'EXECUTE')), 'and calls nothing of api') FROM pg_proc WHERE pronamespace = 'api'::regnamespace;
SELECT pg_temp.ok(NOT bool_or(has_function_privilege(role, oid, 'EXECUTE')), 'nobody reaches into core') FROM pg_proc, unnest(ARRAY['halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba']) AS role WHERE pronamespace = 'core'::regnamespace;
SELECT pg_temp.ok(NOT bool_or(has_schema_privilege(role, 'core', 'USAGE')), 'nor sees its schema') FROM unnest(ARRAY['halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba']) AS role;
SELECT pg_temp.ok(NOT bool_or(has_schema_privilege(role, schema, 'CREATE')), 'nor makes anything in ours') FROM unnest(ARRAY['halo_app', 'halo_listener', 'halo_cc', 'halo_readonly', 'halo_dba']) AS role, unnest(ARRAY['core', 'api', 'ops']) AS schema;

-- as they are
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_search() AS session \gset
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO PUBLIC;
GRANT ALL ON pg_temp.tap TO PUBLIC;
SET LOCAL ROLE halo_app;
SELECT pg_temp.equal((api.mitra_status(:'mitra') ->> 'is_online')::boolean, true, 'the app calls what it may');
SELECT pg_temp.fails('SELECT * FROM core.customers', '42501', 'and reads no table');
SELECT pg_temp.fails('UPDATE core.payment_requests SET amount = 1', '42501', 'nor writes one');
SELECT pg_temp.fails('SELECT core.capacity(gen_random_uuid())', '42501', 'nor calls what is internal');
SELECT pg_temp.fails('SELECT * FROM ops.money_balance', '42501', 'nor looks where people look');
SELECT pg_temp.fails('SELECT api.confirm_payment(gen_random_uuid())', '42501', 'nor confirms money');
SET LOCAL ROLE halo_readonly;
SELECT pg_temp.fails('SELECT core.refuse(''NOT_FOUND'', '''')', '42501', 'the reader calls nothing');
SELECT pg_temp.ok((SELECT count(*) FROM ops.open_sessions WHERE session_id = :'session') = 1 AND (SELECT count(*) FROM ops.mitra_availability) > 0
    AND (SELECT unaccounted FROM ops.money_balance) = 0 AND (SELECT count(*) FROM ops.invariant_violations) = 0, 'but reads the views');
SELECT pg_temp.ok(count(*) > 0, 'and the story of a session') FROM ops.session_timeline(:'session');
SET LOCAL ROLE halo_dba;
SELECT pg_temp.equal(api.go_offline(:'mitra', 'dba') ->> 'is_online', 'false', 'the DBA sets a mitra offline');
SELECT pg_temp.fails('SELECT * FROM core.mitras', '42501', 'and needs no table for it');
SELECT pg_temp.fails('SELECT * FROM api.cc_credentials(''admin@example.com'')', '42501', 'sees no hash of a password');
SELECT api.request_reseed(NULL), api.create_admin('dba@example.com', 'D', '$argon2id$x') IS NOT NULL AS made \gset
SELECT api.set_config('blast_size', '7', 'cc:somebody@example.com') IS NOT NULL AS changed \gset
SELECT pg_temp.equal(string_agg(action || ' ' || actor || ' ' || (database_role = session_user)::text, ', ' ORDER BY action),
    'config.update cc:somebody@example.com true, control_center_user.create ' || session_user || ' true, mirror.reseed ' || session_user || ' true',
    'and what the DBA changes is in the audit log, with the role that was logged in, whatever name was given') FROM ops.audit_log WHERE at >= transaction_timestamp()
    AND action IN ('config.update', 'control_center_user.create', 'mirror.reseed');
RESET ROLE;

-- a temporary table takes nobody's place
CREATE TEMP TABLE mitras (id uuid, is_active boolean);
CREATE TEMP TABLE refusals (code text);
SET LOCAL search_path = pg_temp, core, api;
SELECT pg_temp.equal(api.go_online(:'mitra') ->> 'is_online', 'true', 'no temporary table takes the place of ours');
SELECT pg_temp.refused(format('SELECT api.go_online(%L)', gen_random_uuid()), 'NOT_FOUND', 'nor changes a refusal');

SELECT pg_temp.finish();
ROLLBACK;
