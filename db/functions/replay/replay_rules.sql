CREATE OR REPLACE FUNCTION core.replay_rules()
RETURNS text[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT ARRAY[
    'offer_timeout_seconds', 'blast_size', 'mitra_max_sessions', 'missed_offers_before_offline']
$$;

COMMENT ON FUNCTION core.replay_rules() IS
'The rules under whose other values a time can be replayed.';
