SET LOCAL ROLE halo_owner;

CREATE TABLE core.pairing_waves (
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    round integer NOT NULL,
    wave integer NOT NULL,
    at timestamptz NOT NULL,
    left_out uuid[] NOT NULL,
    reasons text[] NOT NULL,
    PRIMARY KEY (session_id, round, wave),
    CHECK (cardinality(left_out) = cardinality(reasons))
);
COMMENT ON TABLE core.pairing_waves IS 'The candidates that a wave left out when it judged them under lock, best first, and why; read through ops.explain_pairing.';
CREATE INDEX pairing_waves_age ON core.pairing_waves (at);

RESET ROLE;
