SET LOCAL ROLE halo_owner;
DROP TABLE core.session_ratings, core.customer_transactions, core.session_warnings, core.session_extensions,
    core.pairing_failures, core.pairing_offers, core.webhook_receipts, core.payment_requests, core.chat_sessions,
    core.price_packages CASCADE;
RESET ROLE;
