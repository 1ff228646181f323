CREATE OR REPLACE FUNCTION core.reason()
RETURNS text
LANGUAGE sql STABLE
AS $$
SELECT nullif(
    left(btrim(current_setting('halobestie.reason', true), core.blanks()), 500), '')
$$;

COMMENT ON FUNCTION core.reason() IS $$
Why this transaction does what it does: the setting halobestie.reason, without blanks around it, at
most 500 characters; null without one, or for blanks.
$$;
