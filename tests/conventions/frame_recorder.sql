-- Tells, as a warning, each event that a function of api stores. A warning is heard even of what is rolled back.
CREATE FUNCTION public.tell_frame() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_stack text;
BEGIN
    GET DIAGNOSTICS v_stack = PG_CONTEXT;
    IF v_stack ~ 'PL/pgSQL function api\.' THEN
        RAISE WARNING 'frame: %', jsonb_build_array(NEW.recipient, core.event_frame(NEW));
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER tell_frame AFTER INSERT ON core.events FOR EACH ROW EXECUTE FUNCTION public.tell_frame();
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
