CREATE OR REPLACE FUNCTION core.holds_slot(p_status text)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
SELECT p_status IN ('active', 'pending_payment', 'extending')
$$;

COMMENT ON FUNCTION core.holds_slot(text) IS $$
Whether a session in this status takes one of its mitra's slots. extending does, so that approving
an extension cannot overbook.
$$;
