CREATE OR REPLACE FUNCTION core.wrong_balances(p_from uuid, p_until uuid)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT
    'a balance is above zero, and what the transactions say', balance.customer_id::text,
    format('%s, by transactions %s', balance.amount, coalesce(written.amount, 0))
FROM (
    SELECT entry.customer_id, sum(entry.amount) AS amount
    FROM core.balance_entries AS entry
    WHERE entry.customer_id >= p_from AND (p_until IS NULL OR entry.customer_id < p_until)
    GROUP BY entry.customer_id
) AS balance
CROSS JOIN LATERAL (
    SELECT sum(entry.amount) AS amount
    FROM core.customer_transactions AS entry
    WHERE entry.customer_id = balance.customer_id AND entry.type = 'balance'
) AS written
WHERE balance.amount < 0 OR balance.amount IS DISTINCT FROM written.amount
UNION ALL
SELECT 'who left has no balance', customer.id::text, sum(entry.amount)::text
FROM core.customers AS customer
JOIN core.balance_entries AS entry ON entry.customer_id = customer.id
WHERE entry.customer_id >= p_from AND (p_until IS NULL OR entry.customer_id < p_until)
    AND customer.deleted_at IS NOT NULL
GROUP BY customer.id
HAVING sum(entry.amount) <> 0
$$;

COMMENT ON FUNCTION core.wrong_balances(uuid, uuid) IS $$
What must never be, of the balances of customers whose ids are from p_from until before p_until,
null = to the last.
$$;
