CREATE OR REPLACE FUNCTION core.has_unleased_socket(p_recipient text)
RETURNS boolean
LANGUAGE sql STABLE STRICT
AS $$
SELECT EXISTS (
    SELECT FROM core.unleased_sockets AS held
    WHERE held.recipient = p_recipient AND held.held_until > clock_timestamp())
$$;

COMMENT ON FUNCTION core.has_unleased_socket(text) IS $$
Whether a user has a socket on an instance that cannot lease it in Valkey, so that no lease tells
of it.
$$;
