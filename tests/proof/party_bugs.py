"""Bugs in what parties do about each other, as `bugs.py` has those of everything else."""

from tests.proof.bugs import Bug

PARTY_BUGS = (
    Bug(
        "a blocked mitra is offered to",
        "pairing/barred_mitras.sql",
        "|| core.blocked_mitras(p_session.customer_id)",
        "",
    ),
    Bug(
        "a block does not lock the customer's search",
        "blocks/block_other_party.sql",
        "core.lock_for_command(p_session_id || v_searches);",
        "core.lock_for_command(ARRAY[p_session_id]);",
        ("search_after_a_session",),
    ),
    Bug(
        "the only mitra that is there is blocked, and money is asked for",
        "payments/create_payment_request.sql",
        "core.blocked_mitras(p_customer_id))",
        "'{}')",
    ),
    Bug(
        "a wave does not ask whether a mitra is held",
        "pairing/blast.sql",
        "AND NOT core.is_held(load.reporters)",
        "",
        seed=61,
    ),
    Bug(
        "a report is decided as it was before the lock",
        "reports/lock_report.sql",
        """
    PERFORM core.lock_mitra(v_report.mitra_id);
    SELECT * INTO v_report FROM core.reports WHERE id = p_report_id FOR NO KEY UPDATE;
""",
        """
    PERFORM core.lock_mitra(v_report.mitra_id);
""",
        ("reported_mitra",),
    ),
    Bug(
        "messages are looked for while one is being written",
        "first_reply/lock_conversation.sql",
        "INSERT INTO core.message_counters AS counter (session_id, last_seq) VALUES (p_session_id, 0)"
        " ON CONFLICT (session_id) DO UPDATE SET last_seq = counter.last_seq",
        "SELECT NULL::void",
        ("mitra_who_has_not_written",),
    ),
    Bug(
        "a mitra has less time for a first reply after a pause",
        "first_reply/keep_reply_deadlines.sql",
        "known.began_at + (saved.expires_at - greatest('0', former.expires_at - former.paused_at)"
        " - make_interval(mins => saved.duration_minutes - former.duration_minutes) - known.stopped_at)",
        "known.began_at",
    ),
    Bug(
        "a first session without a word was one",
        "first_reply/owe_unanswered.sql",
        "SET is_first_session_discount = false",
        "SET is_first_session_discount = true",
        seed=11,
    ),
    Bug(
        "the time without a reply is lost with the mitra",
        "presence/ask_for_another_mitra.sql",
        "v_session := core.with_wait_back(v_session, v_wait, v_now);",
        "",
        seed=11,
    ),
    Bug(
        "a first reply is overdue from the first moment on",
        "first_reply/unanswered_wait.sql",
        "AND wait.lasted >= deadline.within",
        "",
    ),
    Bug(
        "who was blocked since is asked first",
        "pairing/preferred_mitra.sql",
        "AND mitra.id <> ALL (core.barred_mitras(p_session))",
        "",
    ),
)
