SET LOCAL ROLE halo_owner;
DROP TYPE core.replay_span, core.replay_mitra CASCADE;
RESET ROLE;
