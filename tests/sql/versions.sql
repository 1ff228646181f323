-- What operators edit counts its changes, and the audit log keeps why they were made.
\ir tap.psql
SELECT pg_temp.plan(17);

SELECT pg_temp.a_mitra(false) AS ani \gset
SELECT pg_temp.equal(version, 1, 'a new row is at version 1') FROM core.mitras WHERE id = :'ani';
UPDATE core.mitras SET max_sessions = 2 WHERE id = :'ani';
UPDATE core.mitras SET max_sessions = 2 WHERE id = :'ani';
SELECT pg_temp.equal(version, 2, 'a change counts, an update that changes nothing does not') FROM core.mitras WHERE id = :'ani';
UPDATE core.mitras SET max_sessions = 3, version = 40 WHERE id = :'ani';
SELECT pg_temp.equal(version, 3, 'nobody sets it') FROM core.mitras WHERE id = :'ani';
SELECT pg_temp.equal(api.deactivate_mitra(:'ani') ->> 'version', '4', 'a mitra is shown with its version');

SELECT pg_temp.equal(count(*), 6::bigint, 'six tables count: ' || string_agg(tgrelid::regclass::text, ', ')) FROM pg_trigger WHERE tgname = '_200_count_version';

SELECT version AS version FROM core.app_config WHERE key = 'blast_size' \gset
SELECT api.set_config('blast_size', '12', 'somebody'), api.set_config('blast_size', '12', 'somebody') \g /dev/null
SELECT pg_temp.equal(version, :version + 1, 'the same value again, by the same person, is no change') FROM core.app_config WHERE key = 'blast_size';

SELECT pg_temp.equal(core.require_version('It', NULL, 3)::text, '', 'no version is not compared');
SELECT pg_temp.equal(core.require_version('It', 3, 3)::text, '', 'the present one is right');
SELECT pg_temp.refused($$SELECT core.require_version('It', 2, 3)$$, 'VERSION_MISMATCH', 'an older one is refused', 'version');
SELECT pg_temp.refused($$SELECT core.require_version('It', 4, 3)$$, 'VERSION_MISMATCH', 'and one that never was', 'version');

-- reasons
CREATE FUNCTION pg_temp.reason(text) RETURNS text LANGUAGE sql AS 'SELECT reason FROM core.audit_log WHERE action = $1 ORDER BY id DESC LIMIT 1';
SELECT pg_temp.equal(pg_temp.reason('mitra.deactivate'), NULL, 'without a reason the audit log has none');
SELECT set_config('halobestie.reason', '  She came back. ', true) \g /dev/null
SELECT api.activate_mitra(:'ani') \g /dev/null
SELECT pg_temp.equal(pg_temp.reason('mitra.activate'), 'She came back.', 'the reason is kept without blanks around it');
SELECT api.set_config('blast_size', '13', 'somebody') \g /dev/null
SELECT pg_temp.equal(pg_temp.reason('config.update'), 'She came back.', 'with a change of a rule, too');
SELECT set_config('halobestie.reason', E' \t\u200B', true) \g /dev/null
SELECT api.deactivate_mitra(:'ani') \g /dev/null
SELECT pg_temp.equal(pg_temp.reason('mitra.deactivate'), NULL, 'blanks are no reason');
SELECT set_config('halobestie.reason', repeat('x', 600), true) \g /dev/null
SELECT api.activate_mitra(:'ani') \g /dev/null
SELECT pg_temp.equal(length(pg_temp.reason('mitra.activate')), 500, 'a reason has at most 500 characters');
SELECT pg_temp.equal(reason, pg_temp.reason('mitra.activate'), 'people read it in ops.audit_log') FROM ops.audit_log WHERE action = 'mitra.activate' LIMIT 1;
SELECT pg_temp.refused($$UPDATE core.audit_log SET reason = 'another'$$, 'INVALID_STATE', 'and nobody changes it');

SELECT pg_temp.finish();
ROLLBACK;
