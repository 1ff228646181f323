CREATE OR REPLACE FUNCTION core.is_same_money(p_words jsonb, p_amount bigint)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT coalesce(
    CASE WHEN words.amount ~ '^[0-9]{1,15}(\.0+)?$' THEN words.amount::numeric END = p_amount
        AND coalesce(upper(p_words ->> 'currency'), 'IDR') = 'IDR', false)
FROM (SELECT coalesce(p_words ->> 'amount', p_words ->> 'request_amount')) AS words (amount)
$$;

COMMENT ON FUNCTION core.is_same_money(jsonb, bigint) IS $$
Whether a provider speaks of the amount that was asked for, in rupiah. An amount that it does not
name, or that is no number, is another amount.
$$;
