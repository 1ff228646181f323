SET LOCAL ROLE halo_owner;
DELETE FROM core.event_streams WHERE last_seq = 0;
COMMENT ON TABLE core.event_streams IS 'Hands out each recipient''s next seq under its row lock, so that numbers follow commits without gaps.';
RESET ROLE;
