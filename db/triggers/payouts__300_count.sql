CREATE OR REPLACE FUNCTION core.tg_payouts__count()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    -- What the rows count for now, less what they counted for before.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO core.figure_changes (metric, at, bucket, value)
        SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)
        FROM new_rows CROSS JOIN LATERAL core.payout_figures(new_rows) AS figure
        GROUP BY figure.metric, figure.at, figure.bucket;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO core.figure_changes (metric, at, bucket, value)
        SELECT figure.metric, figure.at, figure.bucket, -sum(figure.value)
        FROM old_rows CROSS JOIN LATERAL core.payout_figures(old_rows) AS figure
        GROUP BY figure.metric, figure.at, figure.bucket;
    ELSE
        INSERT INTO core.figure_changes (metric, at, bucket, value)
        SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)
        FROM (
            SELECT now.metric, now.at, now.bucket, now.value
            FROM new_rows CROSS JOIN LATERAL core.payout_figures(new_rows) AS now
            UNION ALL
            SELECT before.metric, before.at, before.bucket, -before.value
            FROM old_rows CROSS JOIN LATERAL core.payout_figures(old_rows) AS before
        ) AS figure
        GROUP BY figure.metric, figure.at, figure.bucket
        HAVING sum(figure.value) <> 0;
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_payouts__count() IS $$
A payout that is made, changed or gone changes the figures that it counts for
(core.payout_figures):
one insert a statement, of nothing when nothing that counts has changed.
$$;

CREATE OR REPLACE TRIGGER _300_count_insert
AFTER INSERT ON core.payouts
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_payouts__count();

CREATE OR REPLACE TRIGGER _300_count_update
AFTER UPDATE ON core.payouts
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_payouts__count();

CREATE OR REPLACE TRIGGER _300_count_delete
AFTER DELETE ON core.payouts
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_payouts__count();
