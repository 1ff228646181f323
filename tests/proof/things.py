"""What the model knows of: people, sessions and money, each with what the rules look at. Times are in milliseconds."""

from dataclasses import dataclass, field

SECOND = 1_000
MINUTE = 60 * SECOND


@dataclass(eq=False)
class Mitra:
    name: str
    is_active: bool = True
    is_online: bool = False
    online_at: int = 0
    beat_at: int = 0
    idle_since: int = 0
    missed_offers: int = 0
    sign_at: int = 0
    reroute_at: int | None = None
    maximum: int | None = None
    counted: tuple[bool, bool, int, int | None] = (True, False, 0, None)


@dataclass(eq=False)
class Package:
    name: str
    minutes: int
    price: int
    first_session_price: int | None = None
    is_extension: bool = False


@dataclass(eq=False)
class Reply:
    """The first reply that a mitra owes."""

    began_at: int
    within: int
    stopped_at: int | None = None
    is_reminded: bool = False
    is_overdue: bool = False

    @property
    def due_at(self) -> int | None:
        over_at = self.began_at + self.within
        if self.is_overdue or (self.stopped_at is not None and self.stopped_at < over_at):
            return None
        has_one_step = self.is_reminded or self.stopped_at is not None
        return over_at if has_one_step else self.began_at + self.within // 2


@dataclass(eq=False)
class Session:
    customer: str
    minutes: int
    pairing_deadline_at: int
    status: str = "searching"
    mitra: Mitra | None = None
    round: int = 1
    excluded: list[Mitra] = field(default_factory=list)
    remaining: int | None = None
    expires_at: int = 0
    paused_at: int = 0
    closing_ends_at: int = 0
    cause: str | None = None
    unused: int = 0
    warnings: list[int] = field(default_factory=list)
    has_started: bool = False
    was_served_before: bool = False
    lost_by: list[Mitra] = field(default_factory=list)
    reply: "Reply | None" = None
    share: int | None = None
    noted: int = 0
    seconds: dict[Mitra, int] = field(default_factory=dict)


@dataclass(eq=False)
class Payment:
    customer: str
    package: Package
    provider: str
    amount: int
    created_at: int
    expires_at: int
    session: Session | None = None
    is_discount: bool = False
    has_link: bool = False
    status: str = "pending"
    cause: str | None = None
    confirmed_at: int | None = None
    consumed_at: int = 0
    due: int = 0
    refunded: int = 0
    credited: int = 0
    refund_status: str = "none"
    preferred: Mitra | None = None

    @property
    def is_extension(self) -> bool:
        return self.package.is_extension

    @property
    def minutes(self) -> int:
        return self.package.minutes

    @property
    def kept(self) -> int:
        return self.amount - self.due - self.refunded - self.credited if self.status == "consumed" else 0


@dataclass(eq=False)
class Refund:
    payment: Payment
    amount: int
    status: str = "requested"
    way: str = "provider"
    asker: str | None = None
    is_taken: bool = False
    is_unsure: bool = False
    is_for_good: bool = False


@dataclass(eq=False)
class Offer:
    session: Session
    mitra: Mitra
    round: int
    offered_at: int
    expires_at: int
    status: str = "offered"
    told_at: int | None = None
    judged_from: int | None = None
    is_missed: bool = False


@dataclass(eq=False)
class Extension:
    session: Session
    payment: Payment
    expires_at: int
    status: str = "pending"


@dataclass(eq=False)
class PartyReport:
    session: Session
    mitra: Mitra
    by: str
    had_started: bool
    status: str = "open"


@dataclass(eq=False)
class Payout:
    mitra: Mitra
    until: int
    amount: int
    actor: str | None
    status: str = "open"
    payer: str | None = None


@dataclass(eq=False)
class Earning:
    """What all mitras of a session have by it was so much before, and is so much after."""

    session: Session
    at: int
    before: int
    after: int
    payouts: dict[Mitra, Payout] = field(default_factory=dict)


@dataclass(eq=False)
class Withdrawal:
    mitra: Mitra
    is_full: bool
    due_at: int
