-- A mitra that lets offers pass in silence is set offline: missed_offers_before_offline in a row, while online with a free slot.
\ir tap.psql
SELECT pg_temp.plan(30);

-- ends the time of an offer, of which the mitra was told at once, unless said otherwise
CREATE FUNCTION pg_temp.run_out(p_offer_id uuid, p_is_told boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = p_offer_id;
    INSERT INTO core.offer_dispatches (offer_id, at)
    SELECT id, CASE WHEN p_is_told THEN offered_at ELSE expires_at END FROM core.pairing_offers WHERE id = p_offer_id
$$;
CREATE FUNCTION pg_temp.missed_so_far(p_mitra_id uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.settle();
    RETURN (SELECT is_online || ' ' || missed_offers FROM core.mitra_online_status WHERE mitra_id = p_mitra_id);
END
$$;
CREATE FUNCTION pg_temp.missed(p_mitra_id uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_offer uuid := pg_temp.an_offer(pg_temp.a_search(), p_mitra_id);
BEGIN
    PERFORM pg_temp.run_out(v_offer);
    RETURN pg_temp.missed_so_far(p_mitra_id);
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


-- signs of life: an answer to another offer, a message, a socket that asks for what it missed
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.missed(:'mitra') AS one \gset
SELECT array_agg(pg_temp.an_offer(pg_temp.a_search(), :'mitra')) AS four FROM generate_series(1, 4) \gset
SELECT api.decline_offer((:'four'::uuid[])[1], :'mitra') \g /dev/null
SELECT pg_temp.run_out(id) FROM unnest(:'four'::uuid[]) AS offer (id) WHERE id <> (:'four'::uuid[])[1] \g /dev/null
SELECT pg_temp.equal(pg_temp.missed_so_far(:'mitra'), 'true 0', 'who answers one of four offers has missed none of them');
SELECT pg_temp.equal(count(*), 3::bigint, 'which did expire') FROM core.silences WHERE mitra_id = :'mitra' AND offer_id = ANY (:'four') AND NOT is_missed;
SELECT pg_temp.a_session(:'mitra') AS session \gset
SELECT pg_temp.missed(:'mitra') AS one, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS offer \gset
SELECT pg_temp.equal(:'one', 'true 1', 'silence after a session began is missed');
SELECT count(*) AS said FROM api.send_message(:'session', 'mitra', :'mitra', 'hello', 'Hello') \gset
SELECT pg_temp.run_out(:'offer') \g /dev/null
SELECT pg_temp.equal(pg_temp.missed_so_far(:'mitra'), 'true 0', 'who wrote a message meanwhile has missed nothing, and begins anew');
SELECT pg_temp.missed(:'mitra') AS one, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS offer \gset
SELECT api.note_seen(:'mitra') \g /dev/null
SELECT pg_temp.run_out(:'offer') \g /dev/null
SELECT pg_temp.equal(:'one' || ', ' || pg_temp.missed_so_far(:'mitra'), 'true 1, true 0', 'nor has who asked for what was missed');
SELECT pg_temp.a_mitra() AS idle \gset
SELECT api.note_seen(:'idle') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'which is not written down without a live offer') FROM core.mitra_sightings WHERE mitra_id = :'idle';

-- told too late, or never
SELECT pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS late, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS untold \gset
SELECT pg_temp.run_out(:'late', false) \g /dev/null
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'untold';
SELECT pg_temp.equal(pg_temp.missed_so_far(:'mitra'), 'true 0', 'an offer of which the mitra was not told in time is not missed');
SELECT pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS offer \gset
SELECT api.confirm_dispatched(array_agg(recipient), array_agg(seq)) FROM (
    SELECT recipient, max(seq) AS seq FROM api.claim_events(100000) GROUP BY recipient) AS taken \g /dev/null
SELECT pg_temp.ok(at > offered_at, 'dispatch writes down when a mitra was told of an offer') FROM core.offer_dispatches JOIN core.pairing_offers ON id = offer_id WHERE offer_id = :'offer';
UPDATE core.pairing_offers SET expires_at = offered_at + 3 * (clock_timestamp() - offered_at) WHERE id = :'offer';
SELECT pg_sleep(extract(epoch FROM expires_at - clock_timestamp())) FROM core.pairing_offers WHERE id = :'offer' \g /dev/null
SELECT pg_temp.equal(pg_temp.missed_so_far(:'mitra'), 'true 1', 'and then it is missed');
SELECT pg_temp.equal(min(due_at), NULL, 'each is judged once') FROM core.silences;
UPDATE core.silences SET expired_at = clock_timestamp() - interval '25 h';
UPDATE core.offer_dispatches SET at = clock_timestamp() - interval '25 h';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal((SELECT count(*) FROM core.silences) + (SELECT count(*) FROM core.offer_dispatches), 0::bigint, 'all that is forgotten after a day');

-- two of one batch
SELECT pg_temp.set('missed_offers_before_offline', '2');
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS one, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS two \gset
SELECT pg_temp.run_out(:'one'), pg_temp.run_out(:'two') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(is_online, false, 'two that expire in one call are two') FROM core.mitra_online_status WHERE mitra_id = :'mitra';
SELECT pg_temp.equal(count(*), 1::bigint, 'and set it offline once') FROM core.mitra_status_log WHERE mitra_id = :'mitra' AND action = 'offline';

-- who could not have answered missed nothing
SELECT pg_temp.set('missed_offers_before_offline', '1');
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS full \gset
SELECT pg_temp.an_offer(pg_temp.a_search(), :'full') AS offer \gset
SELECT pg_temp.a_session(:'full') \g /dev/null
DELETE FROM core.mitra_withdrawals WHERE mitra_id = :'full';
SELECT pg_temp.run_out(:'offer') \g /dev/null
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
