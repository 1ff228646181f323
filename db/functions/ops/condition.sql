CREATE OR REPLACE FUNCTION ops.condition()
RETURNS TABLE (
    is_writable boolean,
    event_seconds double precision,
    deadline_seconds double precision,
    search_seconds double precision,
    vacant_seconds double precision,
    transaction_seconds double precision,
    queue_usage double precision,
    reasons text[]
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT * FROM api.condition()
$$;

COMMENT ON FUNCTION ops.condition() IS 'The row of the view ops.condition. Raises nothing.';
