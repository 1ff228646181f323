CREATE VIEW ops.mitra_availability AS SELECT * FROM ops.mitra_availability();

COMMENT ON VIEW ops.mitra_availability IS $$
Every mitra: active, online, slots taken and their maximum, heartbeat (up to a minute old), and
whether the mitra is available by PostgreSQL's judgement.
$$;
