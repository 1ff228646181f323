CREATE OR REPLACE FUNCTION core.wrong_streams(p_from text, p_until text)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- A stream has no gap, and what is not sent yet is known to the dispatcher.
SELECT
    'a stream is gapless above its floor', stream.recipient,
    format('last %s, floor %s, %s events up to %s',
        stream.last_seq, stream.floor_seq, kept.events, kept.last_seq)
FROM core.event_streams AS stream
CROSS JOIN LATERAL (
    SELECT count(*) AS events, coalesce(max(event.seq), stream.floor_seq) AS last_seq
    FROM core.events AS event
    WHERE event.recipient = stream.recipient AND event.seq > stream.floor_seq
) AS kept
WHERE stream.recipient >= p_from AND (p_until IS NULL OR stream.recipient < p_until)
    AND (kept.last_seq <> stream.last_seq OR kept.events <> stream.last_seq - stream.floor_seq)
UNION ALL
SELECT
    'nothing is dispatched that was not emitted', position.recipient,
    format('dispatched %s of %s', position.seq, coalesce(stream.last_seq, 0))
FROM core.event_positions AS position
LEFT JOIN core.event_streams AS stream ON stream.recipient = position.recipient
WHERE position.recipient >= p_from AND (p_until IS NULL OR position.recipient < p_until)
    AND position.seq > coalesce(stream.last_seq, 0)
UNION ALL
SELECT
    'a stream not wholly dispatched has a note', stream.recipient,
    format('dispatched %s of %s', coalesce(position.seq, 0), stream.last_seq)
FROM core.event_streams AS stream
LEFT JOIN core.event_positions AS position ON position.recipient = stream.recipient
WHERE stream.recipient >= p_from AND (p_until IS NULL OR stream.recipient < p_until)
    AND coalesce(position.seq, 0) < stream.last_seq AND NOT EXISTS (
        SELECT FROM core.event_queue AS queue WHERE queue.recipient = stream.recipient)
$$;

COMMENT ON FUNCTION core.wrong_streams(text, text) IS $$
What must never be, of the streams of events of the recipients from p_from until before p_until,
null = to the last.
$$;
