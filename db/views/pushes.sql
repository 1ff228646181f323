CREATE VIEW ops.pushes AS
SELECT
    push.id AS push_id, push.recipient, push.type, push.status, push.attempts,
    clock_timestamp() - push.created_at AS waiting,
    push.next_attempt_at, push.expires_at, push.last_error
FROM core.pushes AS push
WHERE push.settled_at IS NULL
ORDER BY push.created_at;

COMMENT ON VIEW ops.pushes IS $$
Pushes that are not settled yet, longest waiting first. ops.push_outcomes says what became of the
others.
$$;
