SET LOCAL ROLE halo_owner;
DROP TABLE core.deadline_runs, core.leaderships, core.idempotency_keys, core.message_templates, core.audit_log,
    core.control_center_users, core.roles, core.app_config CASCADE;
RESET ROLE;
