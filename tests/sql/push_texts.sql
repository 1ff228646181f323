-- What pushes say: in both languages, with the placeholders that each push has a value for.
\ir tap.psql
SELECT pg_temp.plan(31);

SELECT pg_temp.equal(jsonb_array_length(api.list_texts() -> 'items'), 18, 'every push has a text in both languages');
SELECT pg_temp.equal(api.find_text('message', 'en'), '{"name": "message", "locale": "en", "title": "New Message", "body": "You have a message from {peer}", "action": "open_session", "placeholders": ["customer", "mitra", "peer"], "version": 1}', 'each says what it may name');
SELECT pg_temp.refused($$SELECT api.find_text('message', 'fr')$$, 'NOT_FOUND', 'there are two languages');
SELECT pg_temp.refused($$SELECT api.find_text('nothing', 'en')$$, 'NOT_FOUND', 'and no other pushes');

-- change
SELECT set_config('halobestie.reason', 'Friendlier.', true) \g /dev/null
SELECT pg_temp.equal(api.update_text('message', 'en', '  From {peer} ', E'Hi!\n{customer} and {mitra}', 1) - 'placeholders', '{"name": "message", "locale": "en", "title": "From {peer}", "body": "Hi!\n{customer} and {mitra}", "action": "open_session", "version": 2}', 'a text is changed');
SELECT pg_temp.equal(before ->> 'title' || ' > ' || (after ->> 'title') || ' ' || reason || ' ' || subject, 'New Message > From {peer} Friendlier. message en', 'the audit log keeps both, and why') FROM core.audit_log WHERE action = 'text.update';
SELECT pg_temp.refused($$SELECT api.update_text('message', 'en', 'a', 'b', 1)$$, 'VERSION_MISMATCH', 'with an older version it is not', 'version');
SELECT api.update_text('message', 'en', 'From {peer}', E'Hi!\n{customer} and {mitra}') \g /dev/null
SELECT pg_temp.equal(count(*), 1::bigint, 'the same again is no change') FROM core.audit_log WHERE action = 'text.update';
SELECT pg_temp.equal(api.find_text('message', 'id') ->> 'version', '1', 'the other language stays');

SELECT pg_temp.refused(format('SELECT %s(%L, ''id'', %L, %L)', function, name, title, body), 'VALIDATION_ERROR', format('%s: %s is not for %s', function, coalesce(nullif(title, 'a'), left(body, 20)), name), field)
FROM (VALUES
    ('message', 'a', '{minutes}', 'body'), ('message', '{minutes}', 'b', 'title'), ('pairing_failed', 'a', 'With {mitra}', 'body'), ('pairing_failed', '{peer}', 'b', 'title'),
    ('message', 'a', 'Hi {phone}', 'body'), ('message', 'a', 'Hi {peer', 'body'), ('message', 'a', ' ', 'body'), ('message', 'a', repeat('x', 301), 'body'), ('message', ' ', 'b', 'title')
) AS wrong (name, title, body, field)
CROSS JOIN (VALUES ('api.update_text'), ('api.preview_text')) AS each (function);

-- preview
SELECT pg_temp.equal(api.preview_text('session_warning', 'en'), '{"title": "Session Ending Soon", "body": "15 min left with Dewi"}', 'a preview shows what is kept, with example values');
SELECT pg_temp.equal(api.preview_text('pairing_offer', 'id', '{peer} untuk {mitra}'), '{"title": "Sari untuk Dewi", "body": "Ada yang ingin mengobrol 15 menit"}', 'or a draft');
SELECT pg_temp.equal(api.preview_text('first_reply_reminder', 'en', '{peer}') ->> 'title', 'Sari', 'the peer of a mitra is the customer');
SELECT pg_temp.equal(api.find_text('pairing_offer', 'id') ->> 'version', '1', 'and changes nothing');

SELECT pg_temp.finish();
ROLLBACK;
