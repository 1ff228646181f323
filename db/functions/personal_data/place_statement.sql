CREATE OR REPLACE FUNCTION core.place_statement(
    p_relation text, p_shown text[], p_condition text)
RETURNS text
LANGUAGE sql STABLE
AS $$
-- The statement, then its key, its columns, from where it reads, and which rows.
SELECT format(
    'SELECT jsonb_agg(page.row ORDER BY page.key COLLATE "C") FILTER (WHERE page.fits),
        count(*) FILTER (WHERE page.fits)::integer,
        max(page.key COLLATE "C") FILTER (WHERE page.fits), NOT bool_and(page.fits)
    FROM (
        SELECT few.key, few.row, coalesce(sum(pg_column_size(few.row)) OVER (
            ORDER BY few.key COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0) < $5 AS fits
        FROM (
            SELECT %1$s AS key, jsonb_build_object(%2$s) AS row FROM %3$s AS place
            WHERE %4$s AND %1$s COLLATE "C" > $3 ORDER BY %1$s COLLATE "C" LIMIT $4
        ) AS few
    ) AS page',
    (
        SELECT format('concat_ws('' '', %s)', string_agg(
            CASE WHEN col.atttypid IN ('bigint'::regtype, 'integer'::regtype)
                THEN format('lpad(place.%I::text, 19, ''0'')', col.attname)
                ELSE format('place.%I', col.attname) END, ', ' ORDER BY part.n))
        FROM pg_catalog.pg_index AS key
        CROSS JOIN LATERAL unnest(key.indkey) WITH ORDINALITY AS part (attnum, n)
        JOIN pg_catalog.pg_attribute AS col
            ON col.attrelid = key.indrelid AND col.attnum = part.attnum
        WHERE key.indrelid = known.relation AND key.indisprimary
    ),
    (
        SELECT string_agg(format(
            CASE WHEN col.atttypid = 'timestamptz'::regtype
                THEN '%1$L, core.instant(place.%1$I)' ELSE '%1$L, place.%1$I' END,
            name.name), ', ')
        FROM unnest(p_shown) AS name (name)
        JOIN pg_catalog.pg_attribute AS col
            ON col.attrelid = known.relation AND col.attname = name.name
    ),
    CASE p_relation WHEN 'chat_messages' THEN 'core.messages_of($1, $2, $3, $4)'
        ELSE known.relation::text END,
    CASE p_relation WHEN 'chat_messages' THEN 'true' ELSE format('(%s)', p_condition) END
    || CASE WHEN EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS col
        WHERE col.attrelid = known.relation AND col.attname = 'party'
    ) THEN ' AND place.party = $1' ELSE '' END)
FROM (SELECT ('core.' || p_relation)::regclass AS relation) AS known
$$;

COMMENT ON FUNCTION core.place_statement(text, text[], text) IS $$
The statement that reads the next rows of a place of core.personal_places: as an array of objects
with its columns, how many they are, the key of the last, and whether $5 kept some back. $1 is the
user_type, $2 the id, $3 the key of the last row that was read ('' = none), $4 how many at most; $5
bytes of them, and the row with which they are reached. A key is the table's primary key as text. Of
what either party writes about both, only the person's own rows are read. Messages are read by
core.messages_of, because a mitra has very many.
$$;
