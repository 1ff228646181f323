SET LOCAL ROLE halo_owner;
DROP TABLE core.idempotency_leases, core.mitra_reroutes, core.session_reroutes, core.refunds CASCADE;
ALTER TABLE core.webhook_receipts DROP COLUMN payment_request_id CASCADE;
ALTER TABLE core.payment_requests DROP COLUMN provider_payment_ref CASCADE;
COMMENT ON COLUMN core.payment_requests.provider_ref IS NULL;
RESET ROLE;
