-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, disallowed-unique-constraint
-- depends: 0020.failed_deadlines

SET LOCAL ROLE halo_owner;

ALTER TABLE core.audit_log ADD COLUMN reason text;
COMMENT ON COLUMN core.audit_log.reason IS 'Why, as the actor gave it: the setting halobestie.reason of the transaction; null without one.';

-- What an operator edits has a version. core.tg_count_version counts it up; core.app_config has had one from the start.
ALTER TABLE core.price_packages ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE core.message_templates ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE core.roles ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE core.control_center_users ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE core.mitras ADD COLUMN version integer NOT NULL DEFAULT 1;

-- A price is never edited: a new package replaces the old one. Each package is replaced at most once, so they make a line. The table
-- has a row a price, so the constraints are made at once.
ALTER TABLE core.price_packages ADD COLUMN replaces uuid REFERENCES core.price_packages;
COMMENT ON COLUMN core.price_packages.replaces IS 'The package of which this one is the next version; null = the first of its line.';
ALTER TABLE core.price_packages ADD UNIQUE (replaces);

RESET ROLE;
