CREATE OR REPLACE FUNCTION core.emit(p_events core.event[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    -- item: the events, numbered for each recipient. An event for nobody is left out.
    WITH item AS (
        SELECT event.recipient, event.type, event.payload,
            row_number() OVER (PARTITION BY event.recipient ORDER BY event.ordinality) AS nth,
            count(*) OVER (PARTITION BY event.recipient) AS total
        FROM unnest(p_events) WITH ORDINALITY AS event (recipient, type, payload, ordinality)
        WHERE event.recipient IS NOT NULL
    ),
    -- stream: as many new numbers as each recipient needs. Its row stays locked until the commit,
    -- so that the numbers are in commit order.
    stream AS (
        INSERT INTO core.event_streams AS known (recipient, last_seq)
        SELECT item.recipient, item.total FROM item WHERE item.nth = 1 ORDER BY item.recipient
        ON CONFLICT (recipient) DO UPDATE SET last_seq = known.last_seq + excluded.last_seq
        RETURNING known.recipient, known.last_seq
    ),
    queued AS (
        INSERT INTO core.event_queue (recipient) SELECT stream.recipient FROM stream
    ),
    told AS (
        INSERT INTO core.events (
            recipient, seq, day, id, type, payload, created_at, traceparent)
        SELECT item.recipient, stream.last_seq - item.total + item.nth,
            (clock.now AT TIME ZONE 'UTC')::date,
            -- An offer's event carries the offer's own id, so that either reading of "id" is right.
            CASE item.type
                WHEN 'pairing_offer' THEN (item.payload ->> 'offer_id')::uuid
                ELSE gen_random_uuid() END,
            item.type, item.payload, clock.now, clock.traceparent
        FROM item
        JOIN stream ON stream.recipient = item.recipient
        CROSS JOIN (
            SELECT clock_timestamp() AS now,
                -- what app.sql.function sets in the statement of a traced call
                nullif(current_setting('halobestie.traceparent', true), '') AS traceparent
        ) AS clock
        RETURNING *
    ),
    -- begun: a stream used for the first time gets the position from which it is dispatched.
    begun AS (
        INSERT INTO core.event_positions (recipient)
        SELECT told.recipient FROM told WHERE told.seq = 1
    )
    INSERT INTO core.pushes (recipient, token, type, payload, collapse_key, expires_at)
    SELECT told.recipient, device.token, told.type, core.event_frame(told::core.events),
        core.push_collapse_key(told.type, told.payload),
        core.push_expiry(told.type, told.payload, told.created_at)
    FROM told
    JOIN core.push_tokens AS device
        ON device.user_type = split_part(told.recipient, ':', 1)
        AND device.user_id = split_part(told.recipient, ':', 2)::uuid
    WHERE core.push_expiry(told.type, told.payload, told.created_at) > told.created_at
        AND core.may_be_pushed(device.user_type, device.user_id);
END
$$;

COMMENT ON FUNCTION core.emit(core.event[]) IS $$
Appends events to the outbox, without gaps and in commit order for each recipient. A transaction
calls this once, last: stream rows are locked sorted by recipient, and a second call would break
that order, unless the streams were locked before, as due work does. An event that is worth a push
is queued for each device of its recipient. Each keeps the traceparent of its call
(halobestie.traceparent), if it has one.
Notifies: events.
$$;
