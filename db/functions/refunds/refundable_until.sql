CREATE OR REPLACE FUNCTION core.refundable_until(p_channel text, p_paid_at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN p_channel ~ '(VIRTUAL_ACCOUNT|_VA$|ASTRAPAY|ALFAMART|INDOMARET)' THEN '-infinity'
    WHEN p_channel ~ 'OVO' THEN (
        date_trunc('day', p_paid_at AT TIME ZONE 'Asia/Jakarta') + interval '23 hours 50 minutes'
    ) AT TIME ZONE 'Asia/Jakarta'
    WHEN p_channel ~ 'QRIS' THEN p_paid_at + interval '30 days'
    ELSE 'infinity' END
$$;

COMMENT ON FUNCTION core.refundable_until(text, timestamptz) IS $$
Until when Xendit pays back what came by a channel: never by virtual accounts, shops and AstraPay,
the same day by OVO, within 30 days by QRIS (where the issuer allows it). Of a channel that is not
known here the provider is asked.
$$;
