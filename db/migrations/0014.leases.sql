SET LOCAL ROLE halo_owner;

-- '-infinity': whoever led by the older rule has no lease, and the first who asks takes it with a greater epoch.
ALTER TABLE core.leaderships ADD COLUMN until timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON TABLE core.leaderships IS
'Who leads what must not run twice: a lease, by the database''s clock. The epoch grows at each change and fences late writes.';
COMMENT ON COLUMN core.leaderships.until IS 'The end of the lease. Until then nobody else can take it; a lease that ran out belongs to nobody.';

RESET ROLE;
