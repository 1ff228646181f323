CREATE OR REPLACE FUNCTION api.find_mitra(p_mitra_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_mitra core.mitras;
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    SELECT * INTO v_mitra FROM core.mitras WHERE id = p_mitra_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_mitra_id::text);

    RETURN core.mitra_json(p_mitra_id, p_actor_id) || jsonb_build_object(
        'locale', v_mitra.locale,
        'created_at', core.instant(v_mitra.created_at),
        -- Why the mitra is available or not.
        'conditions', (
            SELECT jsonb_agg(
                jsonb_build_object(
                    'what', explained.what,
                    'value', explained.value,
                    'holds', explained.holds,
                    'at', core.instant(explained.at))
                ORDER BY explained.place)
            FROM ops.explain_mitra(p_mitra_id) WITH ORDINALITY
                AS explained (topic, what, value, holds, at, place)
            WHERE explained.topic = 'condition'),
        'missed_offers', (
            SELECT status.missed_offers FROM core.mitra_online_status AS status
            WHERE status.mitra_id = p_mitra_id),
        'stats', api.mitra_stats(p_mitra_id) || CASE
            WHEN p_actor_id IS NULL OR core.may(p_actor_id, 'payouts', 'read') THEN '{}'::jsonb
            ELSE '{"owed": null, "paid_out": null}' END,
        'blocks', (
            SELECT coalesce(jsonb_agg(core.block_json(block::core.blocks)
                ORDER BY block.created_at DESC), '[]')
            FROM (
                SELECT * FROM core.blocks WHERE mitra_id = p_mitra_id
                ORDER BY created_at DESC LIMIT 20
            ) AS block),
        'reports', CASE WHEN p_actor_id IS NULL OR core.may(p_actor_id, 'reports', 'read')
            THEN api.list_reports(p_mitra_id => p_mitra_id, p_limit => 20) -> 'items'
            ELSE '[]' END,
        -- What is going on.
        'live_offers', (
            SELECT coalesce(jsonb_agg(core.offer_json(offer) ORDER BY offer.offered_at), '[]')
            FROM core.pairing_offers AS offer
            WHERE offer.mitra_id = p_mitra_id AND offer.status = 'offered'),
        'open_sessions', (
            SELECT coalesce(jsonb_agg(
                core.session_line_json(session::core.chat_sessions, v_now)
                ORDER BY session.created_at), '[]')
            FROM (
                -- each by its own index, so that what is over is not read
                SELECT * FROM core.chat_sessions
                WHERE mitra_id = p_mitra_id AND core.holds_slot(status)
                UNION ALL
                SELECT * FROM core.chat_sessions
                WHERE mitra_id = p_mitra_id AND status = 'closing' AND closing_ends_at > v_now
            ) AS session));
END
$$;

COMMENT ON FUNCTION api.find_mitra(uuid, uuid) IS $$
A mitra as the control centre sees it: the account, the conditions of ops.explain_mitra, offers
missed in a row, figures (api.mitra_stats), the newest twenty blocks and reports, live offers and
open sessions; the phone is masked for an actor without pii:read, reports are left out for one
without reports:read, and what is owed and paid out for one without payouts:read. Showing it is
written into the audit log.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.find_mitra(uuid, uuid) TO halo_cc;
