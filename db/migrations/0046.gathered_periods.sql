SET LOCAL ROLE halo_owner;
-- A period of many earnings is gathered step by step. Those that are there were gathered at once.
ALTER TABLE core.payout_periods ADD COLUMN next_mitra_id uuid;
ALTER TABLE core.payout_periods ADD COLUMN gathered_at timestamptz;
UPDATE core.payout_periods SET gathered_at = closed_at;
COMMENT ON COLUMN core.payout_periods.next_mitra_id IS 'The first mitra, by id, whose earnings are not gathered; null = none is yet, or all are.';
COMMENT ON COLUMN core.payout_periods.gathered_at IS 'When the last of its payouts was made; null = there may be more.';
RESET ROLE;
