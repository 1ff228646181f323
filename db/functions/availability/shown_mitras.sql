CREATE OR REPLACE FUNCTION core.shown_mitras(p_mitra_ids uuid[], p_cc_user_id uuid)
RETURNS TABLE (mitra_id uuid, shown jsonb)
LANGUAGE sql STABLE
AS $$
-- Ask for the rules and the reader's rights once; then each mitra with its state and answers.
SELECT mitra.id, jsonb_build_object(
    'id', mitra.id,
    'display_name', mitra.display_name,
    'phone', core.masked_phone(mitra.phone, rule.sees_phones),
    'is_active', mitra.is_active,
    'is_online', status.is_online,
    'state', core.mitra_state(
        mitra, status, load.capacity, rule.maximum,
        core.is_held(load.reporters, rule.before_hold), rule.fresh_after),
    'is_held', core.is_held(load.reporters, rule.before_hold),
    'capacity', load.capacity,
    'slots', core.max_sessions(mitra, rule.maximum),
    'max_sessions', mitra.max_sessions,
    'unanswered_offers', answers.unanswered_offers,
    'last_answer_at', core.instant(answers.last_answer_at),
    'mitra_share_percent', mitra.mitra_share_percent,
    'version', mitra.version)
FROM (
    SELECT core.config_int('mitra_max_sessions') AS maximum,
        core.config_int('reports_before_hold') AS before_hold,
        core.fallback_fresh_after() AS fresh_after,
        core.sees_phones(p_cc_user_id) AS sees_phones
    OFFSET 0
) AS rule
CROSS JOIN core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
CROSS JOIN LATERAL core.unanswered_offers(mitra.id, status.last_online_at) AS answers
WHERE mitra.id = ANY (p_mitra_ids)
$$;

COMMENT ON FUNCTION core.shown_mitras(uuid[], uuid) IS $$
Mitras as a control centre user may see them; null = a DBA, who sees all. slots is the maximum that
holds: its own max_sessions, or mitra_max_sessions. unanswered_offers and last_answer_at are
core.unanswered_offers since it last came online. mitra_share_percent null = that of the setting.
One statement shows a page for a fraction of what it costs to show each by itself.
$$;
