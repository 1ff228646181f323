CREATE OR REPLACE FUNCTION core.business_time_zone()
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT core.config_text('business_time_zone')
$$;

COMMENT ON FUNCTION core.business_time_zone() IS
'The time zone in which a day of business begins and ends.';
