-- What a party reads of its sessions, and says about them. Strangers learn nothing.
\ir tap.psql
SELECT pg_temp.plan(35);

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other_mitra, pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset

-- session_info
SELECT api.session_info(:'session', 'customer', :'customer') AS info \gset
SELECT pg_temp.ok(:'info'::jsonb ?& '{id,status,customer,mitra,duration_minutes,expires_at,seconds_left,closing_ends_at,end_reason,pending_extension,last_seq,watermarks,topic_sensitivity,server_time}', 'a session has all the fields that apps rely on');
SELECT pg_temp.equal(:'info'::jsonb -> 'watermarks', '{"customer": {"delivered_seq": 0, "read_seq": 0}, "mitra": {"delivered_seq": 0, "read_seq": 0}}'::jsonb, 'watermarks of both parties');
SELECT pg_temp.equal(api.session_info(:'session', 'mitra', :'mitra') ->> 'id', :'session', 'its mitra reads it too');
SELECT pg_temp.refused(format('SELECT api.session_info(%L, %L, %L)', :'session', who, id), 'NOT_FOUND', title)
FROM (VALUES ('customer', :'stranger', 'another customer does not'), ('mitra', :'other_mitra', 'nor another mitra'), ('mitra', :'customer', 'nor its customer as a mitra'),
    ('customer', :'mitra', 'nor its mitra as a customer'), ('cc', :'customer', 'nor anybody as something else')) AS someone (who, id, title);
SELECT pg_temp.refused(format('SELECT api.session_info(%L, ''customer'', %L)', gen_random_uuid(), :'customer'), 'NOT_FOUND', 'an unknown session has the same answer');
SELECT pg_temp.a_search(:'stranger') AS search \gset
SELECT pg_temp.equal(api.session_info(:'search', 'customer', :'stranger') -> 'mitra', 'null'::jsonb, 'a search has no mitra yet');
SELECT pg_temp.equal((api.session_info(:'search', 'customer', :'stranger') ->> 'seconds_left')::numeric, 0::numeric, 'and no clock');
SELECT pg_temp.an_offer(:'search', :'other_mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.session_info(%L, ''mitra'', %L)', :'search', :'other_mitra'), 'NOT_FOUND', 'an offer makes no party');

-- set_topic_sensitivity
SELECT pg_temp.equal(api.set_topic_sensitivity(:'session', :'mitra', 'sensitive') ->> 'topic_sensitivity', 'sensitive', 'the mitra marks a topic');
SELECT pg_temp.equal(api.set_topic_sensitivity(:'session', :'mitra', 'normal') ->> 'topic_sensitivity', 'normal', 'and unmarks it');
SELECT pg_temp.refused(format('SELECT api.set_topic_sensitivity(%L, %L, ''odd'')', :'session', :'mitra'), 'VALIDATION_ERROR', 'a topic is normal or sensitive', 'topic_sensitivity');
SELECT pg_temp.refused(format('SELECT api.set_topic_sensitivity(%L, %L, NULL)', :'session', :'mitra'), 'VALIDATION_ERROR', 'and one of them', 'topic_sensitivity');
SELECT pg_temp.refused(format('SELECT api.set_topic_sensitivity(%L, %L, ''sensitive'')', :'session', :'other_mitra'), 'NOT_FOUND', 'another mitra marks nothing');

-- rate_session
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5)', :'session', :'customer'), 'INVALID_STATE', 'a running session is not rated');
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5)', :'session', :'customer'), 'INVALID_STATE', 'nor one in its last words');
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, %s)', :'session', :'customer', rating), 'VALIDATION_ERROR', rating || ' is no rating', 'rating') FROM (VALUES ('0'), ('6'), ('NULL')) AS wrong (rating);
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5, repeat(''a'', 1001))', :'session', :'customer'), 'VALIDATION_ERROR', 'a comment has at most 1,000 characters', 'comment');
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5)', :'session', :'stranger'), 'NOT_FOUND', 'a stranger does not rate');
SELECT pg_temp.equal(api.rate_session(:'session', :'customer', 4, 'Terima kasih') - 'created_at', jsonb_build_object('session_id', :'session', 'rating', 4, 'comment', 'Terima kasih'), 'past its grace it is completed, and rated');
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5)', :'session', :'customer'), 'INVALID_STATE', 'once');
SELECT api.cancel_session(:'search', :'stranger') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.rate_session(%L, %L, 5)', :'search', :'stranger'), 'INVALID_STATE', 'what never ran is not rated');

-- mitra_stats
SELECT api.mitra_stats(:'mitra') AS stats \gset
SELECT pg_temp.equal((:'stats'::jsonb ->> 'sessions') || ' ' || (:'stats'::jsonb ->> 'charged') || ' ' || (:'stats'::jsonb ->> 'rating') || ' ' || (:'stats'::jsonb ->> 'acceptance_percent'), '1 15000 4.00 100.0', 'a mitra sees its sessions, earnings, rating and acceptance');
SELECT pg_temp.equal((api.mitra_stats(:'other_mitra') ->> 'acceptance_percent')::numeric, 0::numeric, 'a mitra that was never asked has accepted nothing');
SELECT pg_temp.refused(format('SELECT api.mitra_stats(%L)', gen_random_uuid()), 'NOT_FOUND', 'a stranger has no work');

-- list_sessions
SELECT pg_temp.settle() \g /dev/null
SELECT api.end_session(pg_temp.a_session(:'mitra', :'customer'), 'cc', NULL) FROM generate_series(1, 4) \g /dev/null
SELECT api.list_sessions('customer', :'customer', 2) AS first \gset
SELECT pg_temp.equal(jsonb_array_length(:'first'::jsonb -> 'items') || ' ' || (:'first'::jsonb ->> 'next_cursor' IS NOT NULL)::text, '2 true', 'sessions come in pages');
SELECT api.list_sessions('customer', :'customer', 2, :'first'::jsonb ->> 'next_cursor') AS second \gset
SELECT api.list_sessions('customer', :'customer', 2, :'second'::jsonb ->> 'next_cursor') AS third \gset
SELECT pg_temp.equal((SELECT string_agg(item ->> 'id', ' ') FROM jsonb_array_elements((:'first'::jsonb -> 'items') || (:'second'::jsonb -> 'items') || (:'third'::jsonb -> 'items')) AS item),
    (SELECT string_agg(id::text, ' ' ORDER BY created_at DESC, id DESC) FROM core.chat_sessions WHERE customer_id = :'customer'), 'newest first, each once');
SELECT pg_temp.equal(:'third'::jsonb ->> 'next_cursor', NULL, 'until the last page');
SELECT pg_temp.equal(jsonb_array_length(api.list_sessions('mitra', :'mitra') -> 'items'), 5, 'a mitra has its own');
SELECT pg_temp.equal(api.list_sessions('customer', pg_temp.a_customer(), 2, :'first'::jsonb ->> 'next_cursor') -> 'items', '[]', 'another''s cursor shows nothing of another''s');

SELECT pg_temp.finish();
ROLLBACK;
