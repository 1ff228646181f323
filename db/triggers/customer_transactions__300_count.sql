CREATE OR REPLACE FUNCTION core.tg_customer_transactions__count()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.figure_changes (metric, at, bucket, value)
    SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)
    FROM new_rows CROSS JOIN LATERAL core.transaction_figures(new_rows) AS figure
    GROUP BY figure.metric, figure.at, figure.bucket;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_customer_transactions__count() IS $$
A transaction changes the figures that it counts for (core.transaction_figures): one insert
a statement.
$$;

CREATE OR REPLACE TRIGGER _300_count
AFTER INSERT ON core.customer_transactions
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_customer_transactions__count();
