-- depends: 0020.failed_deadlines

SET LOCAL ROLE halo_owner;

ALTER TABLE core.auth_sessions
    ADD COLUMN kind text NOT NULL DEFAULT 'token',
    ADD COLUMN used_at timestamptz,
    ADD COLUMN label text,
    ADD CONSTRAINT auth_sessions_kind_is_known
        CHECK (kind IN ('token', 'web', 'display') AND (kind = 'token') = (used_at IS NULL)) NOT VALID;
COMMENT ON TABLE core.auth_sessions IS 'One row a refresh token, browser''s session or display; a family is one login. The access token''s sid is the family.';
COMMENT ON COLUMN core.auth_sessions.kind IS 'token: a refresh token. web: the cookie of an operator''s browser. display: the cookie of a wall screen, with the right dashboard:read alone.';
COMMENT ON COLUMN core.auth_sessions.used_at IS 'When the browser was last used, to the minute; null for a refresh token.';
COMMENT ON COLUMN core.auth_sessions.label IS 'The name of a display.';

RESET ROLE;
