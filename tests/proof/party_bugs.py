"""Bugs in what parties do about each other, as `bugs.py` has those of everything else."""

from tests.proof.bugs import Bug

PARTY_BUGS = (
    Bug(
        "a blocked mitra is offered to",
        "pairing/tried_mitras.sql",
        "|| core.blocked_mitras(p_session.customer_id)",
        "",
    ),
    Bug(
        "an offer that is out outlives the block",
        "blocks/block_other_party.sql",
        "v_session.mitra_id AND status = 'offered'",
        "v_session.mitra_id AND status = 'declined'",
    ),
    Bug(
        "a block does not lock the customer's search",
        "blocks/block_other_party.sql",
        "ARRAY[p_session_id, v_search]);",
        "ARRAY[p_session_id]);",
        ("search_after_a_session",),
    ),
    Bug(
        "the only mitra that is there is blocked, and money is asked for",
        "payments/create_payment_request.sql",
        "core.blocked_mitras(p_customer_id))",
        "'{}')",
    ),
    Bug(
        "one customer holds a mitra with several reports",
        "reports/count_reporters.sql",
        "count(DISTINCT report.customer_id)",
        "count(report.customer_id)",
    ),
    Bug(
        "a wave does not ask whether a mitra is held",
        "pairing/blast.sql",
        "AND NOT core.is_held(load.reporters)",
        "",
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
)
