SET LOCAL ROLE halo_owner;

ALTER TABLE core.mitra_loads
    ADD COLUMN has_own_maximum boolean NOT NULL DEFAULT false,
    ADD COLUMN waits_since timestamptz;
COMMENT ON COLUMN core.mitra_loads.has_own_maximum IS 'Whether the mitra has a maximum of its own (mitras.max_sessions), or the general one.';
COMMENT ON COLUMN core.mitra_loads.waits_since IS
'Since when the mitra waits for an offer, as core.waits_since says; null when it does not. The general maximum, which changes for all mitras at once, and the heartbeat are judged at the reading.';

RESET ROLE;
