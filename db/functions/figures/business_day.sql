CREATE OR REPLACE FUNCTION core.business_day(p_at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT date_trunc('day', p_at, core.business_time_zone())
$$;

COMMENT ON FUNCTION core.business_day(timestamptz) IS
'When the day of business that p_at belongs to began: its midnight in core.business_time_zone.';
