CREATE OR REPLACE FUNCTION core.provider_status(p_words jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN upper(p_words ->> 'status') IN ('COMPLETED', 'SUCCEEDED', 'PAID', 'CAPTURED') THEN 'paid'
    WHEN upper(p_words ->> 'status') IN ('EXPIRED', 'CANCELED', 'CANCELLED') THEN 'over'
    ELSE 'open' END
$$;

COMMENT ON FUNCTION core.provider_status(jsonb) IS
'What the words of a provider say of a payment: paid, over (nobody can pay it any more), or open.';
