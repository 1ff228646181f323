"""The check of the invariants as of a database that is so large that each page has one small slice."""

A_SLICE_A_PAGE = """
CREATE OR REPLACE FUNCTION core.check_pace() RETURNS TABLE (slice_rows integer, work interval) LANGUAGE sql STABLE
AS $$ VALUES (1, interval '0') $$
"""
