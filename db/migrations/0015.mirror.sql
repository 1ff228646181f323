-- depends: 0014.leases

SET LOCAL ROLE halo_owner;

CREATE TABLE core.mass_silence (
    is_present boolean PRIMARY KEY DEFAULT true CHECK (is_present),
    began_at timestamptz NOT NULL,
    returned_at timestamptz,
    judged_at timestamptz NOT NULL
);
COMMENT ON TABLE core.mass_silence IS
'One row while so many mitras are silent at a time that the fault must be ours (mass_silence_percent). Meanwhile the sweep sets nobody offline.';
COMMENT ON COLUMN core.mass_silence.began_at IS 'When the sweep first found them silent.';
COMMENT ON COLUMN core.mass_silence.returned_at IS 'When the sweep first found enough of them beating again; null before that.';
COMMENT ON COLUMN core.mass_silence.judged_at IS
'When the sweep last judged it; what nobody judged for minutes, and for three sweeps, is over: the next silence is a new one.';

-- Unlogged: what a crash loses is written again within 15 seconds.
CREATE UNLOGGED TABLE core.unleased_sockets (
    recipient text PRIMARY KEY,
    held_until timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE core.unleased_sockets IS
'Users with a socket on an instance that cannot lease it in Valkey. They are connected, though no lease says so.';
COMMENT ON COLUMN core.unleased_sockets.recipient IS 'As in event_streams: <user_type>:<user id>.';
COMMENT ON COLUMN core.unleased_sockets.held_until IS 'Until when that holds; the instance moves it forward every 15 seconds.';

RESET ROLE;
