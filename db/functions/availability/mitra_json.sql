CREATE OR REPLACE FUNCTION core.mitra_json(p_mitra_id uuid, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', mitra.id,
    'display_name', mitra.display_name,
    'phone', core.shown_phone(mitra.phone, p_cc_user_id),
    'is_active', mitra.is_active,
    'is_online', status.is_online,
    'state', core.mitra_state(
        mitra, status, load.capacity, rule.maximum, core.is_held(load.reporters),
        core.fallback_fresh_after()),
    'is_held', core.is_held(load.reporters),
    'capacity', load.capacity,
    'slots', core.max_sessions(mitra, rule.maximum),
    'max_sessions', mitra.max_sessions,
    'unanswered_offers', answers.unanswered_offers,
    'last_answer_at', core.instant(answers.last_answer_at),
    'mitra_share_percent', mitra.mitra_share_percent,
    'version', mitra.version)
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
CROSS JOIN (SELECT core.config_int('mitra_max_sessions') AS maximum) AS rule
CROSS JOIN core.unanswered_offers(mitra.id, status.last_online_at) AS answers
WHERE mitra.id = p_mitra_id
$$;

COMMENT ON FUNCTION core.mitra_json(uuid, uuid) IS $$
A mitra as a control centre user may see it; null = a DBA, who sees all. slots is the maximum that
holds: its own max_sessions, or mitra_max_sessions. unanswered_offers and last_answer_at are
core.unanswered_offers since it last came online. mitra_share_percent null = that of the setting.
$$;
