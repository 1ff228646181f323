-- The rules of the business are rows: typed, ranged, versioned, audited.
\ir tap.psql
SELECT pg_temp.plan(88);

SELECT pg_temp.equal(count(*), (SELECT count(*) FROM core.config_keys()), 'every key has its row') FROM core.app_config;
SELECT pg_temp.ok(bool_and(value IS NOT NULL AND type IS NOT NULL AND description <> '' AND version >= 1 AND updated_by <> ''), 'config() shows each with its type and meaning') FROM api.config();

-- defaults, as the business has decided them
SELECT pg_temp.equal(default_value, expected, key || ' is ' || expected)
FROM (VALUES
    ('heartbeat_stale_seconds', '90'::jsonb), ('heartbeat_fallback_slack_seconds', '60'), ('mitra_max_sessions', '3'),
    ('missed_offers_before_offline', '3'), ('deactivation_session_policy', '"finish"'), ('payment_request_ttl_seconds', '900'),
    ('late_payment_policy', '"revive"'), ('late_payment_revive_seconds', '600'), ('payment_delivery_seconds', '300'), ('mitra_share_percent', '60'),
    ('pairing_before_payment', 'false'), ('blast_size', '10'), ('offer_timeout_seconds', '30'), ('pairing_timeout_seconds', '120'),
    ('session_warning_seconds', '[180, 60]'), ('closure_grace_seconds', '60'), ('customer_absence_seconds', '120'),
    ('mitra_absence_seconds', '60'), ('outage_credit_policy', '"none"'), ('extension_timeout_seconds', '60'),
    ('extension_default_action_on_timeout', '"auto_approve"'), ('extension_settle_grace_seconds', '10'), ('event_retention_days', '7'),
    ('mass_silence_percent', '50'), ('refresh_reuse_seconds', '30'), ('message_retention_days', '365'), ('business_time_zone', '"Asia/Jakarta"'), ('reports_before_hold', '3'), ('first_reply_seconds', '120')
) AS decided (key, expected) LEFT JOIN core.config_keys() AS known USING (key);
SELECT pg_temp.equal(count(*), 29::bigint, 'and there are no other keys') FROM core.config_keys();

-- set_config
SELECT version AS version FROM core.app_config WHERE key = 'blast_size' \gset
SELECT pg_temp.ok(api.set_config('blast_size', '12', 'somebody') @> jsonb_build_object('key', 'blast_size', 'value', 12, 'version', :version + 1, 'updated_by', 'somebody', 'unit', 'offers'), 'a change answers with the new version');
SELECT pg_temp.equal(api.get_config('blast_size'), '12'::jsonb, 'and is read back');
SELECT pg_temp.equal(updated_by || ' ' || (updated_at > now())::text, 'somebody true', 'with who and when') FROM core.app_config WHERE key = 'blast_size';
SELECT pg_temp.equal(actor || ' ' || action || ' ' || after, 'somebody config.update 12', 'the audit log has it') FROM core.audit_log WHERE subject = 'blast_size' ORDER BY id DESC LIMIT 1;
SELECT pg_temp.equal((api.set_config('blast_size', '13', 'somebody', :version + 1) ->> 'version')::integer, :version + 2, 'with the version that was read it is changed');
SELECT pg_temp.refused(format('SELECT api.set_config(''blast_size'', ''14'', ''somebody'', %s)', :version + 1), 'VERSION_MISMATCH', 'with an older one it is not', 'version');
SELECT pg_temp.equal(api.get_config('blast_size'), '13'::jsonb, 'and stays as it was');
SELECT pg_temp.refused($$SELECT api.set_config('nothing', '1', 'somebody')$$, 'NOT_FOUND', 'there is no other key');
SELECT pg_temp.refused($$SELECT api.get_config('nothing')$$, 'NOT_FOUND', 'nor can it be read');

SELECT pg_temp.refused(format('SELECT api.set_config(%L, %L, ''somebody'')', key, value), 'VALIDATION_ERROR', key || ' is not ' || value, 'value')
FROM (VALUES
    ('blast_size', '0'), ('blast_size', '101'), ('blast_size', '2.5'), ('blast_size', '"ten"'), ('blast_size', 'null'), ('blast_size', '[10]'), ('blast_size', '{}'),
    ('pairing_before_payment', '1'), ('pairing_before_payment', '"true"'),
    ('late_payment_policy', '"forget"'), ('late_payment_policy', '1'), ('late_payment_policy', 'null'),
    ('business_time_zone', '7'), ('business_time_zone', 'null'), ('business_time_zone', '"Jakarta"'), ('business_time_zone', '"asia/jakarta"'), ('business_time_zone', '"+07"'),
    ('business_time_zone', '"posix/Asia/Jakarta"'), ('business_time_zone', '"localtime"'), ('business_time_zone', '""'),
    ('session_warning_seconds', '60'), ('session_warning_seconds', '[0]'), ('session_warning_seconds', '["60"]'), ('session_warning_seconds', '[60, null]')
) AS wrong (key, value);
SELECT pg_temp.equal(api.set_config('session_warning_seconds', '[]', 'somebody') -> 'value', '[]'::jsonb, 'no warnings at all are allowed');
SELECT pg_temp.refused($$UPDATE core.app_config SET value = '0' WHERE key = 'blast_size'$$, 'VALIDATION_ERROR', 'a wrong value gets in by no other way');

SELECT pg_temp.equal(api.set_config('business_time_zone', '"Europe/Jersey"') ->> 'updated_by', session_user::text, 'a DBA needs no name, and the business may move');
CREATE FUNCTION pg_temp.sentence(p_key text, p_value jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_detail text;
BEGIN
    PERFORM api.set_config(p_key, p_value);
    RETURN 'no refusal';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
    RETURN v_detail;
END
$$;
SELECT pg_temp.equal(pg_temp.sentence(key, value), sentence, key || ' says what it may be')
FROM (VALUES
    ('offer_timeout_seconds', '601'::jsonb, 'offer_timeout_seconds must be a whole number of seconds from 1 to 600.'),
    ('blast_size', '0', 'blast_size must be a whole number of offers from 1 to 100.'),
    ('session_warning_seconds', '5', 'session_warning_seconds must be a list of whole numbers of seconds from 1 to 86400.'),
    ('session_warning_seconds', '[0]', 'session_warning_seconds must be a whole number of seconds from 1 to 86400.'),
    ('business_time_zone', '"Mars"', 'business_time_zone must be a time zone of IANA''s list.'),
    ('business_time_zone', '"Asia/Kolkata"', 'business_time_zone must be a whole number of hours away from UTC.')
) AS wrong (key, value, sentence);
SELECT pg_temp.equal(array_agg(key) FILTER (WHERE (core.config_unit(key) IS NULL) <> (minimum IS NULL)), NULL, 'every number says what it counts') FROM api.config();

-- list, find, history, undo
SELECT pg_temp.equal(jsonb_array_length(api.list_config() -> 'items'), 29, 'the control centre sees all of them');
SELECT pg_temp.equal(api.find_config('blast_size') - 'updated_at', '{"key": "blast_size", "value": 13, "default_value": 10, "type": "integer", "unit": "offers", "minimum": 1, "maximum": 100, "choices": null, "description": "Offers in one wave, at most.", "version": 3, "updated_by": "somebody"}', 'each with its unit, range and default');
SELECT pg_temp.refused($$SELECT api.find_config('nothing')$$, 'NOT_FOUND', 'there is no other');
SELECT pg_temp.refused($$SELECT api.config_history('nothing')$$, 'NOT_FOUND', 'nor its history');
SELECT pg_temp.equal((SELECT string_agg((item ->> 'before') || '>' || (item ->> 'after'), ' ') FROM jsonb_array_elements(api.config_history('blast_size') -> 'items') AS item), '12>13 10>12', 'the history has each change, newest first');
SELECT api.config_history('blast_size', 1) AS page \gset
SELECT pg_temp.equal(api.config_history('blast_size', 1, :'page'::jsonb ->> 'next_cursor') #>> '{items,0,before}', '10', 'page by page');
SELECT pg_temp.refused($$SELECT api.undo_config('pairing_timeout_seconds')$$, 'INVALID_STATE', 'what was never changed is not undone');
SELECT pg_temp.refused($$SELECT api.undo_config('nothing')$$, 'NOT_FOUND', 'nor what does not exist');
SELECT pg_temp.refused($$SELECT api.undo_config('blast_size', 2)$$, 'VERSION_MISMATCH', 'with an older version nothing is undone', 'version');
SELECT set_config('halobestie.reason', 'That was too many.', true) \g /dev/null
SELECT pg_temp.equal(api.undo_config('blast_size', 3) -> 'value', '12'::jsonb, 'undo puts back the value from before the last change');
SELECT pg_temp.equal(api.config_history('blast_size', 1) #>> '{items,0,reason}', 'That was too many.', 'which is a change like every other');
SELECT pg_temp.equal(api.undo_config('blast_size') -> 'value', '13'::jsonb, 'undoing it again undoes the undoing');
SELECT pg_temp.equal(api.find_config('blast_size') ->> 'version', '5', 'and counts on');

SELECT pg_temp.finish();
ROLLBACK;
