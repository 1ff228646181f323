-- depends: 0021.versions

SET LOCAL ROLE halo_owner;

ALTER TABLE core.control_center_users
    ADD COLUMN locale text CHECK (locale IN ('id', 'en')),
    ADD COLUMN time_zone text;
COMMENT ON COLUMN core.control_center_users.locale IS 'The language of the pages; null = as the browser asks.';
COMMENT ON COLUMN core.control_center_users.time_zone IS 'The time zone of the times on the pages; null = business_time_zone.';

CREATE TABLE core.saved_views (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    cc_user_id uuid NOT NULL REFERENCES core.control_center_users ON DELETE CASCADE,
    screen text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (cc_user_id, screen, name)
);
COMMENT ON TABLE core.saved_views IS 'Filters of a screen that a user of the control centre keeps under a name.';

RESET ROLE;
