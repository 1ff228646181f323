CREATE VIEW ops.outbox AS
SELECT
    queue.recipient, count(*) AS notes,
    min(queue.created_at) AS waiting_since,
    clock_timestamp() - min(queue.created_at) AS waiting,
    coalesce(max(position.seq), 0) AS dispatched_seq, max(stream.last_seq) AS last_seq
FROM core.event_queue AS queue
LEFT JOIN core.event_positions AS position USING (recipient)
LEFT JOIN core.event_streams AS stream USING (recipient)
GROUP BY queue.recipient
ORDER BY waiting_since;

COMMENT ON VIEW ops.outbox IS $$
Streams with something still to be dispatched to Valkey, longest waiting first; empty when all is
well.
$$;
