-- Events are numbered per recipient without gaps, dispatched at least once and in order, and dropped only by retention.
\ir tap.psql
SELECT pg_temp.plan(44);

SELECT 'customer:' || gen_random_uuid() AS ani, 'mitra:' || gen_random_uuid() AS budi \gset
SELECT split_part(:'ani', ':', 2) AS ani_id, split_part(:'budi', ':', 2) AS budi_id \gset
CREATE FUNCTION pg_temp.emit(VARIADIC p_recipients text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT core.emit(ARRAY(SELECT ROW(recipient, 'test', jsonb_build_object('nth', nth))::core.event FROM unnest(p_recipients) WITH ORDINALITY AS told (recipient, nth)));
    SELECT NULL::text WHERE false
$$;
CREATE FUNCTION pg_temp.seqs(p_recipient text, p_after bigint DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(seq::text, ' ' ORDER BY seq), '')
    FROM api.events_after(split_part(p_recipient, ':', 1), split_part(p_recipient, ':', 2)::uuid, p_after)
$$;

-- numbering
SELECT pg_temp.equal(last_seq || ' ' || floor_seq, '0 0', 'a stream never used begins at nothing') FROM api.stream_position('customer', :'ani_id');
SELECT pg_temp.emit(:'ani', :'budi', :'ani', :'ani', NULL, :'budi');
SELECT pg_temp.equal(pg_temp.seqs(:'ani') || ', ' || pg_temp.seqs(:'budi'), '1 2 3, 1 2', 'each recipient has its own numbers');
SELECT pg_temp.equal(string_agg(frame ->> 'nth', ' ' ORDER BY seq), '1 3 4', 'in the order of the call') FROM api.events_after('customer', :'ani_id', 0);
SELECT pg_temp.emit(:'budi', :'ani');
SELECT pg_temp.equal(pg_temp.seqs(:'ani') || ', ' || pg_temp.seqs(:'budi'), '1 2 3 4, 1 2 3', 'the next call goes on');
SAVEPOINT attempt;
SELECT pg_temp.emit(:'ani', :'ani', :'ani');
ROLLBACK TO attempt;
SELECT pg_temp.emit(:'ani');
SELECT pg_temp.equal(pg_temp.seqs(:'ani'), '1 2 3 4 5', 'what is rolled back leaves no gap');
SELECT pg_temp.equal(last_seq, 5::bigint, 'the stream knows its last number') FROM api.stream_position('customer', :'ani_id');
SELECT pg_temp.equal(pg_temp.seqs(:'ani', 3), '4 5', 'a client that has seen some asks for the rest');
SELECT pg_temp.equal(count(*), 2::bigint, 'in pages') FROM api.events_after('customer', :'ani_id', 0, 2);
SELECT frame AS frame FROM api.events_after('customer', :'ani_id', 4) \gset
SELECT pg_temp.ok(:'frame'::jsonb ?& '{type,id,seq,ts}' AND :'frame'::jsonb ->> 'seq' = '5' AND :'frame'::jsonb ->> 'type' = 'test', 'a stored frame says type, id, seq and time');
SELECT pg_temp.equal(count(DISTINCT frame ->> 'id'), 5::bigint, 'each event has its own id') FROM api.events_after('customer', :'ani_id', 0);
SELECT core.emit('{}') \g /dev/null
SELECT core.emit(NULL) \g /dev/null
SELECT pg_temp.equal(pg_temp.seqs(:'ani'), '1 2 3 4 5', 'nothing to tell is nothing told');

-- dispatch
SELECT pg_temp.equal(count(DISTINCT recipient), 2::bigint, 'the outbox names the streams that wait') FROM ops.outbox WHERE recipient IN (:'ani', :'budi');
SAVEPOINT attempt;
SELECT string_agg(seq::text, ' ' ORDER BY nth) FILTER (WHERE recipient = :'ani') AS claimed,
    array_agg(recipient || seq ORDER BY nth) = array_agg(recipient || seq ORDER BY recipient, seq) AS in_order,
    bool_and((frame ->> 'seq')::bigint = seq AND frame ? 'type') AS ready
FROM (SELECT row_number() OVER () AS nth, * FROM api.claim_events(100000)) AS claim \gset
ROLLBACK TO attempt;
SELECT pg_temp.equal(:'claimed', '1 2 3 4 5', 'a claim has all of a stream, in order');
SELECT pg_temp.ok(:'in_order', 'stream by stream');
SELECT pg_temp.ok(:'ready', 'ready to be sent');
SELECT pg_temp.equal(count(*), 5::bigint, 'a claim that is rolled back is claimed again') FROM api.claim_events(100000) WHERE recipient = :'ani';
SELECT api.confirm_dispatched(ARRAY[:'ani', :'budi'], ARRAY[5, 3]) \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'what is confirmed is dispatched') FROM api.claim_events(100000) WHERE recipient IN (:'ani', :'budi');
SELECT pg_temp.equal(count(*), 0::bigint, 'and out of the outbox') FROM ops.outbox WHERE recipient IN (:'ani', :'budi');
SELECT pg_temp.emit(:'ani');
SELECT pg_temp.equal(string_agg(seq::text, ' '), '6', 'only what came since is claimed next') FROM api.claim_events(100000) WHERE recipient = :'ani';
SELECT api.confirm_dispatched(ARRAY[:'ani'], ARRAY[6]) \g /dev/null
SELECT api.confirm_dispatched(ARRAY[:'ani'], ARRAY[2]) \g /dev/null
SELECT pg_temp.equal(seq, 6::bigint, 'a position never goes backwards') FROM core.event_positions WHERE recipient = :'ani';
SELECT pg_temp.emit(:'budi', :'budi');
SELECT count(*) AS claimed FROM api.claim_events(100000) WHERE recipient = :'budi' \gset
SELECT api.confirm_dispatched(ARRAY[:'budi'], ARRAY[4]) \g /dev/null
SELECT pg_temp.equal(string_agg(seq::text, ' '), '5', 'what Valkey took only in part is claimed again from there') FROM api.claim_events(100000) WHERE recipient = :'budi';
SELECT api.confirm_dispatched(ARRAY[:'budi'], ARRAY[5]) \g /dev/null
SELECT pg_temp.equal(string_agg(seq::text, ' '), NULL, 'until it has all') FROM api.claim_events(100000) WHERE recipient = :'budi';

-- the way without Valkey
SELECT pg_temp.equal(string_agg(recipient || ' ' || seq, ', '), concat(:'ani', ' 5, ', :'ani', ' 6, ', :'budi', ' 5'), 'an instance reads its own users'' new events')
FROM api.new_events(ARRAY[:'ani', :'budi'], ARRAY[4, 4]);
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing for who is up to date') FROM api.new_events(ARRAY[:'ani', 'customer:' || gen_random_uuid()], ARRAY[6, 0]);

-- partitions and retention
SELECT pg_temp.equal(api.maintain_partitions(), '{}'::text[], 'the partitions ahead are there already');
SELECT pg_temp.equal(count(*), 1::bigint, 'two weeks ahead') FROM pg_class WHERE relname = 'events_' || to_char((now() AT TIME ZONE 'UTC')::date + 14, 'YYYYMMDD');
SELECT pg_temp.equal(count(*), 1::bigint, 'for messages too') FROM pg_class WHERE relname = 'chat_messages_' || to_char((now() AT TIME ZONE 'UTC')::date + 14, 'YYYYMMDD');
SELECT 'events_' || to_char(day, 'YYYYMMDD') AS old_name, day AS old_date, day + 1 AS next_date FROM (SELECT (now() AT TIME ZONE 'UTC')::date - 8 AS day) AS old \gset
CREATE TABLE core.:"old_name" PARTITION OF core.events FOR VALUES FROM (:'old_date') TO (:'next_date');
ALTER TABLE core.:"old_name" OWNER TO halo_owner;
UPDATE core.events SET day = :'old_date' WHERE recipient = :'ani' AND seq <= 2;
UPDATE core.event_positions SET seq = 1 WHERE recipient = :'ani';
SELECT api.raise_floors(:'old_name', '', 10) \g /dev/null
SELECT pg_temp.equal(api.drop_partition(:'old_name'), 'kept ' || :'old_name' || ', which has events to dispatch', 'a day with events still to be dispatched is kept');
SELECT pg_temp.equal(floor_seq, 1::bigint, 'and only what is dispatched counts as gone') FROM api.stream_position('customer', :'ani_id');
UPDATE core.event_positions SET seq = 6 WHERE recipient = :'ani';
SELECT pg_temp.equal(api.raise_floors(:'old_name', '', 1), :'ani', 'the floors are raised stream by stream');
SELECT pg_temp.equal(api.raise_floors(:'old_name', :'ani', 1), NULL, 'to the last');
SELECT pg_temp.equal(api.drop_partition(:'old_name'), 'dropped ' || :'old_name', 'a day beyond event_retention_days is dropped');
SELECT pg_temp.equal(last_seq || ' ' || floor_seq, '6 2', 'and the stream knows what is gone') FROM api.stream_position('customer', :'ani_id');
SELECT pg_temp.equal(pg_temp.seqs(:'ani'), '3 4 5 6', 'the rest is there');
SELECT pg_temp.equal(count(*), 0::bigint, 'no day is too old now') FROM api.old_partitions();
SELECT pg_temp.fails(format('SELECT api.drop_partition(%L)', 'events_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')), 'PT404', 'a day that is not old is not dropped');
SELECT pg_temp.fails(format('INSERT INTO core.event_streams (recipient, last_seq) VALUES (%L, 1)', 'nobody:1'), '23514', 'a stream is of a customer, a mitra or a control centre user');
SELECT pg_temp.fails(format('INSERT INTO core.event_streams (recipient, last_seq) VALUES (%L, 1)', 'cc:' || repeat('a-', 18)), '22P02', 'who is named by an id');
SELECT pg_temp.fails(format('INSERT INTO core.event_streams (recipient, last_seq) VALUES (%L, 1)', 'mitra:ABCDEF00-0000-4000-8000-000000000000'), '23514', 'which is written in one way');
SELECT pg_temp.fails($$UPDATE core.customer_transactions SET amount = 0$$, 'PT409', 'the ledger of money is never rewritten');
SELECT pg_temp.fails($$DELETE FROM core.audit_log$$, 'PT409', 'nor is the audit log');

-- traces
SELECT set_config('halobestie.traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true) AS traceparent \gset
SELECT pg_temp.emit(:'ani');
SELECT set_config('halobestie.traceparent', '', true) AS nothing \gset
SELECT pg_temp.emit(:'ani');
SELECT pg_temp.equal(string_agg(seq || ' ' || traceparent, ', '), '7 ' || :'traceparent', 'an event of a traced call keeps its trace, and no other has one')
FROM api.event_traces(ARRAY[:'ani', :'ani', :'budi'], '{7,8,1}');
SELECT pg_temp.equal(frame::text LIKE '%4bf92f3577b34da6%', false, 'which its frame does not tell') FROM api.events_after('customer', :'ani_id', 6) WHERE seq = 7;
SELECT pg_temp.equal(pg_temp.seqs(:'ani', 6), '7 8', 'and both are told');

SELECT pg_temp.finish();
ROLLBACK;
