"""Who may get an offer: online, active, fresh, with a free slot."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tests.proof.rules.everything import HOLDS_A_SLOT, STALE, STALE_IN_POSTGRESQL, Everything, RefusedError
from tests.proof.things import Mitra, Offer, Session, Withdrawal

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A", bound="Availability")


def command(rule: Callable[Concatenate[A, P], T]) -> Callable[Concatenate[A, P], T]:
    """One transaction: it takes its moment, and whoever's slots it changed is counted anew."""

    @wraps(rule)
    def run(self: A, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.now += 1
        self.told.clear()
        answer = rule(self, *args, **kwargs)
        self.recount()
        return answer

    return run


class Availability(Everything):
    """Mitras, and the slots that sessions take of them."""

    def capacity(self, mitra: Mitra) -> int:
        return sum(session.mitra is mitra and session.status in HOLDS_A_SLOT for session in self.sessions)

    def is_full(self, mitra: Mitra) -> bool:
        return self.capacity(mitra) >= self.slots(mitra)

    def slots(self, mitra: Mitra) -> int:
        general: int = self.rules["mitra_max_sessions"]
        return mitra.maximum or general

    def is_held(self, mitra: Mitra) -> bool:
        """By open reports of several customers, each of a session that had started."""
        counting = (report for report in self.reports if report.mitra is mitra and report.status == "open")
        reporters = {report.session.customer for report in counting if report.by == "customer" and report.had_started}
        before_hold: int = self.rules["reports_before_hold"]
        return 0 < before_hold <= len(reporters)

    def blocked(self, customer: str) -> list[Mitra]:
        return [mitra for mitra in self.mitras if {(customer, mitra, by) for by in ("customer", "mitra")} & self.blocks]

    def could_take_one(self, mitra: Mitra) -> bool:
        return mitra.is_online and mitra.is_active and not self.is_held(mitra) and not self.is_full(mitra)

    def is_available(self, mitra: Mitra, stale: int = STALE_IN_POSTGRESQL) -> bool:
        return self.could_take_one(mitra) and mitra.beat_at > self.now - stale

    def live_offers(self, of: Session | Mitra | None = None) -> list[Offer]:
        live = (offer for offer in self.offers if offer.status == "offered")
        return [offer for offer in live if of is None or of in (offer.session, offer.mitra)]

    def require_active(self, mitra: Mitra) -> None:
        if not mitra.is_active:
            raise RefusedError("MITRA_DEACTIVATED")

    def withdraw(self, mitra: Mitra, *, is_full: bool = False) -> None:
        if self.live_offers(mitra):
            self.withdrawals.append(Withdrawal(mitra, is_full, self.now))

    def recount(self) -> None:
        """Slots are counted, never added up; whoever is full then loses the live offers."""
        for mitra in self.mitras:
            counted = (mitra.is_active, mitra.is_online, self.capacity(mitra), mitra.maximum)
            if counted != mitra.counted:
                if counted[2] < mitra.counted[2]:
                    mitra.idle_since = self.now
                mitra.counted = counted
                if self.is_full(mitra):
                    self.withdraw(mitra, is_full=True)

    @command
    def set_config(self, key: str, value: object) -> None:
        self.rules[key] = value
        if key == "mitra_max_sessions":
            for mitra in filter(self.is_full, self.mitras):
                self.withdraw(mitra, is_full=True)

    def set_offline(self, mitra: Mitra) -> None:
        if mitra.is_online:
            mitra.is_online, mitra.missed_offers = False, 0
            self.tell(mitra, "status_changed")
            self.withdraw(mitra)

    @command
    def go_online(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        if not mitra.is_online:
            mitra.is_online, mitra.missed_offers = True, 0
            mitra.online_at = mitra.beat_at = mitra.sign_at = self.now
            self.tell(mitra, "status_changed")
        elif mitra.beat_at <= self.now - STALE:
            mitra.beat_at = self.now
        return True

    @command
    def go_offline(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        self.set_offline(mitra)
        return False

    @command
    def force_mitra_offline(self, mitra: Mitra) -> bool:
        self.set_offline(mitra)
        return False

    @command
    def update_mitra(self, mitra: Mitra, maximum: int) -> int | None:
        mitra.maximum = maximum or None
        return mitra.maximum

    @command
    def record_heartbeat(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        if not mitra.is_online:
            raise RefusedError("NOT_ONLINE")
        mitra.beat_at = self.now
        return True

    @command
    def auto_offline(self) -> int:
        stale = [mitra for mitra in self.mitras if mitra.is_online and mitra.beat_at <= self.now - STALE]
        for mitra in stale:
            self.set_offline(mitra)
        return len(stale)

    @command
    def deactivate_mitra(self, mitra: Mitra) -> bool:
        if mitra.is_active:
            mitra.is_active = False
            self.set_offline(mitra)
            self.withdraw(mitra)
            if self.rules["deactivation_session_policy"] == "reroute" and self.capacity(mitra):
                mitra.reroute_at = mitra.reroute_at or self.now
        return False

    @command
    def activate_mitra(self, mitra: Mitra) -> bool:
        mitra.is_active = True
        return True
