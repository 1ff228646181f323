SET LOCAL ROLE halo_owner;
DROP TABLE core.push_tokens, core.otp_challenges, core.auth_sessions, core.mitra_withdrawals, core.mitra_status_log,
    core.mitra_loads, core.mitra_online_status, core.mitras, core.customers CASCADE;
RESET ROLE;
