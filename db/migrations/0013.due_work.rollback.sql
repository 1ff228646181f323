SET LOCAL ROLE halo_owner;
ALTER TABLE core.chat_sessions DROP COLUMN search_began_at CASCADE;
DELETE FROM core.event_streams WHERE last_seq = 0;
DROP TABLE core.mitra_sightings CASCADE;
DROP TABLE core.offer_dispatches CASCADE;
DROP TABLE core.silences CASCADE;
RESET ROLE;
