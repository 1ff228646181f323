CREATE OR REPLACE FUNCTION core.is_missed(p_silence core.silences)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
        SELECT FROM core.mitras AS mitra
        JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
        WHERE mitra.id = p_silence.mitra_id AND status.is_online
            AND core.capacity(mitra.id) < core.max_sessions(mitra))
    AND EXISTS (
        SELECT FROM core.offer_dispatches AS dispatch
        WHERE dispatch.offer_id = p_silence.offer_id
            AND dispatch.at
                <= p_silence.offered_at + (p_silence.expired_at - p_silence.offered_at) / 2)
    AND core.last_sign_of(p_silence.mitra_id, p_silence.offered_at) < p_silence.offered_at
$$;

COMMENT ON FUNCTION core.is_missed(core.silences) IS $$
Whether a locked mitra missed an offer that expired: the mitra was online with a free slot, was
told before half of the offer's time was over, and gave no sign of life since the offer was sent.
$$;
