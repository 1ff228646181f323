-- What a function calls, in the order of its text, and which triggers its writes fire:
--
--   psql <address> -f db/psql/call_tree.sql -v function=api.accept_offer [-v depth=8]
\set ON_ERROR_STOP on
\set QUIET on
\pset format unaligned
\pset tuples_only on
\if :{?depth}
\else
    \set depth 8
\endif

WITH RECURSIVE functions AS (
    SELECT
        format('%s.%s', p.pronamespace::regnamespace, p.proname::text) AS name,
        string_agg(regexp_replace(p.prosrc, '--[^\n]*', '', 'g'), ' ') AS source
    FROM pg_proc AS p
    WHERE p.pronamespace::regnamespace::text IN ('api', 'core', 'ops')
    GROUP BY p.pronamespace, p.proname
),

-- One row for each place in a text that calls a function of ours or writes a table of ours.
places AS (
    SELECT caller.name AS caller, found.place, found.words[1] AS callee, found.words[2] AS written
    FROM functions AS caller
    CROSS JOIN LATERAL regexp_matches(
        caller.source,
        '\m((?:api|core|ops)\.\w+)(?=\()|\m(?:INSERT INTO|UPDATE|DELETE FROM)\s+(core\.\w+)', 'g'
    ) WITH ORDINALITY AS found (words, place)
),

-- Each step in the order of the text. What a write fires comes at the place of the write.
steps AS (
    SELECT places.caller, places.place, 0 AS part, places.callee, '' AS why
    FROM places
    INNER JOIN functions AS callee ON places.callee = callee.name
    UNION ALL
    SELECT
        places.caller, places.place,
        row_number() OVER (PARTITION BY places.caller, places.place ORDER BY trigger.tgname),
        'core.' || fired.proname::text, format('  (a trigger of %s)', places.written)
    FROM places
    INNER JOIN pg_class AS written
        ON places.written = format('%s.%s', written.relnamespace::regnamespace, written.relname)
    INNER JOIN pg_trigger AS trigger ON written.oid = trigger.tgrelid AND NOT trigger.tgisinternal
    INNER JOIN pg_proc AS fired ON trigger.tgfoid = fired.oid
),

firsts AS (
    SELECT caller, callee, why, min(ARRAY[place, part]) AS place FROM steps
    GROUP BY caller, callee, why
),

tree AS (
    SELECT name, '' COLLATE "C" AS why, 0 AS depth, ARRAY[]::bigint[] AS place, ARRAY[name] AS way
    FROM functions
    WHERE name = :'function'
    UNION ALL
    SELECT
        firsts.callee, firsts.why, tree.depth + 1, tree.place || firsts.place,
        tree.way || firsts.callee
    FROM tree
    INNER JOIN firsts ON tree.name = firsts.caller
    WHERE tree.depth < :depth AND array_position(tree.way, firsts.callee) IS NULL
)

SELECT repeat('  ', depth) || name || why FROM tree ORDER BY place;
