SET LOCAL ROLE halo_owner;
DROP TABLE core.sweep_runs, core.figure_builds, core.awaited_replies, core.figures, core.figure_changes CASCADE;
RESET ROLE;
