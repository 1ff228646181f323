SET LOCAL ROLE halo_owner;
ALTER TABLE core.payout_periods ADD COLUMN passed_mitra_ids uuid[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN core.payout_periods.passed_mitra_ids IS 'Mitras whose turn was over while somebody held a row of theirs: they come again, in this order, when all others had their turn.';
COMMENT ON COLUMN core.payout_periods.next_mitra_id IS 'The first mitra, by id, whose turn has not been; null = nobody had a turn yet, or everybody.';
RESET ROLE;
