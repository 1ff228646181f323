-- Figures: what is counted as it happens, folded, counted again, and shown.
\ir tap.psql
SELECT pg_temp.plan(62);

CREATE FUNCTION pg_temp.today(p_metric text) RETURNS bigint LANGUAGE sql AS $$
    SELECT coalesce(sum(value), 0)::bigint FROM core.figures_of_day(core.business_day(clock_timestamp())) WHERE metric = p_metric
$$;
CREATE FUNCTION pg_temp.fold() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_all bigint := 0;
    v_folded integer;
BEGIN
    LOOP
        v_folded := api.fold_figures(7);
        EXIT WHEN v_folded = 0;
        v_all := v_all + v_folded;
    END LOOP;
    RETURN v_all;
END
$$;
-- The values of this hour, one after the other.
CREATE FUNCTION pg_temp.history(p_metric text, p_step text DEFAULT 'hour') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(item ->> 'value', ' ' ORDER BY item ->> 'at')
    FROM jsonb_array_elements(api.figure_history(p_metric, clock_timestamp(), clock_timestamp() + interval '1 second', p_step) -> 'items') AS item
$$;
CREATE FUNCTION pg_temp.changes() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(metric || ' ' || value, ', ' ORDER BY metric COLLATE "C", value), '') FROM core.figure_changes
$$;
CREATE FUNCTION pg_temp.forget() RETURNS void LANGUAGE sql AS 'DELETE FROM core.figure_changes';

-- buckets and quantiles
SELECT pg_temp.ok(bool_and(core.bucket_bound(core.bucket(seconds)) <= seconds AND seconds < core.bucket_bound(core.bucket(seconds) + 1)), 'a time lies in its bucket')
FROM unnest('{0.001,0.0042,0.31,0.99,1,1.3,9.99,12,29,31,59,61,3600,80000}'::double precision[]) AS seconds;
SELECT pg_temp.equal(array_agg(core.bucket_bound(core.bucket(seconds)) ORDER BY seconds), '{10,20,30,60}', '10, 20, 30 and 60 s are bounds') FROM unnest('{10,20,30,60}'::double precision[]) AS seconds;
SELECT pg_temp.equal(ARRAY[core.bucket(0), core.bucket(1e9)], ARRAY[core.bucket(0.001), core.bucket(86400)], 'what is shorter or longer than any bucket is in the first or the last');
SELECT pg_temp.equal(core.quantile('{1}', '{100}', 0.5), 1.125::double precision, 'half of what lies in one bucket lies below its middle');
SELECT pg_temp.equal(core.quantile('{11,1}', '{5,95}', 0.95), 1.25::double precision, '95 % of the times were in the shorter bucket');
SELECT pg_temp.equal(core.quantile('{}', '{}', 0.5), NULL, 'nothing has no middle');

-- what is counted as it happens
SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_customer() AS customer, pg_temp.a_package() AS package \gset
SELECT pg_temp.forget() \g /dev/null
SELECT (api.create_payment_request(:'customer', :'package', p_anyone_available => true) ->> 'id') AS payment \gset
SELECT pg_temp.equal(pg_temp.changes(), '', 'a link counts for nothing');
SELECT api.confirm_payment(:'payment') ->> 'session_id' AS session \gset
SELECT pg_temp.equal(pg_temp.changes(), 'money_confirmed 15000, money_held 15000, requests 1', 'paid, it is money held, and its session a request');
SELECT pg_temp.forget() \g /dev/null
SELECT offer_id AS offer FROM api.blast(:'session', ARRAY[:'ani', :'budi']::uuid[]) WHERE mitra_id = :'ani' \gset
SELECT pg_temp.equal(pg_temp.changes(), 'offers 2', 'a wave is so many offers, in one row');
SELECT pg_temp.forget() \g /dev/null
SELECT api.accept_offer(:'offer', :'ani') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'answer_time 1, money_held -15000, money_kept 15000, offers_accepted 1, offers_rescinded 1, pairing_wait 1, revenue 15000, sessions 1', 'an accept');
SELECT pg_temp.forget() \g /dev/null
SELECT api.set_topic_sensitivity(:'session', :'ani', 'sensitive') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'sensitive_requests 1', 'a sensitive topic');
SELECT api.set_topic_sensitivity(:'session', :'ani', 'normal') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'sensitive_requests -1, sensitive_requests 1', 'and that it is not');
SELECT pg_temp.forget() \g /dev/null
SELECT FROM api.send_message(:'session', 'customer', :'customer', 'a', 'Halo') \g /dev/null
SELECT FROM api.send_message(:'session', 'mitra', :'ani', 'b', 'Halo juga') \g /dev/null
SELECT FROM api.send_message(:'session', 'mitra', :'ani', 'c', 'Apa kabar') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'messages 1, messages 1, messages 1', 'messages');
UPDATE core.chat_sessions SET pairing_deadline = pairing_deadline WHERE id = :'session';
UPDATE core.pairing_offers SET wave = wave WHERE session_id = :'session';
UPDATE core.payment_requests SET provider_ref = 'x' WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.changes(), 'messages 1, messages 1, messages 1', 'what counts for nothing writes nothing');
SELECT pg_temp.fold() \g /dev/null
SELECT pg_temp.equal(pg_temp.today('first_reply'), 1::bigint, 'the first reply of the mitra, and no other, is seen by the fold');
SELECT pg_temp.equal(count(*), 0::bigint, 'and awaited no more') FROM core.awaited_replies WHERE session_id = :'session';

-- an extension, asked for and approved; another one, not answered by a mitra who is not there
SELECT pg_temp.a_package(10000, 10, NULL, true) AS more \gset
SELECT (api.create_payment_request(:'customer', :'more', true, :'session') ->> 'id')::uuid AS more_payment \gset
SELECT api.confirm_payment(:'more_payment') \g /dev/null
SELECT pg_temp.forget() \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'more_payment') ->> 'id' AS extension \gset
SELECT pg_temp.equal(pg_temp.changes(), 'extensions 1', 'an extension is asked for');
SELECT pg_temp.forget() \g /dev/null
SELECT api.respond_to_extension(:'extension', :'session', :'ani', true) \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'extensions_accepted 1, money_held -10000, money_kept 10000, revenue 10000', 'and approved');
SELECT (api.create_payment_request(:'customer', :'more', true, :'session') ->> 'id')::uuid AS third_payment \gset
SELECT api.confirm_payment(:'third_payment') \g /dev/null
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'third_payment') ->> 'id' AS late \gset
UPDATE core.session_extensions SET expires_at = now() - interval '1 minute' WHERE id = :'late';
SELECT pg_temp.forget() \g /dev/null
SELECT api.settle_extension(:'late', false) \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'deadline_lateness 1, extensions_timeout 1, failures_extension_safeguard_tripped 1, money_held -10000, money_refund_due 10000', 'one that timed out, safeguarded and late');

-- the end, and money paid back
SELECT pg_temp.forget() \g /dev/null
UPDATE core.chat_sessions SET closing_ends_at = now() WHERE id = :'session';
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal((SELECT value FROM core.figure_changes WHERE metric = 'used_seconds'), (SELECT duration_minutes * 60 - unused_seconds FROM core.chat_sessions WHERE id = :'session')::bigint, 'a session that ends has used what it did not leave unused');
SELECT pg_temp.forget() \g /dev/null
SELECT api.request_refund(:'payment', 4000) \g /dev/null
SELECT pg_temp.equal((SELECT sum(value) FROM core.figure_changes WHERE metric = 'money_refunded')::text || ' ' || (SELECT sum(value) FROM core.figure_changes WHERE metric = 'refunds'), '4000 4000', 'a refund');

-- abandoned, failed
SELECT pg_temp.a_customer() AS patient \gset
SELECT pg_temp.a_search(:'patient') AS search \gset
SELECT pg_temp.forget() \g /dev/null
SELECT api.cancel_session(:'search', :'patient') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'abandoned 1, money_held -15000, money_refund_due 15000', 'a request that is cancelled while it waits is abandoned');
SELECT pg_temp.a_search() AS lost \gset
UPDATE core.chat_sessions SET pairing_deadline = now() - interval '3 seconds' WHERE id = :'lost';
SELECT pg_temp.forget() \g /dev/null
SELECT FROM api.run_due() \g /dev/null
SELECT pg_temp.ok(pg_temp.changes() LIKE '%deadline_lateness 1, failures_no_mitra_available 1,%', 'a search that nobody could take, and how late it was settled', pg_temp.changes());

-- a reroute: the second wait and the second reply count, the session only once
SELECT pg_temp.a_customer() AS mover \gset
SELECT pg_temp.a_session(:'ani', :'mover') AS moved \gset
SELECT api.reroute_session(:'moved') \g /dev/null
SELECT pg_temp.an_offer(:'moved', :'budi') AS second \gset
SELECT pg_temp.forget() \g /dev/null
SELECT api.accept_offer(:'second', :'budi') \g /dev/null
SELECT pg_temp.equal(pg_temp.changes(), 'answer_time 1, offers_accepted 1, pairing_wait 1', 'a second accept starts no second session');
SELECT FROM api.send_message(:'moved', 'mitra', :'budi', 'd', 'Saya lanjutkan') \g /dev/null
SELECT core.count_replies() \g /dev/null
SELECT pg_temp.equal((SELECT array_agg(round) FROM core.awaited_replies WHERE session_id = :'moved'), '{1}', 'each mitra''s own first reply is awaited');

-- counting again mends everything that was thrown away above, and says how far back it can
SELECT pg_temp.forget() \g /dev/null
DELETE FROM core.figures;
SELECT pg_temp.ok(bool_and(corrections > 0) AND count(*) = 9, 'figures that were lost are counted again, of every source', string_agg(source || ' ' || corrections, ', '))
FROM api.rebuild_figures(clock_timestamp() - interval '1 day', clock_timestamp());
SELECT pg_temp.equal(sum(corrections), 0::bigint, 'and then nothing is wrong') FROM api.rebuild_figures(clock_timestamp() - interval '1 day', clock_timestamp());
SELECT pg_temp.ok(pg_temp.fold() > 0, 'they are folded');
SELECT pg_temp.equal(sum(corrections), 0::bigint, 'which changes none of them') FROM api.rebuild_figures('-infinity', 'infinity');
SELECT pg_temp.equal(pg_temp.fold(), 0::bigint, 'so there is nothing to fold');
INSERT INTO core.figures AS known (metric, step, at, value) VALUES ('offers', 'minute', date_trunc('minute', clock_timestamp() - interval '2 hours'), 5) ON CONFLICT (metric, step, at, bucket) DO UPDATE SET value = known.value + 5;
SELECT pg_temp.equal(corrections, 1, 'a figure that says too much is mended') FROM api.rebuild_figures(clock_timestamp() - interval '1 day', clock_timestamp()) WHERE source = 'offers';
SELECT pg_temp.ok(from_at > clock_timestamp() - interval '8 days', 'how late deadlines were can be counted again for a week') FROM api.rebuild_figures('-infinity', clock_timestamp()) WHERE source = 'deadlines';
SELECT pg_temp.refused('SELECT api.rebuild_figures(''infinity'', ''-infinity'')', 'VALIDATION_ERROR', 'a range ends after it begins');
SELECT pg_temp.equal(count(*), 0::bigint, 'every total is the sum of its rows') FROM ops.invariant_violations WHERE invariant = 'a total is the sum of its rows';

-- the steps, and how long they are kept
INSERT INTO core.figure_changes VALUES ('offers', date_trunc('minute', now() - interval '10 days'), 0, 1), ('offers', date_trunc('minute', now() - interval '100 days'), 0, 1);
SELECT pg_temp.fold() \g /dev/null
SELECT pg_temp.equal(string_agg(step, ' ' ORDER BY step), 'day day hour', 'what is older is kept in longer steps') FROM core.figures WHERE metric = 'offers' AND at > '-infinity' AND at < now() - interval '9 days';
SELECT pg_temp.equal((SELECT to_char(at AT TIME ZONE core.business_time_zone(), 'HH24:MI') FROM core.figures WHERE metric = 'offers' AND step = 'day' LIMIT 1), '00:00', 'a day begins at midnight of business');
INSERT INTO core.figures (metric, step, at, value) VALUES ('offers', 'minute', now() - interval '9 days', 1), ('offers', 'hour', now() - interval '92 days', 1), ('offers', 'day', now() - interval '9 years', 1);
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(string_agg(step, ' '), 'day', 'minutes go after 7 days, hours after 90, days never') FROM core.figures WHERE metric = 'offers' AND at IN (now() - interval '9 days', now() - interval '92 days', now() - interval '9 years');

-- gauges
SELECT api.sample_figures(17, 2.6) AS sampled \gset
SELECT pg_temp.ok(:'sampled', 'a minute is sampled');
SELECT pg_temp.ok(NOT api.sample_figures(18, 5) OR date_trunc('minute', clock_timestamp()) > date_trunc('minute', statement_timestamp()), 'once');
SELECT pg_temp.equal(pg_temp.history('online_mitras') || ' ' || pg_temp.history('mirror_lag'), '17.0 3.0', 'the mitras that Valkey counts, and its lag');
SELECT pg_temp.equal(split_part(pg_temp.history('active_chats', 'day'), '.', 1)::bigint, (SELECT count(*) FROM core.chat_sessions WHERE status = 'active'), 'and what runs');

-- history
SELECT pg_temp.equal(pg_temp.history('revenue', 'day')::bigint, pg_temp.today('revenue'), 'a day''s history is the day''s sum');
SELECT pg_temp.equal(pg_temp.history('offers_accepted', 'day')::bigint, pg_temp.today('offers_accepted'), 'of offers, too');
SELECT pg_temp.ok(pg_temp.history('pairing_wait_p50')::numeric < 60 AND pg_temp.history('answered_within_10s') = '100.0', 'waits are percentiles, answers within so many seconds a share');
SELECT pg_temp.equal((SELECT string_agg(item ->> 'value', ' ') FROM jsonb_array_elements(api.figure_history('messages', now() - interval '3 days', now() - interval '1 day', 'day') -> 'items') AS item), '0 0 0', 'a count of nothing is 0');
SELECT pg_temp.equal((SELECT count(*) - count(item ->> 'value') FROM jsonb_array_elements(api.figure_history('waiting', date_trunc('hour', now()) - interval '3 hours', date_trunc('hour', now()) - interval '1 hour', 'minute') -> 'items') AS item), 120::bigint, 'a gauge that was not sampled is null');
SELECT pg_temp.equal((SELECT string_agg(coalesce(item ->> 'value', 'null'), ' ') FROM jsonb_array_elements(api.figure_history('offers', date_trunc('minute', now()) - interval '10 days', date_trunc('minute', now()) - interval '10 days' + interval '1 second', 'minute') -> 'items') AS item), 'null', 'so is what is not kept so long');
SELECT pg_temp.refused('SELECT api.figure_history(''x'', now() - interval ''1 hour'', now(), ''minute'')', 'VALIDATION_ERROR', 'there is no such metric', 'metric');
SELECT pg_temp.refused('SELECT api.figure_history(''offers'', now() - interval ''1 hour'', now(), ''week'')', 'VALIDATION_ERROR', 'there is no such step', 'step');
SELECT pg_temp.refused('SELECT api.figure_history(''offers'', now(), now(), ''day'')', 'VALIDATION_ERROR', 'a range ends after it begins');
SELECT pg_temp.refused('SELECT api.figure_history(''offers'', now() - interval ''2 days'', now(), ''minute'')', 'VALIDATION_ERROR', 'no more than 2,000 points', 'step');

-- the share of sensitive topics, exact to the row
UPDATE core.chat_sessions SET created_at = clock_timestamp() - interval '30 days' + n * interval '1 minute', topic_sensitivity = CASE WHEN n % 2 = 0 THEN 'sensitive' ELSE 'normal' END
FROM (SELECT id AS any_id, row_number() OVER () - 2 AS n FROM core.chat_sessions) AS numbered WHERE id = any_id;
SELECT pg_temp.equal(share.requests || ' ' || share.sensitive_requests,
    (SELECT count(*) || ' ' || count(*) FILTER (WHERE topic_sensitivity = 'sensitive') FROM core.chat_sessions WHERE created_at > clock_timestamp() - interval '30 days'), 'is counted to the row at its edge, unfolded')
FROM core.sensitive_share(clock_timestamp() - interval '30 days') AS share;
SELECT pg_temp.fold() \g /dev/null
SELECT pg_temp.equal(share.requests || ' ' || share.sensitive_requests,
    (SELECT count(*) || ' ' || count(*) FILTER (WHERE topic_sensitivity = 'sensitive') FROM core.chat_sessions WHERE created_at > clock_timestamp() - interval '30 days'), 'and folded')
FROM core.sensitive_share(clock_timestamp() - interval '30 days') AS share;

-- the day of business moves
DELETE FROM core.figures WHERE step = 'day' AND at <> core.business_day(at);
CREATE FUNCTION pg_temp.sums() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', metric, value, samples), ', ' ORDER BY metric)
    FROM (SELECT metric, sum(value) AS value, sum(samples) AS samples FROM core.figures WHERE step = 'day' GROUP BY metric) AS summed
$$;
-- One of each hour of three days before today, and one of a day whose hours are not kept any more.
INSERT INTO core.figure_changes SELECT 'offers', core.business_day(now()) - n * interval '1 hour', 0, 1 FROM generate_series(1, 72) AS n;
INSERT INTO core.figure_changes VALUES ('offers', core.business_day(now() - interval '200 days') + interval '1 hour', 0, 1000);
SELECT pg_temp.fold() \g /dev/null
CREATE TEMP TABLE days AS SELECT metric, at AT TIME ZONE core.business_time_zone() AS date, bucket, value, samples FROM core.figures WHERE step = 'day';
SELECT pg_temp.today('offers') AS offers_today, pg_temp.history('active_chats', 'day') AS chats_today, core.business_time_zone() AS zone \gset
SELECT pg_temp.sums() AS sums, (core.business_day(now() - interval '200 days') AT TIME ZONE core.business_time_zone())::date AS old_date \gset
SELECT api.set_config('business_time_zone', '"Asia/Tokyo"') \g /dev/null
SELECT pg_temp.equal(pg_temp.sums(), :'sums', 'when the zone changes, the sum over all days stays');
SELECT pg_temp.equal(count(*), 0::bigint, 'every day begins at a midnight of the new zone') FROM core.figures WHERE step = 'day' AND at <> core.business_day(at);
SELECT pg_temp.equal((SELECT sum(value)::bigint FROM core.figures WHERE metric = 'offers' AND step = 'day' AND at = core.business_day(now() - interval '1 day')), (SELECT sum(value)::bigint FROM core.figures WHERE metric = 'offers' AND step = 'hour' AND at >= core.business_day(now() - interval '1 day') AND at < core.business_day(now())), 'and has the hours that belong to it now');
SELECT pg_temp.equal(pg_temp.today('offers'), (SELECT sum(value)::bigint FROM core.figures WHERE metric = 'offers' AND step = 'hour' AND at >= core.business_day(now())), 'today, too');
SELECT pg_temp.equal(value, 1000::bigint, 'a day of which no hours are kept stays on its date') FROM core.figures WHERE metric = 'offers' AND step = 'day' AND at = :'old_date'::timestamp AT TIME ZONE core.business_time_zone();
SELECT pg_temp.equal((SELECT count(*) FROM ops.invariant_violations()), 0::bigint, 'and all is well');
UPDATE core.app_config SET value = to_jsonb(:'zone'::text) WHERE key = 'business_time_zone';
SELECT pg_temp.equal(pg_temp.sums() || pg_temp.today('offers') || pg_temp.history('active_chats', 'day'), :'sums' || :'offers_today' || :'chats_today', 'changing back undoes it');
SELECT pg_temp.equal(count(*), 0::bigint, 'to the row') FROM days WHERE (days.value <> 0 OR days.samples <> 0) AND NOT EXISTS (SELECT FROM core.figures AS figure WHERE figure.step = 'day' AND figure.metric = days.metric AND figure.bucket = days.bucket AND figure.value = days.value AND figure.samples = days.samples AND figure.at = days.date AT TIME ZONE core.business_time_zone());
SELECT pg_temp.refused($$SELECT api.set_config('business_time_zone', '"Asia/Kolkata"')$$, 'VALIDATION_ERROR', 'a day of business begins at a full hour', 'value');

SELECT pg_temp.finish();
ROLLBACK;
