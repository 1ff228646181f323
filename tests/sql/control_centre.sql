-- The operators: who they are, what they may do, what they see first.
\ir tap.psql
SELECT pg_temp.plan(52);

-- create_admin, cc_credentials, open_cc_login
SELECT api.create_admin('Rina@Example.com', 'Rina', '$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA') AS rina \gset
SELECT (:'rina'::jsonb ->> 'id') AS rina_id \gset
SELECT pg_temp.equal((:'rina'::jsonb ->> 'email') || ' ' || (:'rina'::jsonb ->> 'role'), 'rina@example.com super_admin', 'an administrator is made, her address in small letters');
SELECT pg_temp.ok(NOT :'rina'::jsonb ? 'password_hash' AND NOT EXISTS (SELECT FROM core.audit_log WHERE subject = :'rina_id' AND after::text LIKE '%argon2%'), 'her password''s hash is shown to nobody');
SELECT pg_temp.refused($$SELECT api.create_admin('RINA@example.com', 'Rina', '$argon2id$x')$$, 'INVALID_STATE', 'an address belongs to one user', 'email');
SELECT pg_temp.refused($$SELECT api.create_admin('rina', 'Rina', '$argon2id$x')$$, 'VALIDATION_ERROR', 'an address has an @', 'email');
SELECT pg_temp.refused($$SELECT api.create_admin('a@example.com', 'A', 'secret')$$, 'VALIDATION_ERROR', 'a password comes as a hash', 'password_hash');
SELECT pg_temp.refused($$SELECT api.create_admin('a@example.com', 'A', '$argon2id$x', 'emperor')$$, 'VALIDATION_ERROR', 'there is no such role', 'role');
SELECT pg_temp.equal(cc_user_id::text, :'rina_id', 'her credentials are found, however the address is written') FROM api.cc_credentials('RINA@EXAMPLE.COM');
SELECT pg_temp.equal(count(*), 0::bigint, 'those of a stranger are not') FROM api.cc_credentials('nobody@example.com');
SELECT pg_temp.equal(user_type || ':' || user_id || ' ' || (refusal IS NULL)::text, 'cc:' || :'rina_id' || ' true', 'she logs in') FROM api.open_cc_login(:'rina_id', '\xe1', 'here');
SELECT pg_temp.equal(user_type || ':' || user_id, 'cc:' || :'rina_id', 'and stays in') FROM api.refresh_login('\xe1', 1, '\xe2');
SELECT pg_temp.equal(actor || ' ' || (after ->> 'address'), 'cc:rina@example.com here', 'which the audit log has') FROM core.audit_log WHERE action = 'login' AND subject = :'rina_id';
SELECT pg_temp.equal(refusal, 'UNAUTHENTICATED', 'UNAUTHENTICATED: a stranger does not log in') FROM api.open_cc_login(gen_random_uuid(), '\xe3', 'here');

-- require_permission
SELECT api.require_permission(:'rina_id', 'mitra', 'create') \g /dev/null
SELECT pg_temp.ok(true, 'the administrator may do everything');
SELECT pg_temp.refused(format('SELECT api.require_permission(%L, ''mitra'', ''destroy'')', :'rina_id'), 'FORBIDDEN', 'but not what does not exist');
INSERT INTO core.roles (name, permissions) VALUES ('watcher', '{"dashboard": ["read"]}');
SELECT (api.create_admin('w@example.com', 'W', '$argon2id$x', 'watcher') ->> 'id') AS watcher \gset
SELECT api.require_permission(:'watcher', 'dashboard', 'read') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.require_permission(%L, ''mitra'', ''read'')', :'watcher'), 'FORBIDDEN', 'a role may do what it says and nothing else');
SELECT pg_temp.refused(format('SELECT api.require_permission(%L, ''dashboard'', ''read'')', gen_random_uuid()), 'UNAUTHENTICATED', 'a stranger may do nothing');
UPDATE core.control_center_users SET is_active = false WHERE id = :'watcher';
SELECT pg_temp.refused(format('SELECT api.require_permission(%L, ''dashboard'', ''read'')', :'watcher'), 'UNAUTHENTICATED', 'nor may who was dismissed');
SELECT pg_temp.equal(count(*), 0::bigint, 'whose credentials are gone') FROM api.cc_credentials('w@example.com');
SELECT pg_temp.equal(refusal, 'UNAUTHENTICATED', 'UNAUTHENTICATED: and who does not log in') FROM api.open_cc_login(:'watcher', '\xe4', 'here');
SELECT pg_temp.equal(permissions, core.all_permissions(), 'super_admin has every permission') FROM core.roles WHERE name = 'super_admin';
SELECT pg_temp.equal(string_agg(DISTINCT name, ' ' ORDER BY name), 'finance supervisor support viewer', 'there are roles to begin with') FROM core.default_roles();
SELECT pg_temp.equal(count(*), 0::bigint, 'which name no permission that there is not') FROM core.default_roles() AS role, jsonb_each(role.permissions) AS area, jsonb_array_elements_text(area.value) AS action
WHERE NOT coalesce(core.all_permissions() -> area.key ? action, false);

-- the audit log
SELECT set_config('halobestie.request_id', 'req-1', true) \g /dev/null
SELECT (api.create_mitra('Ani', pg_temp.a_phone(), NULL, :'rina_id') ->> 'id') AS mitra \gset
SELECT pg_temp.equal(actor || ' ' || action || ' ' || request_id, 'cc:rina@example.com mitra.create req-1', 'what an operator does is written, with who and the request') FROM core.audit_log WHERE subject = :'mitra';

-- list_mitras
SELECT pg_temp.a_mitra(false) FROM generate_series(1, 3) \g /dev/null
SELECT api.list_mitras(2) AS page \gset
SELECT pg_temp.equal(jsonb_array_length(:'page'::jsonb -> 'items'), 2, 'mitras come in pages');
SELECT pg_temp.ok(:'page'::jsonb -> 'items' -> 0 ?& '{id,display_name,phone,is_active,is_online,max_sessions}', 'with the fields that the control centre relies on');
SELECT pg_temp.ok((api.list_mitras(200, :'page'::jsonb ->> 'next_cursor') -> 'items' -> 0 ->> 'id') > (:'page'::jsonb -> 'items' -> 1 ->> 'id'), 'the next page goes on after the last');
SELECT pg_temp.refused('SELECT api.list_mitras(201)', 'VALIDATION_ERROR', 'a page has at most 200', 'limit');
SELECT pg_temp.refused('SELECT api.list_mitras(10, ''x'')', 'VALIDATION_ERROR', 'a cursor is one of ours', 'cursor');

-- phones are for who may see them
INSERT INTO core.roles (name, permissions) VALUES ('keeper', '{"mitra": ["read", "update"]}');
SELECT (api.create_admin('k@example.com', 'K', '$argon2id$x', 'keeper') ->> 'id') AS keeper, phone AS phone FROM core.mitras WHERE id = :'mitra' \gset
SELECT pg_temp.equal(api.activate_mitra(:'mitra', :'rina_id') ->> 'phone', :'phone', 'with pii:read a phone is shown');
SELECT pg_temp.equal(api.activate_mitra(:'mitra', :'keeper') ->> 'phone', left(:'phone', 3) || repeat('•', length(:'phone') - 5) || right(:'phone', 2), 'without it, masked');
SELECT pg_temp.ok(count(*) > 0 AND bool_and(item ->> 'phone' LIKE '%•%'), 'in lists too') FROM jsonb_array_elements(api.list_mitras(10, NULL, :'keeper') -> 'items') AS item;

-- dashboard
UPDATE core.mitra_online_status SET is_online = false WHERE is_online;
SELECT api.dashboard() AS before \gset
SELECT pg_temp.ok(:'before'::jsonb ?& '{active_chats,online_mitras,pending_requests,customers_per_mitra,sensitive}' AND :'before'::jsonb -> 'sensitive' ?& '{total,last_30d_total,last_30d_sensitive,last_30d_percent}', 'the dashboard has the fields that the control centre relies on');
SELECT pg_temp.a_mitra() AS busy, pg_temp.a_mitra() AS idle, pg_temp.a_mitra() AS offline \gset
SELECT pg_temp.a_session(:'busy') AS one, pg_temp.a_session(:'busy') AS two, pg_temp.a_session(:'offline') AS three, pg_temp.a_search() AS search, pg_temp.a_search() AS offered \gset
SELECT pg_temp.an_offer(:'offered', :'idle') \g /dev/null
SELECT api.go_offline(:'offline') \g /dev/null
SELECT api.set_topic_sensitivity(:'one', :'busy', 'sensitive') \g /dev/null
UPDATE core.chat_sessions SET created_at = created_at - interval '31 days', topic_sensitivity = 'sensitive' WHERE id = :'two';
SELECT api.dashboard() AS after \gset
CREATE FUNCTION pg_temp.grown(p_before jsonb, p_after jsonb, VARIADIC p_path text[]) RETURNS bigint LANGUAGE sql AS $$ SELECT (p_after #>> p_path)::bigint - (p_before #>> p_path)::bigint $$;
SELECT pg_temp.equal(pg_temp.grown(:'before', :'after', 'active_chats'), 3::bigint, 'active_chats are active and pending_payment');
SELECT pg_temp.equal(pg_temp.grown(:'before', :'after', 'pending_requests'), 2::bigint, 'pending_requests are searching and pending_acceptance');
SELECT pg_temp.equal((:'after'::jsonb ->> 'online_mitras')::integer, 2, 'online_mitras by PostgreSQL');
SELECT pg_temp.equal((api.dashboard(17) ->> 'online_mitras')::integer, 17, 'or by Valkey, when it is asked');
SELECT pg_temp.equal((SELECT jsonb_agg(jsonb_build_array(item ->> 'id', item ->> 'active_session_count')) FROM jsonb_array_elements(:'after'::jsonb -> 'customers_per_mitra') AS item),
    jsonb_build_array(jsonb_build_array(:'busy', '2'), jsonb_build_array(:'idle', '0')), 'customers_per_mitra has mitras online, most loaded first');
SELECT pg_temp.equal((SELECT jsonb_agg(jsonb_build_array(item ->> 'slots', item ->> 'free_slots')) FROM jsonb_array_elements(:'after'::jsonb -> 'customers_per_mitra') AS item),
    jsonb_build_array(jsonb_build_array('3', '1'), jsonb_build_array('3', '3')), 'each with its slots, and how many of them are free');
SELECT pg_temp.equal((:'after'::jsonb ->> 'free_slots')::integer, 4, 'free_slots of all of them');
CREATE FUNCTION pg_temp.free_slots() RETURNS integer LANGUAGE sql AS $$ SELECT (api.dashboard() ->> 'free_slots')::integer $$;
CREATE FUNCTION pg_temp.summed_slots() RETURNS integer LANGUAGE sql AS $$
    SELECT sum(core.free_slots(mitra, load, core.config_int('mitra_max_sessions'), core.config_int('reports_before_hold')))::integer
    FROM core.mitra_online_status AS status JOIN core.mitras AS mitra ON mitra.id = status.mitra_id JOIN core.mitra_loads AS load USING (mitra_id)
    WHERE status.is_online
$$;
INSERT INTO core.reports (customer_id, mitra_id, session_id, party, reason, had_started)
SELECT session.customer_id, :'idle', session.id, 'customer', 'rude', true
FROM core.chat_sessions AS session WHERE session.id IN (:'one', :'two', :'three');
SELECT pg_temp.equal(reporters, 3, 'three customers report a mitra') FROM core.mitra_loads WHERE mitra_id = :'idle';
SELECT pg_temp.equal(ARRAY[pg_temp.free_slots(), pg_temp.summed_slots()], ARRAY[1, 1], 'a mitra that reports hold has no free slot');
SELECT pg_temp.set('reports_before_hold', '0');
SELECT pg_temp.equal(ARRAY[pg_temp.free_slots(), pg_temp.summed_slots()], ARRAY[4, 4], 'unless reports hold nobody');
SELECT pg_temp.set('reports_before_hold', '3');
UPDATE core.reports SET status = 'dismissed', decided_at = clock_timestamp() WHERE mitra_id = :'idle';
UPDATE core.mitras SET max_sessions = 7 WHERE id = :'idle';
SELECT pg_temp.equal(ARRAY[pg_temp.free_slots(), pg_temp.summed_slots()], ARRAY[8, 8], 'a maximum of its own counts');
UPDATE core.mitras SET max_sessions = 1 WHERE id = :'busy';
SELECT pg_temp.equal(ARRAY[pg_temp.free_slots(), pg_temp.summed_slots()], ARRAY[7, 7], 'a mitra above its own maximum takes nothing from the others');
UPDATE core.mitras SET max_sessions = NULL WHERE id IN (:'busy', :'idle');
SELECT pg_temp.set('mitra_max_sessions', '1');
SELECT pg_temp.equal(ARRAY[pg_temp.free_slots(), pg_temp.summed_slots()], ARRAY[1, 1], 'nor does a mitra above the general maximum');
SELECT pg_temp.set('mitra_max_sessions', '3');
SELECT pg_temp.equal(pg_temp.grown(:'before', :'after', 'sensitive', 'total'), 2::bigint, 'sensitive.total is of all time');
SELECT pg_temp.equal(pg_temp.grown(:'before', :'after', 'sensitive', 'last_30d_total') || ' ' || pg_temp.grown(:'before', :'after', 'sensitive', 'last_30d_sensitive'), '4 1', 'last_30d_* by created_at');
SELECT pg_temp.equal((:'after'::jsonb #>> '{sensitive,last_30d_percent}')::numeric,
    round(100.0 * (:'after'::jsonb #>> '{sensitive,last_30d_sensitive}')::numeric / (:'after'::jsonb #>> '{sensitive,last_30d_total}')::numeric, 1), 'the percentage has one decimal');
SELECT pg_temp.equal(pg_temp.grown(:'before', :'after', 'revenue_today'), 45000::bigint, 'revenue is what customers were charged today');
SELECT pg_temp.equal((:'after'::jsonb #>> '{money,unaccounted}')::bigint, 0::bigint, 'and the balance is shown');
SELECT pg_temp.equal((SELECT count(*) FROM ops.open_sessions WHERE session_id IN (:'one', :'three', :'search', :'offered')), 4::bigint, 'ops.open_sessions has them all');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
