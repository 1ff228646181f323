SET LOCAL ROLE halo_owner;

CREATE TABLE core.silences (
    offer_id uuid PRIMARY KEY REFERENCES core.pairing_offers ON DELETE CASCADE,
    mitra_id uuid NOT NULL,
    offered_at timestamptz NOT NULL,
    expired_at timestamptz NOT NULL,
    due_at timestamptz DEFAULT clock_timestamp(),
    is_missed boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE core.silences IS 'Offers that expired unanswered, and whether their mitra missed them. Kept for a day.';
COMMENT ON COLUMN core.silences.due_at IS 'Since when run_due has to judge it; null once it is judged.';
CREATE INDEX silences_due ON core.silences (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX silences_of_mitra ON core.silences (mitra_id, offered_at);

CREATE TABLE core.offer_dispatches (
    offer_id uuid PRIMARY KEY,
    at timestamptz NOT NULL
);
COMMENT ON TABLE core.offer_dispatches IS 'When Valkey first took the event of an offer. Kept for a day.';
CREATE INDEX offer_dispatches_age ON core.offer_dispatches (at);

CREATE TABLE core.mitra_sightings (
    mitra_id uuid PRIMARY KEY REFERENCES core.mitras ON DELETE CASCADE,
    last_seen_at timestamptz NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE core.mitra_sightings IS 'When a socket of a mitra last asked for what it missed while an offer waited for the mitra.';

RESET ROLE;
