SET LOCAL ROLE halo_owner;

CREATE TABLE core.figure_changes (
    metric text NOT NULL,
    at timestamptz NOT NULL,
    bucket integer NOT NULL,
    value bigint NOT NULL
);
COMMENT ON TABLE core.figure_changes IS 'What changed in a figure and is not folded into core.figures yet. Written with the change itself; rows are only inserted, so nobody waits.';
COMMENT ON COLUMN core.figure_changes.at IS 'The minute it counts for; -infinity: only for the total of all time.';
COMMENT ON COLUMN core.figure_changes.bucket IS 'Of a histogram, core.bucket; 0 of any other figure.';
ALTER TABLE core.figure_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE core.figures (
    metric text NOT NULL,
    step text NOT NULL CHECK (step IN ('minute', 'hour', 'day', 'ever')),
    at timestamptz NOT NULL,
    bucket integer NOT NULL DEFAULT 0,
    value bigint NOT NULL,
    samples integer NOT NULL DEFAULT 0,
    PRIMARY KEY (metric, step, at, bucket)
) WITH (fillfactor = 70);
COMMENT ON TABLE core.figures IS 'What happened, per minute for 7 days, per hour for 90, per day for ever, and in all: counts, sums, histograms, and gauges that are sampled each minute.';
COMMENT ON COLUMN core.figures.at IS 'When the step began; -infinity of the step ever.';
COMMENT ON COLUMN core.figures.bucket IS 'Of a histogram, core.bucket, of which value is the count; 0 of any other figure.';
COMMENT ON COLUMN core.figures.samples IS 'Of a gauge: how many samples value is the sum of; 0 of any other figure.';
CREATE INDEX figures_of_a_time ON core.figures (step, at);

CREATE TABLE core.awaited_replies (
    session_id uuid NOT NULL,
    round integer NOT NULL,
    PRIMARY KEY (session_id, round)
);
COMMENT ON TABLE core.awaited_replies IS 'Sessions whose mitra of that round has not been seen to reply: the fold looks for the first message, so that no message has to look for those before it.';

CREATE TABLE core.figure_builds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    sources text[] NOT NULL,
    corrections integer NOT NULL
);
COMMENT ON TABLE core.figure_builds IS 'When figures were counted again from the rows, and how many were wrong. The first is of the migration that brought them.';

CREATE TABLE core.sweep_runs (
    sweep text PRIMARY KEY,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('ok', 'failed', 'aborted')),
    seconds double precision NOT NULL,
    found text NOT NULL
);
COMMENT ON TABLE core.sweep_runs IS 'How the last run of each of the leading listener''s sweeps went.';

RESET ROLE;
