CREATE OR REPLACE FUNCTION core.tg_chat_messages__count()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    INSERT INTO core.figure_changes (metric, at, bucket, value)
    SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)
    FROM new_rows CROSS JOIN LATERAL core.message_figures(new_rows) AS figure
    GROUP BY figure.metric, figure.at, figure.bucket;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_chat_messages__count() IS $$
Messages change the figures that they count for (core.message_figures): one insert
a statement.
$$;

CREATE OR REPLACE TRIGGER _300_count
AFTER INSERT ON core.chat_messages
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_chat_messages__count();
