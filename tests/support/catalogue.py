"""A picture of everything a database holds besides its rows, to be held against another."""

import psycopg

# Partitions are left out: which there are depends on the day.
_PICTURE = """
WITH ours AS (
    SELECT * FROM pg_namespace WHERE nspname IN ('core', 'api', 'ops')
),
relation AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_class AS c JOIN ours AS n ON n.oid = c.relnamespace WHERE NOT c.relispartition
),
held AS (
    SELECT c.*, relation.name FROM pg_constraint AS c JOIN relation ON relation.oid = c.conrelid
)
SELECT concat_ws(' ', 'schema', nspname, 'of', nspowner::regrole, nspacl) FROM ours
UNION ALL
SELECT concat_ws(' ', 'relation', name, relkind, 'of', relowner::regrole, relacl, reloptions) FROM relation
UNION ALL
SELECT concat_ws(' ', 'view', name, pg_get_viewdef(oid)) FROM relation WHERE relkind = 'v'
UNION ALL
SELECT pg_get_indexdef(oid) FROM relation WHERE relkind IN ('i', 'I')
UNION ALL
SELECT concat_ws(' ', 'column', relation.name, row_number() OVER (PARTITION BY relation.oid ORDER BY a.attnum),
    a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END, a.attidentity,
    a.attacl, pg_get_expr(d.adbin, d.adrelid))
FROM relation
JOIN pg_attribute AS a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(oid)) FROM held
UNION ALL
SELECT concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
FROM relation JOIN pg_trigger AS t ON t.tgrelid = relation.oid AND NOT t.tgisinternal
UNION ALL
SELECT concat_ws(' ', 'routine', p.oid::regprocedure, 'of', p.proowner::regrole, (
        SELECT string_agg(item::text, ',' ORDER BY item::text COLLATE "C") FROM unnest(p.proacl) AS item),
    pg_get_functiondef(p.oid))
FROM pg_proc AS p JOIN ours ON ours.oid = p.pronamespace
UNION ALL
SELECT concat_ws(' ', 'comment', described.type, described.identity, d.description)
FROM pg_description AS d
CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS described
WHERE described.schema IN (SELECT nspname FROM ours) OR d.objoid IN (SELECT oid FROM ours UNION SELECT oid FROM held)
UNION ALL
SELECT concat_ws(' ', 'rights to come', d.defaclrole::regrole, ours.nspname, d.defaclobjtype, d.defaclacl)
FROM pg_default_acl AS d LEFT JOIN ours ON ours.oid = d.defaclnamespace
"""


def picture(conn: psycopg.Connection) -> set[str]:
    """Each table, column, index, constraint, view, function, trigger, right and comment of ours, in words."""
    return {row[0] for row in conn.execute(_PICTURE)}
