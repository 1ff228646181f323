-- A list that was given out is written down.
\ir tap.psql
SELECT pg_temp.plan(4);

SELECT api.note_export('mitras', '{"state": "online"}', NULL) \g /dev/null
SELECT pg_temp.equal(actor || ' ' || subject || ' ' || after, session_user || ' mitras {"state": "online"}', 'with who, which list, and its filters') FROM core.audit_log WHERE action = 'export';
SELECT pg_temp.refused($$SELECT api.note_export(NULL, '{}', NULL)$$, 'VALIDATION_ERROR', 'it is some list', 'subject');
SELECT pg_temp.refused($$SELECT api.note_export('mitras', NULL, NULL)$$, 'VALIDATION_ERROR', 'with some filters', 'filters');
SELECT pg_temp.equal(count(*), 1::bigint, 'and nothing else is') FROM core.audit_log WHERE action = 'export';

SELECT pg_temp.finish();
ROLLBACK;
