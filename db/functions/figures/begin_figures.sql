CREATE OR REPLACE FUNCTION core.begin_figures()
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_sources text[] := ARRAY['sessions', 'transactions', 'payments'];
    v_corrections integer;
BEGIN
    IF EXISTS (SELECT FROM core.figure_builds) THEN
        RETURN;
    END IF;
    v_corrections := core.recount_money() + (
        SELECT sum(core.recount_figures(
            known.source, format('^(%s)$', known.metrics), '-infinity', 'infinity'))
        FROM core.figure_sources() AS known WHERE known.source = ANY (v_sources));
    INSERT INTO core.figure_builds (from_at, to_at, sources, corrections)
    VALUES ('-infinity', 'infinity', v_sources, v_corrections);
END
$$;

COMMENT ON FUNCTION core.begin_figures() IS $$
Counts, once, what was there before figures were kept and what totals of all time need: sessions,
transactions, money. The rest of the past is counted by hand: api.rebuild_figures.
$$;
