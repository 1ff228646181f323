CREATE OR REPLACE FUNCTION core.prove_presence(p_mitra_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    INSERT INTO core.presence_proofs (mitra_id, at)
    SELECT p_mitra_id, clock_timestamp()
    WHERE EXISTS (
        SELECT FROM core.chat_sessions AS session
        JOIN core.session_extensions AS extension ON extension.session_id = session.id
        WHERE session.mitra_id = p_mitra_id AND core.holds_slot(session.status)
            AND core.status_is(extension.status, 'pending')
            AND NOT core.is_presence_proved(p_mitra_id, extension.requested_at))
    ON CONFLICT DO NOTHING;
END
$$;

COMMENT ON FUNCTION core.prove_presence(uuid) IS $$
A mitra gives a command. While an extension waits for the mitra's answer, the first command is
noted: api.settle_extension takes it as proof that the mitra is there, when nobody knows who has a
socket. Otherwise it writes nothing. It waits for nobody. A first answer to an offer and a new
message don't call it: their rows are proof. Heartbeats and requests that only read are no proof.
$$;
