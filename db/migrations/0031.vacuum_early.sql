SET LOCAL ROLE halo_owner;

-- Vacuumed after changes of a fiftieth, not a fifth: what changes several times in its life leaves as many dead rows as
-- there are rows of months, and each look for work passes over the dead ones before the low-water mark reaches them.
ALTER TABLE core.chat_sessions SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE core.payment_requests SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE core.pairing_offers SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE core.event_streams SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE core.event_positions SET (autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE core.mitra_loads SET (autovacuum_vacuum_scale_factor = 0.02);

-- Queues: almost empty, and their dead rows are many times their rows.
ALTER TABLE core.session_warnings SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE core.silences SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

RESET ROLE;
