CREATE VIEW ops.mitra_availability AS SELECT * FROM ops.mitra_availability();

COMMENT ON VIEW ops.mitra_availability IS
'Every mitra: active, online, slots in use and at most, heartbeat (up to a minute old), and whether available by PostgreSQL''s judgement.';
