SET LOCAL ROLE halo_owner;
-- Without a default, so that no row is written anew.
ALTER TABLE core.events ADD COLUMN traceparent text;
COMMENT ON COLUMN core.events.traceparent IS 'The W3C traceparent of the call that told of this, where its request is traced: what carries the event on is part of the same trace. Never in a frame.';
RESET ROLE;
