-- Packages: a price is never edited, a new package replaces the old one.
\ir tap.psql
SELECT pg_temp.plan(47);

SELECT pg_temp.a_customer() AS customer, pg_temp.a_mitra() AS mitra \gset
SELECT set_config('halobestie.reason', 'Lebaran', true) \g /dev/null

-- create
SELECT api.create_package('  Ngobrol 15 menit ', 15, 15000, 5000) AS made \gset
SELECT :'made'::jsonb ->> 'id' AS package \gset
SELECT pg_temp.equal(:'made'::jsonb - '{id,created_at}'::text[], '{"name": "Ngobrol 15 menit", "duration_minutes": 15, "price": 15000, "first_session_price": 5000, "is_extension": false, "is_active": true, "replaces": null, "replaced_by": null, "version": 1}', 'a new package can be bought');
SELECT pg_temp.ok(:'made'::jsonb ->> 'created_at' = core.instant(created_at), 'with its time') FROM core.price_packages WHERE id = :'package';
SELECT pg_temp.equal(action || ' ' || reason || ' ' || (after ->> 'price'), 'package.create Lebaran 15000', 'the audit log has it') FROM core.audit_log WHERE subject = :'package';
SELECT pg_temp.equal(api.create_package('Tambah 10 menit', 10, 10000, p_is_extension => true) ->> 'is_extension', 'true', 'an extension package is made alike');
SELECT pg_temp.refused(format('SELECT api.create_package(%L, %L, %L, %L, %L)', name, minutes, price, first, extension), 'VALIDATION_ERROR', 'not ' || field || ' ' || coalesce(name || minutes || price || first::text, ''), field)
FROM (VALUES
    ('name', ' ', 15, 15000::bigint, NULL::bigint, false), ('name', repeat('x', 81), 15, 15000, NULL, false), ('name', E'a\nb', 15, 15000, NULL, false),
    ('duration_minutes', 'a', 0, 15000, NULL, false), ('duration_minutes', 'a', 1441, 15000, NULL, false),
    ('price', 'a', 15, 0, NULL, false), ('price', 'a', 15, -1, NULL, false),
    ('first_session_price', 'a', 15, 15000, 15001, false), ('first_session_price', 'a', 15, 15000, 0, false), ('first_session_price', 'a', 15, 15000, 5000, true)
) AS wrong (field, name, minutes, price, first, extension);

-- a new version
SELECT api.create_payment_request(:'customer', :'package', p_anyone_available => true) ->> 'id' AS link \gset
SELECT api.create_package_version(:'package', 17000, p_version => 1) AS next \gset
SELECT :'next'::jsonb ->> 'id' AS newer \gset
SELECT pg_temp.equal(:'next'::jsonb - '{id,created_at}'::text[], jsonb_build_object('name', 'Ngobrol 15 menit', 'duration_minutes', 15, 'price', 17000, 'first_session_price', NULL, 'is_extension', false, 'is_active', true, 'replaces', :'package', 'replaced_by', NULL, 'version', 1), 'a new version keeps name and minutes, and has no first-session price unless it is given');
SELECT pg_temp.equal(is_active::text || price || version, 'false150002', 'the old one is off, at its price, and counted up') FROM core.price_packages WHERE id = :'package';
SELECT pg_temp.equal(actor || ' ' || (before ->> 'price') || ' ' || (after ->> 'price') || ' ' || (before ->> 'is_active') || ' ' || reason, session_user || ' 15000 17000 true Lebaran', 'the audit log has both prices') FROM core.audit_log WHERE action = 'package.replace' AND subject = :'newer';
SELECT pg_temp.equal(amount, 5000::bigint, 'a link that is open keeps its price') FROM core.payment_requests WHERE id = :'link';
SELECT pg_temp.equal(api.confirm_payment(:'link') ->> 'status', 'confirmed', 'and can be paid');
SELECT pg_temp.equal(api.confirm_payment(:'link') ->> 'amount', '5000', 'at that price');

-- asking with what was replaced
SELECT pg_temp.a_customer() AS other \gset
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, p_anyone_available => true)', :'other', :'package'), 'PACKAGE_REPLACED', 'a replaced package is not sold', 'package_id');
CREATE FUNCTION pg_temp.instead(p_statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v_id text; v_detail text;
BEGIN
    EXECUTE p_statement;
    RETURN 'no refusal';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS v_id = CONSTRAINT_NAME, v_detail = PG_EXCEPTION_DETAIL;
    RETURN CASE WHEN v_detail LIKE '%' || v_id || '%' THEN v_id ELSE v_detail END;
END
$$;
SELECT pg_temp.equal(pg_temp.instead(format('SELECT api.create_payment_request(%L, %L, p_anyone_available => true)', :'other', :'package')), :'newer', 'the refusal names the newer one, for people and for programs');
SELECT api.create_package_version(:'newer', 18000, 'Obrolan singkat', 20, 6000) ->> 'id' AS newest \gset
SELECT pg_temp.equal(pg_temp.instead(format('SELECT api.create_payment_request(%L, %L, p_anyone_available => true)', :'other', :'package')), :'newest', 'the newest, however many came between');
SELECT pg_temp.equal(api.create_payment_request(:'other', :'newest', p_anyone_available => true) ->> 'amount', '6000', 'which is sold at its own first-session price');
SELECT pg_temp.equal((SELECT string_agg(item ->> 'name', ', ' ORDER BY item ->> 'name') FROM jsonb_array_elements(api.packages() -> 'items') AS item), 'Obrolan singkat, Tambah 10 menit', 'customers see the newest alone');
SELECT pg_temp.refused(format('SELECT api.create_package_version(%L, 1000)', :'package'), 'PACKAGE_REPLACED', 'what was replaced is not replaced again', 'package_id');
SELECT pg_temp.refused(format('SELECT api.create_package_version(%L, 1000, p_version => 1)', :'package'), 'VERSION_MISMATCH', 'nor with a version that is over', 'version');
SELECT pg_temp.refused(format('SELECT api.create_package_version(%L, 0)', :'newest'), 'VALIDATION_ERROR', 'a wrong price replaces nothing', 'price');
SELECT pg_temp.ok(is_active AND version = 1, 'and leaves the package as it is') FROM core.price_packages WHERE id = :'newest';
SELECT pg_temp.refused(format('SELECT api.create_package_version(%L, 1000)', gen_random_uuid()), 'NOT_FOUND', 'there must be one');

-- on and off
SELECT pg_temp.equal(api.set_package_active(:'newest', false, 1) ->> 'is_active', 'false', 'a package is switched off');
SELECT pg_temp.equal(api.set_package_active(:'newest', false, 2) ->> 'version', '2', 'once');
SELECT pg_temp.equal(count(*), 1::bigint, 'in the audit log, too') FROM core.audit_log WHERE action = 'package.deactivate' AND subject = :'newest';
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, p_anyone_available => true)', pg_temp.a_customer(), :'package'), 'NOT_FOUND', 'when the whole line is off, nothing is named instead');
SELECT pg_temp.refused(format('SELECT api.set_package_active(%L, true, 1)', :'newest'), 'VERSION_MISMATCH', 'with an older version it stays off', 'version');
SELECT pg_temp.equal(api.set_package_active(:'newest', true) ->> 'is_active', 'true', 'and is switched on');
SELECT pg_temp.refused(format('SELECT api.set_package_active(%L, true)', :'package'), 'PACKAGE_REPLACED', 'an old price does not come back', 'package_id');
SELECT pg_temp.equal(api.set_package_active(:'package', false) ->> 'is_active', 'false', 'to be off is no fault of it');

-- looking
SELECT pg_temp.equal((SELECT string_agg(item ->> 'price', ' ') FROM jsonb_array_elements(api.find_package(:'newer') -> 'versions') AS item), '18000 17000 15000', 'a package is shown with all of its line, newest first');
SELECT pg_temp.ok(bool_and(item ->> 'made_by' <> ''), 'with who made each') FROM jsonb_array_elements(api.find_package(:'newer') -> 'versions') AS item;
SELECT pg_temp.equal(api.find_package(:'newer') - 'versions', jsonb_path_query_first(api.list_packages(), '$.items[*] ? (@.id == $id)', jsonb_build_object('id', :'newer')), 'as the list has it');
SELECT pg_temp.refused(format('SELECT api.find_package(%L)', gen_random_uuid()), 'NOT_FOUND', 'another does not exist');
SELECT pg_temp.equal((SELECT count(*) FROM jsonb_array_elements(api.list_packages(is_active, is_extension) -> 'items')), found::bigint, format('%s packages are active: %s, extension: %s', found, is_active, is_extension))
FROM (VALUES (NULL::boolean, NULL::boolean, 4), (true, NULL, 2), (false, NULL, 2), (NULL, true, 1), (true, false, 1)) AS asked (is_active, is_extension, found);

SELECT pg_temp.finish();
ROLLBACK;
