SET LOCAL ROLE halo_owner;
ALTER TABLE core.leaderships DROP COLUMN until;
COMMENT ON TABLE core.leaderships IS 'Who leads what must not run twice; the epoch grows at each change and fences late writes.';
RESET ROLE;
