CREATE OR REPLACE FUNCTION core.has_full_hours(p_zone text)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT bool_and(extract(epoch FROM
    (month.at AT TIME ZONE p_zone) - (month.at AT TIME ZONE 'UTC'))::integer % 3600 = 0)
FROM generate_series(now() - interval '1 year', now() + interval '1 year', '1 month') AS month (at)
$$;

COMMENT ON FUNCTION core.has_full_hours(text) IS $$
Whether a time zone is a whole number of hours away from UTC, in summer and winter, from a year ago
to a year ahead: Asia/Jakarta is, Asia/Kolkata is half an hour off. Figures are kept by the hours of
UTC, and a day of business is made of them.
$$;
