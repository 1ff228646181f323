SET LOCAL ROLE halo_owner;
ALTER TABLE core.payout_periods DROP COLUMN gathered_at;
ALTER TABLE core.payout_periods DROP COLUMN next_mitra_id;
RESET ROLE;
