"""What there is, and what people are told."""

from collections import Counter
from typing import Any

from tests.proof.things import (
    SECOND,
    Earning,
    Extension,
    Mitra,
    Offer,
    Package,
    PartyReport,
    Payment,
    Payout,
    Refund,
    Session,
    Withdrawal,
)

SEARCHES = ("searching", "pending_acceptance", "pending_payment")
HOLDS_A_SLOT = ("active", "pending_payment", "extending")
FINAL = ("completed", "cancelled", "failed")

RULES: dict[str, Any] = {
    "mitra_max_sessions": 3,
    "missed_offers_before_offline": 3,
    "deactivation_session_policy": "finish",
    "late_payment_policy": "revive",
    "pairing_before_payment": False,
    "blast_size": 10,
    "reports_before_hold": 3,
    "first_reply_seconds": 120,
    "extension_default_action_on_timeout": "auto_approve",
    "mitra_share_percent": 60,
}
STALE, STALE_IN_POSTGRESQL = 90 * SECOND, 150 * SECOND
LINK, REVIVE, DELIVERY = 900 * SECOND, 600 * SECOND, 300 * SECOND
ROUND, OFFER = 120 * SECOND, 60 * SECOND
WARNINGS, GRACE = (180 * SECOND, 60 * SECOND), 60 * SECOND
ANSWER, SETTLE_GRACE = 60 * SECOND, 30 * SECOND


class RefusedError(Exception):
    """A command that is refused, with its code."""


class Everything:
    """Everything there is."""

    def __init__(self) -> None:
        self.now = 0
        self.rules = dict(RULES)
        self.mitras = [Mitra(f"mitra {nth}") for nth in (1, 2, 3)]
        self.customers = [f"customer {nth}" for nth in (1, 2, 3)]
        self.users = [f"user {nth}" for nth in (1, 2, 3)]
        self.balances: Counter[str] = Counter()
        self.packages = [
            Package("first", 2, 10001, 4003),
            Package("plain", 15, 20001),
            Package("more", 5, 7001, is_extension=True),
        ]
        self.sessions: list[Session] = []
        self.payments: list[Payment] = []
        self.refunds: list[Refund] = []
        self.receipts: dict[str, str] = {}
        self.offers: list[Offer] = []
        self.extensions: list[Extension] = []
        self.reports: list[PartyReport] = []
        self.served: set[tuple[str, Mitra | None]] = set()
        self.blocks: set[tuple[str, Mitra, str]] = set()
        self.earnings: list[Earning] = []
        self.periods: list[int] = []
        self.payouts: list[Payout] = []
        self.withdrawals: list[Withdrawal] = []
        self.failures: list[tuple[str | None, Session | None]] = []
        self.transactions: list[tuple[str, Payment | None, int]] = []
        self.told: Counter[tuple[str, str]] = Counter()

    def tell(self, who: str | Mitra | None, what: str) -> None:
        if who is not None:
            self.told[who.name if isinstance(who, Mitra) else who, what] += 1

    def tell_both(self, session: Session, what: str) -> None:
        self.tell(session.customer, what)
        self.tell(session.mitra, what)

    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND
