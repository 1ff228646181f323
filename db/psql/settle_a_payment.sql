-- Payments that need a person, and what to do about each. Without -v sure=yes it only looks.
--
--   psql <address> -f db/psql/settle_a_payment.sql
--       what is stuck, what is owed, what was flagged
--   … -v payment=<id>
--       one payment, and what may be done about it
--   … -v payment=<id> -v action=confirm [-v paid_at='<time>']
--   … -v payment=<id> -v action=expire
--   … -v payment=<id> -v action=refund [-v amount=<rupiah>] [-v reason='<why>']
--       what the action would come to; nothing stays
--   … -v sure=yes
--       does the action
\set ON_ERROR_STOP on
\set QUIET on
\if :{?payment}
\else
    \echo 'Payments that need a person:'
    SELECT
        payment_request_id, amount, status, why,
        date_trunc('second', clock_timestamp() - since) AS waiting, remedy
    FROM ops.stuck_payments;
    \echo 'Refunds that are due or under way:'
    SELECT
        payment_request_id, due, why,
        date_trunc('second', clock_timestamp() - since) AS waiting, refund_status, failure
    FROM ops.refund_due
    ORDER BY since LIMIT 50;
    \echo 'Webhooks that were flagged:'
    SELECT
        payment_request_id, received_at, outcome, reference, said_status, said_amount,
        payment_amount
    FROM ops.flagged_webhooks
    ORDER BY received_at DESC LIMIT 50;
    \echo 'To look at one: -v payment=<payment_request_id>'
    \quit
\endif

-- What was not given has a default.
\if :{?action}
\else
    \set action look
\endif
\if :{?sure}
\else
    \set sure no
\endif
\if :{?paid_at}
\else
    \set paid_at ''
\endif
\if :{?amount}
\else
    \set amount ''
\endif
\if :{?reason}
\else
    \set reason ''
\endif
SELECT
    :'action' = 'look' AS is_look,
    :'action' = 'confirm' AS is_confirm,
    :'action' = 'expire' AS is_expire,
    :'action' = 'refund' AS is_refund,
    :'action' NOT IN ('look', 'confirm', 'expire', 'refund') AS is_unknown,
    :'sure' = 'yes' AS is_sure \gset
\if :is_unknown
    \echo 'There is no action' :action': use confirm, expire or refund.'
    \quit
\endif

\echo 'The payment:'
SELECT jsonb_pretty(api.find_payment_request(:'payment')) AS payment;
\echo 'What is stuck:'
SELECT why, since, remedy FROM ops.stuck_payments WHERE payment_request_id = :'payment';
\echo 'What is owed:'
SELECT due, why, since, refund_status, failure FROM ops.refund_due
WHERE payment_request_id = :'payment';
\if :is_look
    \echo -n 'confirm  says that its money has arrived. Look at the provider''s own pages first; '
    \echo '-v paid_at=<time> judges lateness.'
    \echo -n 'expire   runs the sweep: links past their time, '
    \echo 'and paid requests that came to nothing, of everybody.'
    \echo 'refund   pays back what is due, or else what is kept; -v amount=<rupiah> a part of it.'
    \quit
\endif

-- Do it, show what it comes to, and keep it only with sure=yes.
BEGIN;
\if :is_confirm
    SELECT api.confirm_payment(:'payment', nullif(:'paid_at', '')::timestamptz) ->> 'status'
        AS confirmed;
\elif :is_expire
    SELECT * FROM api.expire_stale_payment_requests();
\else
    SELECT api.request_refund(
        :'payment', nullif(:'amount', '')::bigint, nullif(:'reason', '')) -> 'refund' AS refund;
\endif
\echo 'It comes to:'
SELECT
    payment ->> 'status' AS status,
    payment ->> 'session_id' AS session_id,
    payment ->> 'failure_cause' AS failure_cause,
    payment ->> 'refund_status' AS refund_status,
    payment ->> 'refund_due_amount' AS due,
    payment ->> 'refunded_amount' AS refunded
FROM api.find_payment_request(:'payment') AS payment;
SELECT unaccounted FROM ops.money_balance;
\if :is_sure
    COMMIT;
    \echo 'Done. What was asked of a provider is sent by a listener, within two minutes.'
\else
    ROLLBACK;
    \echo 'Nothing was changed. To do it, say it again with -v sure=yes'
\endif
