-- What the Valkey mirror is made from: the truth about each mitra, with a version that only grows; and who leads the writing.
\ir tap.psql
SELECT pg_temp.plan(39);

CREATE FUNCTION pg_temp.version(p_mitra_id uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT version FROM api.mirror_state(ARRAY[p_mitra_id]) $$;

SELECT pg_temp.a_mitra(false) AS mitra, pg_temp.a_mitra() AS other \gset
SELECT to_jsonb(state) AS state FROM api.mirror_state(ARRAY[:'mitra'::uuid]) AS state \gset
SELECT pg_temp.equal(:'state'::jsonb - '{idle_since,version,mitra_id}'::text[], '{"is_online": false, "is_active": true, "capacity": 0, "max_sessions": 3, "last_heartbeat_at": null}'::jsonb, 'a new mitra is in the mirror from its first moment');
SELECT pg_temp.ok((:'state'::jsonb ->> 'version')::bigint > extract(epoch FROM now() - interval '1 minute') * 1000000, 'its version is not below the clock in microseconds, so that a restored database does not fall behind');
SELECT pg_temp.equal(count(*), 1::bigint, 'who does not exist has no row') FROM api.mirror_state(ARRAY[:'mitra', gen_random_uuid()::text]::uuid[]);

-- each change of what counts is a newer version
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT api.go_online(:'mitra') \g /dev/null
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v, 'online is newer');
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND capacity = 1, 'a slot taken is newer') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.version(:'mitra') AS v \gset
UPDATE core.mitras SET max_sessions = 1 WHERE id = :'mitra';
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND max_sessions = 1, 'another maximum is newer') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.version(:'mitra') AS v \gset
UPDATE core.mitra_loads SET idle_since = clock_timestamp() - interval '1 hour' WHERE mitra_id = :'mitra';
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND capacity = 0, 'a slot freed is newer') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.ok(idle_since > clock_timestamp() - interval '1 minute', 'and idle time begins') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND NOT is_active AND NOT is_online, 'deactivated is newer') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT api.activate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND is_active, 'active again is newer') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);

-- what does not count is quiet
SELECT api.go_online(:'mitra') \g /dev/null
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT api.go_online(:'mitra') \g /dev/null
SELECT api.record_heartbeat(:'mitra') \g /dev/null
SELECT api.copy_heartbeats(ARRAY[:'mitra']::uuid[], ARRAY[clock_timestamp()]) \g /dev/null
SELECT api.note_heartbeats(ARRAY[:'mitra']::uuid[]) \g /dev/null
UPDATE core.mitras SET display_name = 'Another name' WHERE id = :'mitra';
SELECT pg_temp.equal(pg_temp.version(:'mitra'), :v::bigint, 'heartbeats, names and repeats are no news');
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'mitra') AS offer \gset
SELECT pg_temp.equal(pg_temp.version(:'mitra'), :v::bigint, 'nor is an offer');
SELECT api.accept_offer(:'offer', :'mitra') \g /dev/null
SELECT pg_temp.version(:'mitra') AS v \gset
SELECT api.set_topic_sensitivity(:'session', :'mitra', 'sensitive') \g /dev/null
SELECT pg_temp.equal(pg_temp.version(:'mitra'), :v::bigint, 'nor is a change of a session that takes or frees no slot');
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null

-- a slot that goes from one mitra to another concerns both
SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT pg_temp.version(:'mitra') AS v, pg_temp.version(:'other') AS w \gset
UPDATE core.chat_sessions SET mitra_id = :'other' WHERE id = :'session';
UPDATE core.reply_deadlines SET mitra_id = :'other' WHERE session_id = :'session';
SELECT pg_temp.ok(pg_temp.version(:'mitra') > :v AND pg_temp.version(:'other') > :w, 'a session that changes hands is news of both');
SELECT pg_temp.equal((SELECT capacity FROM api.mirror_state(ARRAY[:'mitra'::uuid])) || ' ' || (SELECT capacity FROM api.mirror_state(ARRAY[:'other'::uuid])), '0 1', 'each counted anew');

-- many sessions in one statement recount each mitra once
SELECT pg_temp.a_mitra(p_max_sessions => 10) AS busy \gset
SELECT pg_temp.a_session(:'busy') FROM generate_series(1, 5) \g /dev/null
CREATE TEMP TABLE recounts (version bigint);
GRANT INSERT ON pg_temp.recounts TO halo_owner;
CREATE FUNCTION pg_temp.note_recount() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO pg_temp.recounts VALUES (NEW.version); RETURN NULL; END $$;
CREATE TRIGGER note_recount AFTER UPDATE ON core.mitra_loads FOR EACH ROW EXECUTE FUNCTION pg_temp.note_recount();
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE mitra_id = :'busy' AND status = 'active';
SELECT pg_temp.equal(count(*), 5::bigint, 'five clocks that run out in one call') FROM api.run_due(1000);
SELECT pg_temp.equal(count(*), 1::bigint, 'recount their mitra once') FROM pg_temp.recounts;
SELECT pg_temp.equal(capacity, 0, 'to what it is') FROM api.mirror_state(ARRAY[:'busy'::uuid]);

-- a clock that was set back
UPDATE core.mitra_loads SET version = 9000000000000000000 WHERE mitra_id = :'mitra';
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.version(:'mitra'), 9000000000000000001, 'a version grows even when the clock was set back');

-- pages, counts, settings
SELECT count(*) AS mitras FROM core.mitras \gset
CREATE TEMP TABLE pages AS WITH RECURSIVE page AS (
    SELECT array_agg(mitra_id ORDER BY mitra_id) AS ids FROM api.mirror_page(NULL, 3)
    UNION ALL
    SELECT (SELECT array_agg(next.mitra_id ORDER BY next.mitra_id) FROM api.mirror_page(page.ids[cardinality(page.ids)], 3) AS next) FROM page WHERE page.ids IS NOT NULL
) SELECT unnest(ids) AS id FROM page;
SELECT pg_temp.equal(count(*) || ' ' || count(DISTINCT id), :mitras || ' ' || :mitras, 'the pages have every mitra once') FROM pg_temp.pages;
SELECT pg_temp.equal(to_jsonb(page), to_jsonb(state), 'and say the same as mirror_state') FROM api.mirror_page(NULL, 100000) AS page JOIN api.mirror_state(ARRAY[:'other'::uuid]) AS state USING (mitra_id);
SELECT mitras AS all_mitras, online AS online, deactivated AS deactivated FROM api.mirror_counts() \gset
SELECT api.deactivate_mitra(:'other') \g /dev/null
SELECT pg_temp.equal(mitras || ' ' || online || ' ' || deactivated, concat_ws(' ', :all_mitras, :online - 1, :deactivated + 1), 'the counts say how many there are, online and deactivated') FROM api.mirror_counts();
SELECT pg_temp.equal(heartbeat_stale_seconds || ' ' || heartbeat_fallback_slack_seconds, '90 60', 'the rules that the mirror needs') FROM api.mirror_rules();

-- leadership
SELECT pg_temp.equal(count(*), 0::bigint, 'nobody leads what was never led') FROM api.leadership('test');
SELECT api.take_leadership('test', 'one', 3) AS first \gset
SELECT pg_temp.equal(api.take_leadership('test', 'two', 3), NULL, 'a lease that lasts is nobody else''s');
SELECT pg_temp.equal(holder || ' ' || epoch || ' ' || is_led, 'one ' || :first || ' true', 'all may read who leads') FROM api.leadership('test');
SELECT pg_temp.ok(until BETWEEN clock_timestamp() + interval '2 s' AND clock_timestamp() + interval '3 s', 'and until when') FROM api.leadership('test');
SELECT pg_temp.ok(api.renew_leadership('test', :first, 30), 'its holder renews it');
SELECT pg_temp.ok(until > clock_timestamp() + interval '20 s', 'and it lasts longer') FROM api.leadership('test');
SELECT pg_temp.ok(NOT api.renew_leadership('test', :first - 1, 30), 'another epoch renews nothing');
SELECT api.give_back_leadership('test', :first - 1) \g /dev/null
SELECT pg_temp.ok(is_led, 'and gives nothing back') FROM api.leadership('test');
SELECT api.give_back_leadership('test', :first) \g /dev/null
SELECT pg_temp.ok(NOT is_led, 'given back, it ends at once') FROM api.leadership('test');
SELECT pg_temp.ok(NOT api.renew_leadership('test', :first, 30), 'what ran out is not renewed');
SELECT pg_temp.equal(api.take_leadership('test', 'two', 3, 5), NULL, 'who waits for it to be vacant longer does not get it');
SELECT api.take_leadership('test', 'two', 3) AS second \gset
SELECT pg_temp.ok(:second > :first, 'the next leader has a greater epoch');
UPDATE core.leaderships SET epoch = 9000000000000000000, until = clock_timestamp() - interval '6 s' WHERE name = 'test';
SELECT pg_temp.equal(api.take_leadership('test', 'three', 3, 5), 9000000000000000001, 'it grows even when the clock was set back');
SELECT pg_temp.ok(api.take_leadership('another', 'one', 3) < 9000000000000000000, 'each thing has its own');
DELETE FROM core.leaderships WHERE name = 'test';
SELECT pg_temp.ok(api.take_leadership('test', 'four', 3) > :second, 'a database restored to before it goes on above');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations WHERE invariant <> 'a paired session has its accepted offer';

SELECT pg_temp.finish();
ROLLBACK;
