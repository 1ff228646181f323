CREATE OR REPLACE FUNCTION api.note_seen(p_mitra_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    INSERT INTO core.mitra_sightings AS sighting (mitra_id, last_seen_at)
    SELECT p_mitra_id, clock_timestamp()
    WHERE EXISTS (SELECT FROM core.pairing_offers AS offer
        WHERE offer.mitra_id = p_mitra_id AND offer.status = 'offered')
    ON CONFLICT (mitra_id) DO UPDATE SET last_seen_at = excluded.last_seen_at;
    PERFORM core.prove_presence(p_mitra_id);
END
$$;

COMMENT ON FUNCTION api.note_seen(uuid) IS $$
A socket of this mitra asked for what it missed. While an offer waits for the mitra, this is a sign
of life, as good as an answer: the offer does not count as missed when it expires. While an
extension waits for the mitra, it proves that the mitra is there. Otherwise it writes nothing.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_seen(uuid) TO halo_app;
