SET LOCAL ROLE halo_owner;

CREATE SEQUENCE core.low_water_due AS bigint MINVALUE 0 START 0;
COMMENT ON SEQUENCE core.low_water_due IS 'Microseconds since 1970: nothing that is still to be done was due before. Sequences, because rows that are written each second would leave dead versions.';
CREATE SEQUENCE core.low_water_search AS bigint MINVALUE 0 START 0;
COMMENT ON SEQUENCE core.low_water_search IS 'Microseconds since 1970: no search that goes on began before.';
CREATE SEQUENCE core.low_water_note AS bigint MINVALUE 0 START 0;
COMMENT ON SEQUENCE core.low_water_note IS 'No event that is still to be dispatched has a note with a smaller id.';

-- No default at first: it would write the table anew, while everybody waits.
ALTER TABLE core.event_queue ADD COLUMN xid xid8;
ALTER TABLE core.event_queue ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
COMMENT ON COLUMN core.event_queue.xid IS 'The transaction that wrote it: a snapshot tells whether it was seen.';

RESET ROLE;
