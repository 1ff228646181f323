CREATE OR REPLACE FUNCTION api.request_reseed(p_actor_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.audit(p_actor_id, 'mirror.reseed', 'mirror', NULL, NULL);
    PERFORM core.order_reseed();
END
$$;

COMMENT ON FUNCTION api.request_reseed(uuid) IS $$
Asks the leading listener to build the Valkey mirror again, which is never empty meanwhile, and
writes it into the audit log. p_actor_id null = a tool asks: the log has its database role.
Raises nothing. Notifies: mitra_mirror (reseed).
$$;
GRANT EXECUTE ON FUNCTION api.request_reseed(uuid) TO halo_listener, halo_cc;
