CREATE OR REPLACE FUNCTION core.is_presence_proved(p_mitra_id uuid, p_since timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT EXISTS (
    SELECT FROM core.presence_proofs AS proof
    WHERE proof.mitra_id = p_mitra_id AND proof.at >= p_since)
$$;

COMMENT ON FUNCTION core.is_presence_proved(uuid, timestamptz) IS
'Whether a command of this mitra was noted at p_since or later, as core.prove_presence notes it.';
