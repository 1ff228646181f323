CREATE OR REPLACE FUNCTION core.tg_mitra_earnings__count()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.figure_changes (metric, at, bucket, value)
    SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)
    FROM new_rows CROSS JOIN LATERAL core.earning_figures(new_rows) AS figure
    GROUP BY figure.metric, figure.at, figure.bucket;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_mitra_earnings__count() IS $$
An earning changes the figures that it counts for (core.earning_figures): one insert
a statement.
$$;

CREATE OR REPLACE TRIGGER _300_count
AFTER INSERT ON core.mitra_earnings
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_mitra_earnings__count();
