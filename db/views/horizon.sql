CREATE VIEW ops.horizon AS SELECT * FROM ops.horizon();

COMMENT ON VIEW ops.horizon IS $$
What holds the horizon: rows that were dead for newer transactions can't be vacuumed while it lasts,
so tables that change much grow and get slow. One row: who holds it, for how long and how many
transactions behind, nulls when nobody does; how many dead rows there are, and in which table most.
held_for of other roles' sessions is shown only to members of pg_read_all_stats.
$$;
