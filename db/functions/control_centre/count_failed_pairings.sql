CREATE OR REPLACE FUNCTION api.count_failed_pairings(p_from_at timestamptz, p_to_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('from_at', p_from_at::text, 'to_at', p_to_at::text);
    IF p_to_at <= p_from_at OR p_to_at - p_from_at > interval '7 days' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A range ends after it begins, within 7 days.',
            'Ask for a shorter one.', 'to');
    END IF;
    RETURN jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'hour', core.instant(counted.hour),
                    'cause', counted.cause_tag,
                    'count', counted.count)
                ORDER BY counted.hour, counted.cause_tag), '[]')
            FROM (
                SELECT date_trunc('hour', failure.created_at) AS hour, failure.cause_tag, count(*)
                FROM core.pairing_failures AS failure
                WHERE failure.created_at >= p_from_at AND failure.created_at < p_to_at
                GROUP BY 1, 2
            ) AS counted),
        'next_cursor', NULL);
END
$$;

COMMENT ON FUNCTION api.count_failed_pairings(timestamptz, timestamptz) IS $$
{items, next_cursor}: how many searches, deliveries and extensions failed from p_from_at to before
p_to_at, 7 days at most, as {hour, cause, count}; hours without any are left out. It is one page.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.count_failed_pairings(timestamptz, timestamptz) TO halo_cc;
