-- Tells, as a warning, each change of state that a function of api makes: machine, from, to, and the function. A warning is heard even of what is
-- rolled back. Of functions that call each other the innermost of api is told: the one that decides.
CREATE FUNCTION public.tell_turn(p_machine text, p_from text, p_to text, p_stack text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_mover text := substring(p_stack FROM 'PL/pgSQL function api\.(\w+)\(');
BEGIN
    IF p_from <> p_to AND v_mover IS NOT NULL THEN
        RAISE WARNING 'turn: %', jsonb_build_array(p_machine, p_from, p_to, v_mover);
    END IF;
END
$$;

CREATE FUNCTION public.tell_status() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_stack text;
BEGIN
    GET DIAGNOSTICS v_stack = PG_CONTEXT;
    PERFORM public.tell_turn(format('%s.%s', TG_TABLE_NAME, TG_ARGV[0]), coalesce(to_jsonb(OLD) ->> TG_ARGV[0], '[*]'), to_jsonb(NEW) ->> TG_ARGV[0], v_stack);
    RETURN NULL;
END
$$;

-- A mitra's state is in two tables: deactivated, whatever the other says, or else online or offline.
CREATE FUNCTION public.tell_mitra() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_stack text;
    v_before boolean[];     -- active, online
    v_after boolean[];
BEGIN
    GET DIAGNOSTICS v_stack = PG_CONTEXT;
    IF TG_TABLE_NAME = 'mitras' THEN
        v_after := ARRAY[NEW.is_active, coalesce((SELECT is_online FROM core.mitra_online_status WHERE mitra_id = NEW.id), false)];
        v_before := ARRAY[OLD.is_active, v_after[2]];
    ELSE
        v_after := ARRAY[(SELECT is_active FROM core.mitras WHERE id = NEW.mitra_id), NEW.is_online];
        v_before := ARRAY[v_after[1], OLD.is_online];
    END IF;
    PERFORM public.tell_turn('mitra',
        CASE WHEN v_before[1] IS NULL THEN '[*]' WHEN NOT v_before[1] THEN 'deactivated' WHEN v_before[2] THEN 'online' ELSE 'offline' END,
        CASE WHEN NOT v_after[1] THEN 'deactivated' WHEN v_after[2] THEN 'online' ELSE 'offline' END, v_stack);
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.chat_sessions FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.pairing_offers FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.session_extensions FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.payment_requests FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_refund_status AFTER INSERT OR UPDATE ON core.payment_requests FOR EACH ROW EXECUTE FUNCTION public.tell_status('refund_status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.payouts FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.refunds FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_status AFTER INSERT OR UPDATE ON core.reports FOR EACH ROW EXECUTE FUNCTION public.tell_status('status');
CREATE TRIGGER tell_mitra AFTER INSERT OR UPDATE ON core.mitras FOR EACH ROW EXECUTE FUNCTION public.tell_mitra();
CREATE TRIGGER tell_mitra AFTER UPDATE ON core.mitra_online_status FOR EACH ROW EXECUTE FUNCTION public.tell_mitra();
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
