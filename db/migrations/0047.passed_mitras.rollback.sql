SET LOCAL ROLE halo_owner;
COMMENT ON COLUMN core.payout_periods.next_mitra_id IS 'The first mitra, by id, whose earnings are not gathered; null = none is yet, or all are.';
ALTER TABLE core.payout_periods DROP COLUMN passed_mitra_ids;
RESET ROLE;
