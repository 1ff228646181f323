CREATE OR REPLACE FUNCTION core.recount_mitras(p_mitra_ids uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_ids uuid[];
    v_full uuid[];
    v_freer uuid[];
BEGIN
    SELECT array_agg(DISTINCT id ORDER BY id) INTO v_ids
    FROM unnest(p_mitra_ids) AS mitra (id) WHERE id IS NOT NULL;
    IF v_ids IS NULL THEN
        RETURN;
    END IF;

    -- Lock, then count in a statement of its own, which sees what others committed before.
    PERFORM core.lock_mitras(v_ids);
    WITH recounted AS (
        UPDATE core.mitra_loads AS load
        SET capacity = counted.capacity,
            idle_since = counted.idle_since,
            has_own_maximum = counted.has_own_maximum,
            waits_since = counted.waits_since,
            reporters = counted.reporters,
            -- never backwards, not even after a restore to an earlier point in time
            version = greatest(
                load.version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        FROM (
            SELECT mitra.id, slot.capacity, slot.capacity <= former.capacity AS is_freer,
                idle.since AS idle_since,
                mitra.max_sessions IS NOT NULL AS has_own_maximum,
                core.waits_since(mitra, status, slot.capacity, idle.since) AS waits_since,
                core.count_reporters(mitra.id) AS reporters
            FROM core.mitras AS mitra
            JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
            JOIN core.mitra_loads AS former ON former.mitra_id = mitra.id
            CROSS JOIN LATERAL (
                SELECT core.capacity(mitra.id) AS capacity OFFSET 0     -- counted once
            ) AS slot
            CROSS JOIN LATERAL (
                SELECT CASE WHEN slot.capacity < former.capacity
                    THEN clock_timestamp() ELSE former.idle_since END AS since OFFSET 0
            ) AS idle
            WHERE mitra.id = ANY (v_ids)
        ) AS counted
        WHERE load.mitra_id = counted.id
        RETURNING load.mitra_id, counted.is_freer
    )
    SELECT array_agg(recounted.mitra_id) FILTER (WHERE recounted.is_freer) INTO v_freer
    FROM recounted;

    -- Tell: a mitra that is full now, its offers; the mirror; and pairing, when one of these mitras
    -- can take a session, unless all that happened to it is that it took another.
    v_full := ARRAY(
        SELECT mitra.id FROM core.mitras AS mitra
        JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
        WHERE mitra.id = ANY (v_ids) AND load.capacity >= core.max_sessions(mitra));
    IF v_full <> '{}' THEN
        PERFORM core.withdraw_mitras(v_full, 'full');
    END IF;
    PERFORM pg_notify('mitra_mirror', string_agg(part.id::text, ','))
    FROM unnest(v_ids) WITH ORDINALITY AS part (id, position)
    GROUP BY (part.position - 1) / 200;
    IF EXISTS (
        SELECT FROM core.mitras AS mitra
        JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
        JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
        WHERE mitra.id = ANY (v_freer)
            AND mitra.is_active
            AND status.is_online
            AND load.capacity < core.max_sessions(mitra)
            AND NOT core.is_held(load.reporters))
    THEN
        PERFORM pg_notify('pairing', '');
    END IF;
END
$$;

COMMENT ON FUNCTION core.recount_mitras(uuid[]) IS $$
The one place where capacity is written, since when a mitra waits (core.waits_since), and how many
customers report it. Locks the mitras by id, counts their slots and reports anew, gives each a
higher version, and tells the mirror which mitras to read (200 ids a payload, below NOTIFY's 8,000
bytes). The live offers of a mitra that became full are made due for withdrawal; a mitra that became
available wakes pairing, which looks whether a session waits.
Notifies: mitra_mirror, deadlines, pairing.
$$;
