-- A mitra that lets offers pass in silence is set offline: missed_offers_before_offline in a row, while online with a free slot.
\ir tap.psql
SELECT pg_temp.plan(19);

CREATE FUNCTION pg_temp.missed(p_mitra_id uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_offer uuid := pg_temp.an_offer(pg_temp.a_search(), p_mitra_id);
BEGIN
    UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = v_offer;
    PERFORM pg_temp.settle();
    RETURN (SELECT is_online || ' ' || missed_offers FROM core.mitra_online_status WHERE mitra_id = p_mitra_id);
END
$$;

SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.equal(pg_temp.missed(:'mitra'), 'true 1', 'the first silence is counted');
SELECT pg_temp.equal(pg_temp.missed(:'mitra'), 'true 2', 'the second too');
SELECT pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS other_offer \gset
SELECT pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT pg_temp.equal(pg_temp.missed(:'mitra'), 'false 0', 'at the third the mitra is offline, its count begun anew');
SELECT pg_temp.equal(cause, 'missed_offers', 'the ledger says why') FROM core.mitra_status_log WHERE mitra_id = :'mitra' ORDER BY id DESC LIMIT 1;
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'pairing_offer offer_expired status_changed offer_cancelled', 'the mitra is told, and loses its other offers');
SELECT pg_temp.equal(frame ->> 'cause', 'missed_offers', 'with the cause') FROM api.events_after('mitra', :'mitra', :seq) WHERE frame ->> 'type' = 'status_changed';
SELECT pg_temp.equal(status, 'cancelled', 'which are cancelled') FROM core.pairing_offers WHERE id = :'other_offer';
SELECT pg_temp.ok((api.go_online(:'mitra') ->> 'is_online')::boolean, 'it may go online again');
SELECT pg_temp.equal(pg_temp.missed(:'mitra'), 'true 1', 'and starts from nothing');

-- an answer of any kind
SELECT pg_temp.missed(:'mitra') AS twice \gset
SELECT pg_temp.equal(:'twice', 'true 2', 'two are missed');
SELECT api.decline_offer(pg_temp.an_offer(pg_temp.a_search(), :'mitra'), :'mitra') \g /dev/null
SELECT pg_temp.equal(pg_temp.missed(:'mitra'), 'true 1', 'a decline ends the row');

-- two of one batch
SELECT pg_temp.set('missed_offers_before_offline', '2');
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS one, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS two \gset
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id IN (:'one', :'two');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(is_online, false, 'two that expire in one call are two') FROM core.mitra_online_status WHERE mitra_id = :'mitra';
SELECT pg_temp.equal(count(*), 1::bigint, 'and set it offline once') FROM core.mitra_status_log WHERE mitra_id = :'mitra' AND action = 'offline';

-- who could not have answered missed nothing
SELECT pg_temp.set('missed_offers_before_offline', '1');
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS full \gset
SELECT pg_temp.an_offer(pg_temp.a_search(), :'full') AS offer \gset
SELECT pg_temp.a_session(:'full') \g /dev/null
DELETE FROM core.mitra_withdrawals WHERE mitra_id = :'full';
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'offer';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'expired', 'an offer of a full mitra can expire') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.equal(is_online || ' ' || missed_offers, 'true 0', 'without being missed') FROM core.mitra_online_status WHERE mitra_id = :'full';
SELECT pg_temp.a_mitra() AS taken, pg_temp.a_mitra() AS winner, pg_temp.a_search() AS session \gset
SELECT count(*) AS offers FROM api.blast(:'session', ARRAY[:'taken', :'winner']::uuid[]) \gset
SELECT api.accept_offer(id, :'winner') FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'winner' \g /dev/null
SELECT pg_temp.equal(missed_offers, 0, 'a rescinded offer is not missed') FROM core.mitra_online_status WHERE mitra_id = :'taken';
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'taken') \g /dev/null
SELECT api.cancel_session(id, customer_id) FROM core.chat_sessions WHERE id = :'session' \g /dev/null
SELECT pg_temp.equal(missed_offers, 0, 'nor is a cancelled one') FROM core.mitra_online_status WHERE mitra_id = :'taken';
SELECT pg_temp.equal(pg_temp.missed(:'taken'), 'false 0', 'missed_offers_before_offline is read anew each time');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
