CREATE OR REPLACE FUNCTION core.personal_places()
RETURNS TABLE (
    relation text, user_types text[], shown text[], kept_back text[], condition text, kept text)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
    -- Who somebody is, and where somebody logged in.
    ('customers', '{customer}'::text[],
        '{id,display_name,phone,is_anonymous,locale,created_at}'::text[], '{}'::text[],
        'id = $2', 'until the account is deleted'),
    ('mitras', '{mitra}', '{id,display_name,phone,is_active,max_sessions,locale,created_at}', '{}',
        'id = $2', 'as long as the mitra has sessions'),
    ('control_center_users', '{cc}', '{}',
        '{email,display_name,password_hash,locale,time_zone}', 'id = $2',
        'until the user is deleted'),
    ('auth_sessions', '{customer,mitra,cc}',
        '{id,kind,created_at,used_at,expires_at,revoked_at,revoked_reason}',
        '{user_type,token_hash,successor_hash,label}', 'user_type = $1 AND user_id = $2',
        'a day after the login ends'),
    ('otp_challenges', '{customer,mitra}', '{asked_from,created_at,expires_at}',
        '{phone,user_type,code_hash}', 'user_type = $1 AND phone = CASE $1
            WHEN ''customer'' THEN (SELECT phone FROM core.customers WHERE id = $2)
            ELSE (SELECT phone FROM core.mitras WHERE id = $2) END', '5 minutes'),
    ('login_addresses', '{cc}', '{}', '{email,address,failed_at}',
        'email = (SELECT email FROM core.control_center_users WHERE id = $2)',
        'an hour after a failure; 90 days after a login from there'),
    ('push_tokens', '{customer,mitra}', '{token,platform,created_at,updated_at}', '{user_type}',
        'user_type = $1 AND user_id = $2', 'until the device or the account is forgotten'),
    ('saved_views', '{cc}', '{}', '{screen,name,query}', 'cc_user_id = $2',
        'until the user is deleted'),

    ('replays', '{cc}', '{}', '{settings,counts}', 'actor_id = $2', '30 days'),

    -- Conversations.
    ('chat_sessions', '{customer,mitra}',
        '{id,status,topic_sensitivity,duration_minutes,started_at,ended_at,end_reason,created_at}',
        '{customer_id,mitra_id,excluded_mitra_ids,closing_cause}',
        'id IN (SELECT session_id FROM core.own_sessions($1, $2))', 'for the books'),
    ('chat_messages', '{customer,mitra}', '{session_id,seq,sender_type,body,created_at}',
        '{sender_id,client_message_id}', 'EXISTS (
            SELECT FROM core.own_sessions($1, $2) AS own
            JOIN core.chat_sessions AS session ON session.id = own.session_id
            WHERE session.id = place.session_id
                AND core.session_day(session) = place.session_day
                AND (sender_id = $2 OR sender_type <> $1 AND place.created_at < own.until))',
        'message_retention_days'),
    ('message_watermarks', '{customer,mitra}', '{session_id,delivered_seq,read_seq,updated_at}',
        '{party}', 'session_id IN (SELECT session_id FROM core.own_sessions($1, $2)) AND party = $1
            AND coalesce(user_id, $2) = $2', 'for the books'),
    ('session_presences', '{customer,mitra}', '{session_id,state,since}', '{party}',
        'session_id IN (SELECT session_id FROM core.own_sessions($1, $2)) AND party = $1
            AND user_id = $2', 'until the session is over'),
    ('session_absences', '{customer,mitra}', '{session_id,began_at,ended_at,credited_seconds}',
        '{party}', 'session_id IN (SELECT session_id FROM core.own_sessions($1, $2)) AND party = $1
            AND user_id = $2', 'for the books'),
    ('session_extensions', '{customer,mitra}',
        '{id,session_id,requested_duration_minutes,requested_price,status,requested_at,
            responded_at}',
        '{}', 'EXISTS (SELECT FROM core.own_sessions($1, $2) AS own
            WHERE own.session_id = place.session_id AND requested_at < own.until)',
        'for the books'),
    ('session_ratings', '{customer}', '{session_id,rating,comment,created_at}', '{}',
        'session_id IN (SELECT session_id FROM core.own_sessions($1, $2))', 'for the books'),
    ('session_ratings', '{mitra}', '{session_id,rating,created_at}', '{comment}',
        'session_id IN (SELECT id FROM core.chat_sessions WHERE mitra_id = $2)', 'for the books'),
    ('session_reroutes', '{customer,mitra}', '{session_id,round,at}', '{mitra_id,cause}',
        'EXISTS (SELECT FROM core.own_sessions($1, $2) AS own
            WHERE own.session_id = place.session_id AND at <= own.until)', 'for the books'),
    ('session_services', '{mitra}', '{session_id,seconds}', '{}', 'mitra_id = $2
        AND session_id IN (SELECT session_id FROM core.own_sessions($1, $2))', 'for the books'),

    ('blocks', '{customer,mitra}', '{session_id,created_at}', '{party}',
        '$2 = CASE $1 WHEN ''customer'' THEN customer_id ELSE mitra_id END',
        'until it is taken back'),
    ('reports', '{customer,mitra}', '{id,session_id,reason,comment,status,created_at}', '{party}',
        '$2 = CASE $1 WHEN ''customer'' THEN customer_id ELSE mitra_id END', 'for the books'),
    ('report_notes', '{customer,mitra}', '{}', '{note}', 'report_id IN (
        SELECT id FROM core.reports WHERE customer_id = $2 OR mitra_id = $2)', 'for the books'),

    -- Money.
    ('payment_requests', '{customer}',
        '{id,session_id,status,duration_minutes,amount,is_extension,provider,provider_channel,
            paid_at,failure_cause,refund_status,refund_due_amount,refunded_amount,credited_amount,
            created_at}', '{provider_ref,provider_payment_ref,checkout_url}',
        'customer_id = $2', 'for the books'),
    ('webhook_receipts', '{customer}', '{id,event,body,received_at}',
        '{provider,receipt_key,outcome}', 'payment_request_id IN (
            SELECT id FROM core.payment_requests WHERE customer_id = $2)', 'for the books'),
    ('refunds', '{customer}',
        '{id,payment_request_id,amount,way,status,bank,reference,paid_at,requested_at,settled_at}',
        '{provider_ref,request_key,reason,failure,actor_id,confirmed_by}', 'payment_request_id IN (
            SELECT id FROM core.payment_requests WHERE customer_id = $2)', 'for the books'),
    ('balance_entries', '{customer}', '{id,kind,amount,payment_request_id,created_at}',
        '{request_key}', 'customer_id = $2', 'for the books'),
    ('customer_transactions', '{customer}',
        '{id,session_id,payment_request_id,type,amount,details,created_at}', '{}',
        'customer_id = $2', 'for the books'),
    ('mitra_earnings', '{mitra}', '{id,session_id,amount,kept,share,at}', '{}', 'mitra_id = $2',
        'for the books'),
    ('earning_payouts', '{mitra}', '{earning_id,payout_id}', '{}', 'mitra_id = $2',
        'for the books'),
    ('payouts', '{mitra}', '{id,until,amount,status,reference,created_at,settled_at}',
        '{reason,actor_id,paid_by}', 'mitra_id = $2', 'for the books'),

    -- Work.
    ('mitra_online_status', '{mitra}',
        '{is_online,last_online_at,last_heartbeat_at,missed_offers,updated_at}', '{}',
        'mitra_id = $2', 'as long as the mitra has sessions'),
    ('mitra_sightings', '{mitra}', '{last_seen_at}', '{}', 'mitra_id = $2',
        'as long as the mitra has sessions'),
    ('presence_proofs', '{mitra}', '{at}', '{}', 'mitra_id = $2', 'a day'),
    ('mitra_status_log', '{mitra}', '{id,action,cause,at,duration}', '{actor_id}', 'mitra_id = $2',
        'as long as the mitra has sessions'),
    ('pairing_offers', '{mitra}',
        '{id,session_id,round,wave,status,offered_at,expires_at,settled_at}', '{}',
        'mitra_id = $2', 'for the books'),
    ('silences', '{mitra}', '{offer_id,offered_at,expired_at,is_missed}', '{}', 'mitra_id = $2',
        'a day'),
    ('pairing_waves', '{mitra}', '{}', '{left_out,reasons}', '$2 = ANY (left_out)', '30 days'),
    ('pairing_failures', '{customer}', '{id,cause_tag,session_id,payment_request_id,created_at}',
        '{details}', 'customer_id = $2', 'for the books'),
    ('pairing_failures', '{mitra}', '{id,cause_tag,session_id,created_at}', '{details}',
        'mitra_id = $2', 'for the books'),

    -- What repeats the rest for a while, and what others wrote down about it.
    ('events', '{customer,mitra,cc}', '{}', '{recipient,type,payload,traceparent}',
        'recipient = $1 || '':'' || $2', 'event_retention_days'),
    ('event_queue', '{customer,mitra,cc}', '{}', '{recipient}', 'recipient = $1 || '':'' || $2',
        'until the event is dispatched'),
    ('event_streams', '{customer,mitra,cc}', '{}', '{recipient}', 'recipient = $1 || '':'' || $2',
        'for ever: two numbers'),
    ('event_positions', '{customer,mitra,cc}', '{}', '{recipient}',
        'recipient = $1 || '':'' || $2', 'for ever: a number'),
    ('unleased_sockets', '{customer,mitra,cc}', '{}', '{recipient}',
        'recipient = $1 || '':'' || $2', 'an hour'),
    ('pushes', '{customer,mitra}', '{}',
        '{recipient,token,type,payload,collapse_key,status,last_error}',
        'recipient = $1 || '':'' || $2', '7 days'),
    ('idempotency_keys', '{customer,mitra,cc}', '{}', '{user_key,method,path,key,body_hash,reply}',
        'user_key = $1 || '':'' || $2', '24 hours'),
    ('idempotency_leases', '{customer,mitra,cc}', '{}', '{user_key,method,path,key,body_hash}',
        'user_key = $1 || '':'' || $2', '24 hours'),
    ('data_exports', '{customer,mitra}', '{}', '{user_type,relation,after}',
        'user_type = $1 AND user_id = $2', 'a day, or until the account is deleted'),
    ('data_export_parts', '{customer,mitra}', '{}', '{relation,rows}', 'export_id = (
        SELECT id FROM core.data_exports WHERE user_type = $1 AND user_id = $2)',
        'a day, or until the account is deleted'),
    ('audit_log', '{customer,mitra,cc}', '{}',
        '{actor,action,subject,before,after,request_id,database_role,reason}',
        'subject = $2::text OR actor = ''cc:'' || (
            SELECT email FROM core.control_center_users WHERE id = $2)', 'for ever')
$$;

COMMENT ON FUNCTION core.personal_places() IS $$
Where people's data lie: the table, whose data it has, the columns that the person is given
(api.make_data_export), the columns that the person is not given (secrets, other people, what is
said elsewhere), which rows are about a person (place is the table, $1 the user_type, $2 the id),
and for how long they are kept. Where rows have a party, those of the other one, as reports of this
person, are not given either (core.place_statement). A table stands here once for each user_type.
$$;
