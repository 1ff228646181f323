-- Roles and users of the control centre: who may change what, and what nobody may.
\ir tap.psql
SELECT pg_temp.plan(80);
CREATE FUNCTION pg_temp.user(p_name text, p_role text DEFAULT 'super_admin') RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.create_cc_user($1 || '@example.com', $1, $2, '$argon2id$x') ->> 'id')::uuid
$$;
CREATE FUNCTION pg_temp.version(uuid) RETURNS integer LANGUAGE sql AS 'SELECT version FROM core.control_center_users WHERE id = $1';
CREATE FUNCTION pg_temp.why_not(p_statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_detail text;
BEGIN
    EXECUTE p_statement;
    RETURN 'no refusal';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    RETURN v_detail;
END
$$;
UPDATE core.control_center_users SET is_active = false;
SELECT pg_temp.user('rina') AS rina \gset

-- create_role
SELECT api.create_role('night_shift', '{"sessions": ["update", "read", "read"], "mitra": []}', :'rina') AS night \gset
SELECT :'night'::jsonb ->> 'id' AS night_id \gset
SELECT pg_temp.equal(:'night'::jsonb -> 'permissions', '{"sessions": ["read", "update"]}', 'permissions are kept in one spelling');
SELECT pg_temp.equal(actor || ' ' || (after ->> 'name'), 'cc:rina@example.com night_shift', 'the audit log has the role and who made it') FROM core.audit_log WHERE action = 'role.create' AND subject = :'night_id';
SELECT pg_temp.refused($$SELECT api.create_role('x1', '{"mitra": ["destroy"], "moon": ["read"], "sessions": ["read"]}')$$, 'VALIDATION_ERROR', 'what does not exist can not be allowed', 'permissions');
SELECT pg_temp.refused($$SELECT api.create_role('x1', '["mitra"]')$$, 'VALIDATION_ERROR', 'permissions are an object', 'permissions');
SELECT pg_temp.refused($$SELECT api.create_role('x1', '{"mitra": "read"}')$$, 'VALIDATION_ERROR', 'of lists', 'permissions');
SELECT pg_temp.refused($$SELECT api.create_role('Night Shift', '{}')$$, 'VALIDATION_ERROR', 'a name is short and plain', 'name');
SELECT pg_temp.refused($$SELECT api.create_role('night_shift', '{}')$$, 'INVALID_STATE', 'a name belongs to one role', 'name');
SELECT api.list_roles() AS listed \gset
SELECT pg_temp.ok(:'listed'::jsonb -> 'items' @> jsonb_build_array(:'night'::jsonb), 'roles are listed');
SELECT pg_temp.equal(jsonb_array_length(api.list_roles(1) -> 'items'), 1, 'in pages');
SELECT pg_temp.ok(api.list_roles(1, api.list_roles(1) ->> 'next_cursor') -> 'items' -> 0 -> 'id' <> api.list_roles(1) -> 'items' -> 0 -> 'id', 'the next page goes on');
SELECT pg_temp.equal(api.find_role(:'night_id') ->> 'users', '0', 'nobody has the new one yet');
SELECT pg_temp.refused('SELECT api.find_role(gen_random_uuid())', 'NOT_FOUND', 'a role that is not there');

-- update_role, delete_role
SELECT pg_temp.equal(api.update_role(:'night_id', NULL, '{"sessions": ["read"]}', 1, :'rina') ->> 'version', '2', 'a change counts');
SELECT pg_temp.refused(format('SELECT api.update_role(%L, ''late_shift'', NULL, 1)', :'night_id'), 'VERSION_MISMATCH', 'what was changed since is not changed', 'version');
SELECT pg_temp.equal(api.update_role(:'night_id', 'night_shift', NULL, 2) ->> 'version', '2', 'no change is none');
SELECT pg_temp.equal(count(*), 1::bigint, 'in the audit log either') FROM core.audit_log WHERE action = 'role.update' AND subject = :'night_id';
SELECT pg_temp.refused(format('SELECT api.update_role(%L, ''viewer'')', :'night_id'), 'INVALID_STATE', 'no two roles have one name', 'name');
SELECT pg_temp.refused(format('SELECT api.update_role(%L, NULL, ''{"moon": ["read"]}'')', :'night_id'), 'VALIDATION_ERROR', 'a change allows nothing that does not exist', 'permissions');
SELECT id AS super FROM core.roles WHERE name = 'super_admin' \gset
SELECT pg_temp.refused(format('SELECT api.update_role(%L, ''god'')', :'super'), 'INVALID_STATE', 'super_admin stays as it is');
SELECT pg_temp.refused(format('SELECT api.delete_role(%L)', :'super'), 'INVALID_STATE', 'and stays');
UPDATE core.roles SET permissions = '{"mitra": ["read"], "sessions": ["read"]}' WHERE name = 'viewer';
SELECT api.create_role('keepers', '{"roles": ["update", "delete"], "control_center_users": ["create", "update"], "mitra": ["read"], "sessions": ["read"]}') ->> 'id' AS keepers \gset
SELECT pg_temp.user('kiki', 'keepers') AS kiki, pg_temp.user('kim', 'keepers') AS kim, pg_temp.user('nana', 'night_shift') AS nana \gset
SELECT pg_temp.refused(format('SELECT api.update_role(%L, NULL, ''{}'', NULL, %L)', :'keepers', :'kiki'), 'INVALID_STATE', 'nobody changes the role that they have');
SELECT pg_temp.refused(format('SELECT api.delete_role(%L, NULL, %L)', :'night_id', :'kiki'), 'INVALID_STATE', 'a role that somebody has is not deleted');
SELECT pg_temp.refused(format('SELECT api.create_role(''x1'', ''{}'', %L)', :'kiki'), 'FORBIDDEN', 'the actor''s permission is judged again under the lock');
SELECT pg_temp.refused(format('SELECT api.create_role(''x1'', ''{}'', %L)', gen_random_uuid()), 'UNAUTHENTICATED', 'and that there is such an actor');
SELECT (api.create_role('gone', '{}') ->> 'id') AS gone \gset
SELECT pg_temp.refused(format('SELECT api.delete_role(%L, 7)', :'gone'), 'VERSION_MISMATCH', 'a role that was changed since is not deleted', 'version');
SELECT api.delete_role(:'gone', 1, :'kiki') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.delete_role(%L)', :'gone'), 'NOT_FOUND', 'it is deleted');

-- create_cc_user
SELECT pg_temp.refused($$SELECT api.create_cc_user('Nana@example.com', 'N', 'viewer', '$argon2id$x')$$, 'INVALID_STATE', 'an address belongs to one user', 'email');
SELECT pg_temp.refused($$SELECT api.create_cc_user('x@example.com', 'N', 'emperor', '$argon2id$x')$$, 'VALIDATION_ERROR', 'there is no such role', 'role');
SELECT pg_temp.refused($$SELECT api.create_cc_user('x@example.com', 'N', 'viewer', 'secret')$$, 'VALIDATION_ERROR', 'a password comes as a hash', 'password_hash');
SELECT pg_temp.refused(format($$SELECT api.create_cc_user('x@example.com', 'N', 'super_admin', '$argon2id$x', %L)$$, :'kiki'), 'FORBIDDEN', 'only a super_admin makes a super_admin');
SELECT pg_temp.equal(api.create_cc_user('x@example.com', 'X', 'viewer', '$argon2id$x', :'kiki') ->> 'role', 'viewer', 'whoever may makes others');
SELECT pg_temp.equal(jsonb_array_length(api.list_cc_users('keepers') -> 'items'), 2, 'users are listed by role');
SELECT pg_temp.ok(NOT api.list_cc_users(NULL, false)::text LIKE '%rina@%' AND api.list_cc_users(NULL, true)::text LIKE '%rina@%', 'and by whether they are active');
SELECT pg_temp.ok(NOT api.list_cc_users()::text LIKE '%argon2%', 'no hash is shown');

-- update_cc_user
SELECT pg_temp.equal(api.update_cc_user(:'nana', 'Nana B', 'viewer', NULL, pg_temp.version(:'nana'), :'kiki') ->> 'role', 'viewer', 'a user gets another role');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, ''N'', NULL, NULL, 1)', :'nana'), 'VERSION_MISMATCH', 'not when it was changed since', 'version');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''emperor'')', :'nana'), 'VALIDATION_ERROR', 'nor one that does not exist', 'role');
SELECT pg_temp.refused('SELECT api.update_cc_user(gen_random_uuid())', 'NOT_FOUND', 'a user that is not there');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''viewer'', NULL, NULL, %L)', :'kiki', :'kiki'), 'INVALID_STATE', 'nobody changes their own role', 'role');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, NULL, false, NULL, %L)', :'kiki', :'kiki'), 'INVALID_STATE', 'or switches themselves off', 'is_active');
SELECT pg_temp.equal(api.update_cc_user(:'kiki', 'Kiki B', 'keepers', true, NULL, :'kiki') ->> 'display_name', 'Kiki B', 'their own name they may');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''super_admin'', NULL, NULL, %L)', :'nana', :'kiki'), 'FORBIDDEN', 'nobody makes a super_admin without being one');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, NULL, false, NULL, %L)', :'rina', :'kiki'), 'FORBIDDEN', 'or switches one off');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''viewer'')', :'rina'), 'INVALID_STATE', 'the last super_admin stays one, whoever asks');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, NULL, false)', :'rina'), 'INVALID_STATE', 'and stays on');
SELECT pg_temp.user('dewi') AS dewi \gset
SELECT pg_temp.equal(api.update_cc_user(:'dewi', NULL, NULL, false, NULL, :'rina') ->> 'is_active', 'false', 'one of two may be switched off');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''viewer'')', :'rina'), 'INVALID_STATE', 'one who is off does not count');

-- whoever is switched off, or gets another password, is signed out
SELECT (SELECT auth_session_id FROM api.open_cc_login(:'nana', '\xa1', 'here')) AS nana_login, (SELECT auth_session_id FROM api.open_cc_login(:'kim', '\xa2', 'here')) AS kim_login \gset
SELECT api.require_login(:'nana', :'nana_login') \g /dev/null
SELECT api.update_cc_user(:'nana', NULL, NULL, false), api.set_cc_password(:'kim', '$argon2id$y', :'kiki') \g /dev/null
SELECT pg_temp.equal(string_agg(revoked_reason, ' ' ORDER BY revoked_reason), 'password_set switched_off', 'their logins are revoked') FROM core.auth_sessions WHERE user_id IN (:'nana', :'kim');
SELECT pg_temp.refused(format('SELECT api.require_permission(%L, ''roles'', ''update'', %L)', :'kim', :'kim_login'), 'UNAUTHENTICATED', 'an access token of that login is refused');
SELECT api.require_permission(:'kim', 'roles', 'update') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.require_login(%L, %L)', :'kim', :'nana_login'), 'UNAUTHENTICATED', 'so is somebody else''s');
SELECT pg_temp.ok(NOT EXISTS (SELECT FROM core.audit_log WHERE subject = :'kim' AND after::text LIKE '%argon2%') AND EXISTS (SELECT FROM core.audit_log WHERE subject = :'kim' AND action = 'control_center_user.password'), 'the audit log has it without the hash');
SELECT pg_temp.refused(format($$SELECT api.set_cc_password(%L, '$argon2id$y', %L)$$, :'rina', :'kiki'), 'FORBIDDEN', 'nobody takes over a super_admin');
SELECT pg_temp.refused(format($$SELECT api.set_cc_password(%L, '$argon2id$y', %L)$$, :'kiki', :'kiki'), 'INVALID_STATE', 'one''s own password needs the old one');

-- delete_cc_user
SELECT pg_temp.user('lena', 'viewer') AS lena, pg_temp.user('lila') AS lila \gset
SELECT pg_temp.refused('SELECT api.delete_cc_user(NULL)', 'VALIDATION_ERROR', 'a user is named', 'cc_user_id');
SELECT pg_temp.refused('SELECT api.delete_cc_user(gen_random_uuid())', 'NOT_FOUND', 'and there');
SELECT pg_temp.refused(format('SELECT api.delete_cc_user(%L, 7)', :'lena'), 'VERSION_MISMATCH', 'nobody deletes what was changed since', 'version');
SELECT pg_temp.refused(format('SELECT api.delete_cc_user(%L, NULL, %L)', :'lena', :'kiki'), 'FORBIDDEN', 'who may change may not delete yet');
SELECT pg_temp.refused(format('SELECT api.delete_cc_user(%L)', :'nana'), 'INVALID_STATE', 'who has logged in stays');
SELECT api.create_role('x3', '{}', :'lila') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.delete_cc_user(%L)', :'lila'), 'INVALID_STATE', 'so does who has acted');
SELECT api.delete_cc_user(:'lena', 1, :'rina') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.find_cc_user(%L)', :'lena'), 'NOT_FOUND', 'others are gone');
SELECT pg_temp.equal(before ->> 'email' LIKE 'lena%' AND after IS NULL, true, 'and in the audit log') FROM core.audit_log WHERE action = 'control_center_user.delete';

-- nobody gives or takes what they do not have themselves
SELECT api.create_role('makers', '{"roles": ["create", "update", "delete"], "control_center_users": ["create", "update"]}') ->> 'id' AS makers,
    api.create_role('strong', '{"payments": ["read", "update"], "roles": ["create"]}') ->> 'id' AS strong, api.create_role('weak', '{"roles": ["create"]}') ->> 'id' AS weak \gset
SELECT pg_temp.user('mila', 'makers') AS mila, pg_temp.user('sari', 'strong') AS sari, pg_temp.user('wati', 'weak') AS wati \gset
SELECT core.all_permissions() AS everything \gset
SELECT pg_temp.refused(format('SELECT api.create_role(''x2'', %L, %L)', :'everything', :'mila'), 'FORBIDDEN', 'nobody makes a role that may more than they may');
SELECT pg_temp.equal(api.create_role('x2', '{"roles": ["delete"]}', :'mila') ->> 'name', 'x2', 'one that may less they do');
SELECT pg_temp.refused(format('SELECT api.update_role(%L, NULL, %L, NULL, %L)', :'weak', :'everything', :'mila'), 'FORBIDDEN', 'nor gives a role more');
SELECT pg_temp.refused(format('SELECT api.update_role(%L, NULL, ''{}'', NULL, %L)', :'strong', :'mila'), 'FORBIDDEN', 'nor changes one that may more');
SELECT pg_temp.equal(api.update_role(:'weak', NULL, '{"roles": ["create", "delete"]}', NULL, :'mila') ->> 'version', '2', 'others they do');
SELECT api.create_role('idle_strong', '{"payments": ["update"]}') ->> 'id' AS idle_strong \gset
SELECT pg_temp.refused(format('SELECT api.delete_role(%L, NULL, %L)', :'idle_strong', :'mila'), 'FORBIDDEN', 'nor deletes one');
SELECT pg_temp.refused(format($$SELECT api.create_cc_user('x2@example.com', 'X', 'strong', '$argon2id$x', %L)$$, :'mila'), 'FORBIDDEN', 'nobody makes a user who may more');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''strong'', NULL, NULL, %L)', :'wati', :'mila'), 'FORBIDDEN', 'or lets one do more');
SELECT pg_temp.refused(format('SELECT api.update_cc_user(%L, NULL, ''weak'', NULL, NULL, %L)', :'sari', :'mila'), 'FORBIDDEN', 'or changes one who may more');
SELECT pg_temp.refused(format($$SELECT api.set_cc_password(%L, '$argon2id$y', %L)$$, :'sari', :'mila'), 'FORBIDDEN', 'or takes over one');
SELECT api.set_cc_password(:'wati', '$argon2id$y', :'mila') \g /dev/null
SELECT pg_temp.equal(pg_temp.why_not(format('SELECT api.set_cc_password(%L, ''$argon2id$y'', %L)', :'sari', :'mila')), 'Nobody gives or takes rights that they do not have: payments:read, payments:update.', 'the refusal names what is lacking');
SELECT pg_temp.equal(api.update_cc_user(:'sari', NULL, 'weak') ->> 'role', 'weak', 'a DBA may');

-- oneself
SELECT pg_temp.equal((api.cc_profile(:'kim') ->> 'locale') IS NULL AND api.cc_profile(:'kim') ->> 'time_zone' = 'Asia/Jakarta', true, 'language and time zone are not chosen yet');
SELECT pg_temp.equal(api.update_cc_profile(:'kim', NULL, 'en', 'Asia/Makassar') ->> 'time_zone', 'Asia/Makassar', 'they are chosen');
SELECT pg_temp.refused(format('SELECT api.update_cc_profile(%L, NULL, NULL, ''Mars/Base'')', :'kim'), 'VALIDATION_ERROR', 'of those there are', 'time_zone');
SELECT api.save_view(:'kim', 'sessions', 'Failed', 'status=failed') ->> 'id' AS view \gset
SELECT pg_temp.equal(api.save_view(:'kim', 'sessions', 'Failed', 'status=cancelled') ->> 'id', :'view', 'a view of the same name is replaced');
SELECT pg_temp.equal(api.cc_profile(:'kim') #>> '{views,0,query}', 'status=cancelled', 'the profile has it');
SELECT pg_temp.refused(format('SELECT api.delete_view(%L, %L)', :'view', :'kiki'), 'NOT_FOUND', 'a view is its user''s alone');
SELECT api.save_view(:'kim', 'sessions', 'View ' || n, '') FROM generate_series(1, 99) AS n \g /dev/null
SELECT pg_temp.refused(format('SELECT api.save_view(%L, ''mitras'', ''One more'', '''')', :'kim'), 'INVALID_STATE', 'there are at most 100');
