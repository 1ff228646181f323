SET LOCAL ROLE halo_owner;
ALTER TABLE core.payment_requests DROP COLUMN preferred_mitra_id;
RESET ROLE;
