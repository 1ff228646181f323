SET LOCAL ROLE halo_owner;
DROP TABLE core.earning_payouts CASCADE;
DROP TABLE core.payouts CASCADE;
DROP TABLE core.payout_periods CASCADE;
DROP TABLE core.mitra_earnings CASCADE;
ALTER TABLE core.mitras DROP COLUMN mitra_share_percent CASCADE;
ALTER TABLE core.chat_sessions DROP COLUMN mitra_share_percent CASCADE;
RESET ROLE;
