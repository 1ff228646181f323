-- What is blank is decided by a fixed list; names and reasons are one line, without blanks around it; a reference to a device is any text.
\ir tap.psql
SELECT pg_temp.plan(25);

CREATE FUNCTION pg_temp.said(p_body text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce(core.message_fault('id', p_body), 'fine');
END
$$;
-- Unicode's White_Space, what has no width, and the controls of direction: U+ in hexadecimal.
CREATE TEMPORARY TABLE blanks (character) AS
SELECT chr(('x' || lpad(code, 8, '0'))::bit(32)::integer)
FROM unnest(string_to_array('9 A B C D 20 85 A0 1680 2000 2001 2002 2003 2004 2005 2006 2007 2008 2009 200A 2028 2029 202F 205F 3000 '
    '180E 200B 200C 200D 2060 FEFF 61C 200E 200F 202A 202B 202C 202D 202E 2066 2067 2068 2069', ' ')) AS code;

SELECT pg_temp.equal(count(*) FILTER (WHERE pg_temp.said(character) = 'body'), 43::bigint, 'a message of any blank character alone is none') FROM blanks;
SELECT pg_temp.equal(pg_temp.said(string_agg(character, '')), 'body', 'nor of all of them') FROM blanks;
SELECT pg_temp.equal(count(*) FILTER (WHERE pg_temp.said(character || 'x' || character) = 'fine'), 43::bigint, 'with one letter it is one') FROM blanks;
SELECT pg_temp.equal(pg_temp.said(shown), 'fine', format('%s is no blank', U&'U+' || to_hex(ascii(shown)))) FROM unnest(ARRAY['.', U&'\00AD', U&'\2800', U&'\3164', U&'\+01F600']) AS shown;

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.equal(api.update_profile('customer', :'customer', U&'\200F\00A0  Sari  Dewi\3000\FEFF') ->> 'display_name', 'Sari  Dewi', 'a name is kept without the blanks around it');
SELECT pg_temp.equal(api.update_profile('customer', :'customer', repeat(' ', 50) || repeat('x', 80)) ->> 'display_name', repeat('x', 80), 'which are not counted');
SELECT pg_temp.refused(format('SELECT api.update_profile(''customer'', %L, %L)', :'customer', name), 'VALIDATION_ERROR', why, 'display_name')
FROM (VALUES (U&'\200B', 'a blank name'), (repeat('x', 81), 'a name of 81'), (E'Sari\nDewi', 'a name on two lines'), (U&'Sari\2028Dewi', 'a line separator'), (E'Sari\tDewi', 'a tab'), (U&'Sari\0085Dewi', 'a control character')) AS bad (name, why);
SELECT pg_temp.refused(format('SELECT api.create_mitra(%L, ''+6281200000000'')', U&'\00A0'), 'VALIDATION_ERROR', 'a mitra has a name', 'display_name');
SELECT pg_temp.refused(format('SELECT api.create_admin(''a@b.c'', %L, ''$argon2id$'')', E'x\ny'), 'VALIDATION_ERROR', 'so has an administrator', 'display_name');
SELECT pg_temp.refused(format('SELECT api.create_admin(%L, ''Admin'', ''$argon2id$'')', U&'a\200B@b.c'), 'VALIDATION_ERROR', 'whose address has no hidden character', 'email');

SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.payment_of(:'session') AS payment \gset
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 1, %L)', :'payment', E'not\nwell'), 'VALIDATION_ERROR', 'a reason is one line', 'reason');
SELECT pg_temp.equal(api.request_refund(:'payment', 1, U&' \200Bnot well ') #>> '{refund,reason}', 'not well', 'without the blanks around it');
SELECT pg_temp.equal(api.request_refund(:'payment', 1, U&'\200B') #>> '{refund,reason}', NULL, 'and a blank one is none');

SELECT api.register_push_token('customer', :'customer', token) FROM unnest(ARRAY['a:b/c%2F d', U&'\00E4\+01F600']) AS token \g /dev/null
SELECT pg_temp.equal(count(*), 2::bigint, 'a push token may hold any character that shows') FROM core.push_tokens WHERE user_id = :'customer';
SELECT pg_temp.refused(format('SELECT api.register_push_token(''customer'', %L, %L)', :'customer', token), 'VALIDATION_ERROR', why, 'token')
FROM (VALUES (U&' \00A0', 'none that shows'), (E'a\nb', 'no control character')) AS bad (token, why);

SELECT pg_temp.finish();
ROLLBACK;
