-- Browsers' sessions and displays of the control centre: who they are, and how they end.
\ir tap.psql
SELECT pg_temp.plan(28);

CREATE FUNCTION pg_temp.who(p_cookie bytea, p_is_use boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(api.cc_web_session(p_cookie, p_is_use) ->> 'email', 'nobody')
$$;
CREATE FUNCTION pg_temp.pass(p_time interval) RETURNS void LANGUAGE sql AS $$
    UPDATE core.auth_sessions
    SET used_at = used_at - p_time, expires_at = expires_at - p_time, created_at = created_at - p_time WHERE kind <> 'token'
$$;
INSERT INTO core.roles (name, permissions) VALUES ('watcher', '{"dashboard": ["read"], "mitra": ["read"]}');
SELECT api.create_admin('rina@example.com', 'Rina', '$argon2id$x', 'watcher') ->> 'id' AS rina \gset

-- a browser's session
SELECT auth_session_id AS browser, refusal IS NULL AS is_let_in FROM api.open_cc_web_session(:'rina', '\xc1', 'home') \gset
SELECT pg_temp.ok(:'is_let_in', 'a right password opens a session');
SELECT pg_temp.equal(pg_temp.who('\xc1'), 'rina@example.com', 'its cookie says who it is');
SELECT pg_temp.equal(pg_temp.who('\xc2'), 'nobody', 'another cookie does not');
SELECT pg_temp.equal((api.cc_web_session('\xc1') -> 'permissions')::text, '{"mitra": ["read"], "dashboard": ["read"]}', 'with the permissions of the role');
SELECT api.save_view(:'rina', 'sessions', 'Mine', 'status=active') \g /dev/null
SELECT pg_temp.equal(api.cc_web_session('\xc1') #>> '{views,0,query}', 'status=active', 'and the views that the user saved');
SELECT pg_temp.equal(action || ' ' || (after ->> 'auth_session_id'), 'login ' || :'browser', 'a login is audited') FROM core.audit_log WHERE action = 'login';
SELECT pg_temp.equal(logged_in_at IS NOT NULL, true, 'and the address is known') FROM core.login_addresses WHERE email = 'rina@example.com' AND address = 'home';
SELECT pg_temp.equal(refusal, 'UNAUTHENTICATED', 'UNAUTHENTICATED: a cookie is no refresh token') FROM api.refresh_login('\xc1', 1, '\xc9');
SELECT pg_temp.pass('29 minutes 59 seconds') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc1', false), 'rina@example.com', 'it stays for half an hour');
SELECT pg_temp.equal(pg_temp.who('\xc1'), 'rina@example.com', 'a use');
SELECT pg_temp.pass('29 minutes 59 seconds') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc1', false), 'rina@example.com', 'keeps it for another one');
SELECT pg_temp.pass('1 second') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc1'), 'nobody', 'and without a use it ends; what was no use did not keep it');
SELECT FROM api.open_cc_web_session(:'rina', '\xc3', 'home') \g /dev/null
SELECT pg_temp.pass('11:59') \g /dev/null
UPDATE core.auth_sessions SET used_at = clock_timestamp() WHERE token_hash = '\xc3';
SELECT pg_temp.equal(pg_temp.who('\xc3'), 'rina@example.com', 'it lasts twelve hours');
SELECT pg_temp.pass('1 minute') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc3'), 'nobody', 'and no longer');
SELECT auth_session_id AS another FROM api.open_cc_web_session(:'rina', '\xc4', 'home') \gset
SELECT api.logout(:'another') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc4'), 'nobody', 'nor after a logout');

-- a display
SELECT api.open_display('  Hall ', '\xd1', :'rina') AS display \gset
SELECT pg_temp.equal(:'display'::jsonb ->> 'name' || ' ' || (:'display'::jsonb ->> 'opened_by'), 'Hall Rina', 'a display has a name, and somebody who answers for it');
SELECT pg_temp.equal((api.cc_web_session('\xd1') - '{cc_user_id,auth_session_id,expires_at,locale,time_zone}'::text[])::text, '{"role": "watcher", "email": "rina@example.com", "views": [], "is_display": true, "permissions": {"dashboard": ["read"]}, "display_name": "Rina"}', 'it may look at the figures, and no more');
SELECT pg_temp.pass('29 days') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xd1', false), 'rina@example.com', 'for thirty days, whether it is used or not');
SELECT pg_temp.equal(api.list_displays() #>> '{items,0,name}', 'Hall', 'it is in the list');
SELECT api.open_display('Shop', '\xd2', :'rina') ->> 'id' AS shop \gset
SELECT pg_temp.equal(api.list_displays(1, api.list_displays(1) ->> 'next_cursor') #>> '{items,0,name}', 'Hall', 'which has pages');
SELECT api.revoke_display(:'shop', :'rina'), api.revoke_display(:'shop', :'rina') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xd2'), 'nobody', 'once revoked it sees nothing');
SELECT pg_temp.equal(string_agg(action, ' ' ORDER BY id), 'display.open display.open display.revoke', 'which is audited once') FROM core.audit_log WHERE action ^@ 'display';
SELECT pg_temp.refused(format('SELECT api.revoke_display(%L)', :'another'), 'NOT_FOUND', 'NOT_FOUND: a browser''s session is no display');
SELECT pg_temp.refused(format('SELECT api.open_display(%L, %L, %L)', '', '\xd3', :'rina'), 'VALIDATION_ERROR', 'VALIDATION_ERROR: without a name', 'name');

-- a user who may not see the figures any more
UPDATE core.roles SET permissions = '{"mitra": ["read"]}' WHERE name = 'watcher';
SELECT FROM api.open_cc_web_session(:'rina', '\xc7', 'home') \g /dev/null
SELECT pg_temp.equal(pg_temp.who('\xc7') || ' ' || pg_temp.who('\xd1'), 'rina@example.com nobody', 'a display shows nothing while its user may not see the figures');
UPDATE core.roles SET permissions = '{"dashboard": ["read"]}' WHERE name = 'watcher';
SELECT pg_temp.equal(pg_temp.who('\xd1'), 'rina@example.com', 'and goes on when the user may again');

-- a user who is switched off
SELECT FROM api.open_cc_web_session(:'rina', '\xc5', 'home') \g /dev/null
UPDATE core.control_center_users SET is_active = false WHERE id = :'rina';
SELECT pg_temp.equal(pg_temp.who('\xc5') || pg_temp.who('\xd1'), 'nobodynobody', 'nothing of a user who is switched off goes on');
SELECT pg_temp.equal(refusal, 'UNAUTHENTICATED', 'nor does anything begin') FROM api.open_cc_web_session(:'rina', '\xc6', 'home');
