CREATE OR REPLACE FUNCTION core.is_refused_for_good(p_failure text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT coalesce(string_to_array(p_failure, ' ') && ARRAY[
    'REFUND_NOT_SUPPORTED', 'INELIGIBLE_TRANSACTION', 'ACCOUNT_NOT_FOUND',
    'ACCOUNT_ACCESS_BLOCKED', 'MAXIMUM_USER_BALANCE_EXCEEDED'], false)
$$;

COMMENT ON FUNCTION core.is_refused_for_good(text) IS $$
Whether what a provider said of a refund holds for good: asking it again is of no use. What passes,
as INSUFFICIENT_BALANCE does, or is not known, may be asked for again.
$$;
