SET LOCAL ROLE halo_owner;
ALTER TABLE core.payment_requests ADD COLUMN preferred_mitra_id uuid;
COMMENT ON COLUMN core.payment_requests.preferred_mitra_id IS
'The mitra whom the customer, whom it has served, would like again: its search asks that mitra first. No foreign key: a mitra who served is never deleted.';
RESET ROLE;
