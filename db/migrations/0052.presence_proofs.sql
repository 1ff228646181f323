-- depends: 0051.indexes_left.after
SET LOCAL ROLE halo_owner;
CREATE TABLE core.presence_proofs (
    mitra_id uuid NOT NULL, -- no foreign key: it would lock the mitra, and a command would wait for that lock
    at timestamptz NOT NULL,
    PRIMARY KEY (mitra_id, at)
);
COMMENT ON TABLE core.presence_proofs IS
'When a mitra gave a command while an extension waited for its answer: the first command of each wait (core.prove_presence). Kept for a day.';
CREATE INDEX presence_proofs_age ON core.presence_proofs (at);
RESET ROLE;
