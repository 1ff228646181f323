"""What may happen in a scene."""

from typing import Any, LiteralString

from hypothesis import strategies as st
from hypothesis.stateful import initialize
from psycopg.types.json import Jsonb

from tests.proof.model import Model
from tests.proof.payout_machine import PayoutMachine
from tests.proof.rules.everything import HOLDS_A_SLOT, SEARCHES
from tests.proof.scene_machine import Is, plays, rarely, users
from tests.proof.things import SECOND, Extension, Mitra, Offer, Payment, Refund, Session

RULES: dict[str, list[Any]] = {
    "mitra_max_sessions": [1, 1, 2, 3],
    "missed_offers_before_offline": [1, 2, 3],
    "deactivation_session_policy": ["finish", "reroute"],
    "late_payment_policy": ["revive", "refund"],
    "pairing_before_payment": [False, True],
    "blast_size": [1, 2, 10],
    "reports_before_hold": [0, 1, 2],
    "first_reply_seconds": [0, 60, 120, 240],
    "mitra_share_percent": [0, 33, 60, 100],
    "extension_default_action_on_timeout": ["auto_approve", "auto_reject"],
}

rules = st.sampled_from([(key, value) for key, values in RULES.items() for value in values])
packages = st.integers(0, 1)
providers = st.sampled_from(["manual", "manual", "xendit"])
after_the_link = st.sampled_from([-30, 0, 30, 600, 630])
whom = st.permutations([0, 1, 2]) | st.lists(st.integers(0, 2), unique=True)
steps_taken = st.sampled_from([1, 2, 3, 3, 4, 4, 4])
beginnings = st.tuples(st.integers(0, 2), packages, providers, whom, steps_taken)


def in_status(*statuses: str) -> Is:
    return lambda thing: thing.status in statuses


is_searching = in_status(*SEARCHES)
is_running = in_status("active", "extending", "closing")
is_pending = in_status("pending")
is_offered = in_status("offered")


def is_unpaid(payment: Payment) -> bool:
    return payment.confirmed_at is None


def is_usable(payment: Payment) -> bool:
    return payment.is_extension and payment.status == "confirmed" and is_running(payment.session)


def is_refundable(payment: Payment) -> bool:
    return payment.due > 0 or payment.status in ("confirmed", "consumed")


class Machine(PayoutMachine):
    """Plays one scene: three mitras who are online, three customers who have never paid."""

    # Time and rules

    @plays(7, grids=st.sampled_from([1, 1, 1, 1, 2, 2, 2, 3, 4, 5, 10, 30]))
    def time_passes(self, grids: int) -> None:
        self.story.append(f"{grids * 30} seconds pass")
        self.scene.time_passes(grids * 30)
        self.model.time_passes(grids * 30)

    @plays(5)
    def run_due(self) -> None:
        self.do(Model.run_due, "SELECT pg_temp.run_due()")

    @plays(4)
    def dispatch(self) -> None:
        self.do(Model.dispatch, "SELECT pg_temp.dispatch()")

    @plays(1)
    def expire_stale_payment_requests(self) -> None:
        query: LiteralString = (
            "SELECT jsonb_build_array(expired, failed, reconciled) FROM api.expire_stale_payment_requests()"
        )
        self.do(Model.expire_stale_payment_requests, query)

    @plays(2, rule=rules)
    def set_config(self, rule: tuple[str, Any]) -> None:
        key, value = rule
        query: LiteralString = "SELECT NULL::jsonb FROM api.set_config(%s, %s, 'test')"
        self.do(Model.set_config, query, key, value, asked=(key, Jsonb(value)))

    # Availability

    @plays(3, "mitras", lambda mitra: mitra.is_active and not mitra.is_online)
    def go_online(self, mitra: Mitra) -> None:
        self.do(Model.go_online, "SELECT api.go_online(%s) -> 'is_online'", mitra)

    @plays(1, "mitras", lambda mitra: mitra.is_online)
    def go_offline(self, mitra: Mitra) -> None:
        self.do(Model.go_offline, "SELECT api.go_offline(%s) -> 'is_online'", mitra)

    @plays(1, "mitras", lambda mitra: mitra.is_online)
    def force_mitra_offline(self, mitra: Mitra) -> None:
        self.do(Model.force_mitra_offline, "SELECT api.force_mitra_offline(%s) -> 'is_online'", mitra)

    @plays(1, "mitras", lambda _: True, maximum=st.sampled_from([0, 1, 1, 2, 3]))
    def update_mitra(self, mitra: Mitra, maximum: int) -> None:
        query: LiteralString = "SELECT api.update_mitra(%s, NULL, NULL, %s) -> 'max_sessions'"
        self.do(Model.update_mitra, query, mitra, maximum)

    @plays(1, "mitras", lambda mitra: mitra.is_online)
    def record_heartbeat(self, mitra: Mitra) -> None:
        self.do(Model.record_heartbeat, "SELECT to_jsonb(api.record_heartbeat(%s) IS NOT NULL)", mitra)

    @plays(1)
    def auto_offline(self) -> None:
        query: LiteralString = "SELECT to_jsonb(count(*)) FROM api.auto_offline(ARRAY(SELECT id FROM core.mitras))"
        self.do(Model.auto_offline, query)

    @plays(1, "mitras", lambda mitra: mitra.is_active)
    def deactivate_mitra(self, mitra: Mitra) -> None:
        self.do(Model.deactivate_mitra, "SELECT api.deactivate_mitra(%s) -> 'is_active'", mitra)

    @plays(3, "mitras", lambda mitra: not mitra.is_active)
    def activate_mitra(self, mitra: Mitra) -> None:
        self.do(Model.activate_mitra, "SELECT api.activate_mitra(%s) -> 'is_active'", mitra)

    # Payment requests

    def ask(
        self,
        customer: str,
        package: int,
        session: Session | None,
        beacon: bool | None,
        provider: str,
        use_credit: bool = False,
        preferred: int | None = None,
    ) -> None:
        query: LiteralString = (
            "SELECT api.create_payment_request(%s, %s, %s, %s, %s, %s, %s, p_preferred_mitra_id => %s) -> 'status'"
        )
        again = None if preferred is None else self.model.mitras[preferred]
        bought = self.model.packages[package]
        asked = (customer, bought, bought.is_extension, session, beacon, provider, use_credit, again)
        self.do(
            *(Model.create_payment_request, query, customer, bought, session, beacon, provider, use_credit, again),
            asked=asked,
        )

    def confirm(self, payment: Payment, seconds_after: int | None = None) -> None:
        """Paid now, or so many seconds after the end of its link."""
        query: LiteralString = (
            "SELECT api.confirm_payment(id, expires_at + make_interval(secs => %s)) -> 'status'"
            " FROM core.payment_requests WHERE id = %s"
        )
        paid_at = None if seconds_after is None else payment.expires_at + seconds_after * SECOND
        self.do(Model.confirm_payment, query, payment, paid_at, asked=(seconds_after, payment))

    def link(self, payment: Payment) -> None:
        query: LiteralString = (
            "SELECT api.attach_checkout(id, customer_id, id::text, '/') -> 'status'"
            " FROM core.payment_requests WHERE id = %s"
        )
        self.do(Model.attach_checkout, query, payment)

    @plays(
        *(3, "free_customers"),
        beacon=st.sampled_from([True, None, False]),
        package=packages,
        provider=providers,
        use_credit=st.booleans(),
        preferred=st.none() | st.sampled_from([0, 1, 2]),
    )
    def create_payment_request(
        self,
        customer: str,
        package: int,
        beacon: bool | None,
        provider: str,
        use_credit: bool,
        preferred: int | None,
    ) -> None:
        self.ask(customer, package, None, beacon, provider, use_credit, preferred)

    @plays(1, "sessions", is_running, by_stranger=rarely, use_credit=st.booleans())
    def create_payment_request_for_an_extension(self, session: Session, by_stranger: bool, use_credit: bool) -> None:
        self.ask(self.whose(session, by_stranger), 2, session, True, "manual", use_credit)

    @plays(3, "rich_customers", package=packages)
    def spend_the_balance(self, customer: str, package: int) -> None:
        self.ask(customer, package, None, True, "manual", use_credit=True)

    @plays(2, "payments", lambda payment: not payment.has_link and payment.provider == "xendit")
    def attach_checkout(self, payment: Payment) -> None:
        if payment.provider == "xendit":
            self.link(payment)

    @plays(1, "payments", lambda payment: not payment.has_link)
    def abandon_checkout(self, payment: Payment) -> None:
        query: LiteralString = (
            "SELECT NULL::jsonb FROM core.payment_requests, api.abandon_checkout(id, customer_id) WHERE id = %s"
        )
        self.do(Model.abandon_checkout, query, payment)

    @plays(5, "payments", is_unpaid, seconds_after=st.none() | after_the_link)
    def confirm_payment(self, payment: Payment, seconds_after: int | None) -> None:
        self.confirm(payment, seconds_after)

    @plays(1, "payments", is_pending, by_stranger=rarely)
    def cancel_payment_request(self, payment: Payment, by_stranger: bool) -> None:
        query: LiteralString = "SELECT api.cancel_payment_request(%s, %s) -> 'status'"
        self.do(Model.cancel_payment_request, query, payment, self.whose(payment, by_stranger))

    @plays(
        *(6, "payments", lambda payment: is_unpaid(payment) and payment.provider == "xendit"),
        event=st.sampled_from(["payment_session.completed"] * 3 + ["payment_session.expired", "payment.failure"]),
        says=st.sampled_from(["right", "right", "right", "wrong"]),
        seconds_after=after_the_link,
        answer=st.sampled_from(["right", "right", "right", "wrong", "unpaid", None]),
    )
    def receive_webhook(self, payment: Payment, event: str, says: str, seconds_after: int, answer: str | None) -> None:
        query: LiteralString = """
            SELECT to_jsonb(concat_ws(' ', said ->> 'outcome', CASE said ->> 'is_repeat' WHEN 'true' THEN 'again' END))
            FROM core.payment_requests
            CROSS JOIN LATERAL api.receive_webhook('xendit', %s,
                jsonb_build_object('event', %s, 'created', expires_at + make_interval(secs => %s),
                    'data', jsonb_build_object('reference_id', id, 'amount', amount + (%s = 'wrong')::integer)),
                (SELECT jsonb_build_object('reference_id', id, 'amount', amount + (answer = 'wrong')::integer,
                    'status', CASE answer WHEN 'unpaid' THEN 'ACTIVE' ELSE 'COMPLETED' END)
                 FROM (SELECT %s) AS given (answer) WHERE answer IS NOT NULL)) AS said
            WHERE id = %s
        """
        # A repeat has the same words, until time passes: the scene moves the payment's times, not what was said.
        key = f"{event}, {self.shown(payment)}, {says}, {seconds_after}, {self.model.now}"
        self.do(
            *(Model.receive_webhook, query, key, event, payment, says),
            *(payment.expires_at + seconds_after * SECOND, answer),
            asked=(key, event, seconds_after, says, answer, payment),
        )

    # Refunds

    @plays(
        *(5, "payments", is_refundable),
        amount=st.sampled_from([None, None, None, None, 0, 1, 1000, 7001, 20001, 20002]),
        way=st.sampled_from(["provider", "provider", "transfer", "transfer", "credit", "credit"]),
        asker=users,
    )
    def request_refund(self, payment: Payment, amount: int | None, way: str, asker: str | None) -> None:
        query: LiteralString = (
            "SELECT api.request_refund(%s, %s, p_way => %s, p_actor_id => %s, p_reason => 'why',"
            " p_customer_consented => true)"
            " -> 'refund_status'"
        )
        self.do(Model.request_refund, query, payment, amount, way, asker)

    @plays(4, "transferred_payments", paid=st.sampled_from([True, True, False]), user=users)
    def confirm_refund(self, payment: Payment, paid: bool, user: str | None) -> None:
        query: LiteralString = (
            "SELECT api.confirm_refund(%s, %s, 'BCA', 'T-1', clock_timestamp(), 'why', %s) -> 'refund_status'"
        )
        self.do(Model.confirm_refund, query, payment, paid, user)

    @plays(1, "rich_customers")
    def return_balance(self, customer: str) -> None:
        self.do(Model.return_balance, "SELECT api.return_balance(%s) -> 'returned'", customer)

    @plays(
        *(4, "refunds", in_status("requested", "unanswered")),
        news=st.sampled_from(
            ["sent", "sent", "succeeded", "succeeded", "failed", "refused", "refused for good", "unanswered"]
        ),
    )
    def record_refund(self, refund: Refund, news: str) -> None:
        query: LiteralString = (
            "SELECT api.record_refund(id, %s, %s, %s) -> 'refund_status' FROM core.refunds WHERE id = %s"
        )
        taken_as = str(self.known(refund)) if news == "sent" else None
        failure = "400 REFUND_NOT_SUPPORTED" if news == "refused for good" else None
        asked = (news.removesuffix(" for good"), taken_as, failure, refund)
        self.do(Model.record_refund, query, refund, news, asked=asked)

    # Chat sessions

    @plays(1, "sessions", is_searching, by_stranger=rarely)
    def cancel_session(self, session: Session, by_stranger: bool) -> None:
        query: LiteralString = "SELECT api.cancel_session(%s, %s) -> 'status'"
        self.do(Model.cancel_session, query, session, self.whose(session, by_stranger))

    @plays(
        *(2, "sessions", is_running),
        by=st.sampled_from(["customer", "mitra", "cc"]),
        by_stranger=rarely,
        no_reply=st.sampled_from([False, False, True]),
    )
    def end_session(self, session: Session, by: str, by_stranger: bool, no_reply: bool) -> None:
        mitra = self.other(self.model.mitras, session.mitra or self.model.mitras[0], by_stranger)
        user = {"customer": self.whose(session, by_stranger), "mitra": mitra}.get(by)
        self.do(Model.end_session, "SELECT api.end_session(%s, %s, %s, %s) -> 'status'", session, by, user, no_reply)

    @plays(3, "sessions", in_status(*HOLDS_A_SLOT))
    def reroute_session(self, session: Session) -> None:
        self.do(Model.reroute_session, "SELECT api.reroute_session(%s) -> 'status'", session)

    # Pairing

    def offer(self, session: Session, to: list[int] | None) -> None:
        query: LiteralString = """
            SELECT coalesce(jsonb_agg(name ORDER BY name), '[]') FROM api.blast(%s, %s::uuid[]) AS offer
            JOIN (SELECT id, 'mitra ' || right(phone, 1) FROM core.mitras) AS mitra (mitra_id, name) USING (mitra_id)
        """
        self.do(Model.blast, query, session, None if to is None else [self.model.mitras[mitra] for mitra in to])

    def accept(self, offer: Offer, by_stranger: bool = False) -> None:
        mitra = self.other(self.model.mitras, offer.mitra, by_stranger)
        self.do(Model.accept_offer, "SELECT api.accept_offer(%s, %s) -> 'status'", offer, mitra)

    @plays(6, "sessions", in_status("searching"), to=st.none() | whom)
    def blast(self, session: Session, to: list[int] | None) -> None:
        self.offer(session, to)

    @plays(9, "offers", is_offered, by_stranger=rarely)
    def accept_offer(self, offer: Offer, by_stranger: bool) -> None:
        self.accept(offer, by_stranger)

    @plays(4, "offers", is_offered, by_stranger=rarely)
    def decline_offer(self, offer: Offer, by_stranger: bool) -> None:
        mitra = self.other(self.model.mitras, offer.mitra, by_stranger)
        self.do(Model.decline_offer, "SELECT api.decline_offer(%s, %s) -> 'status'", offer, mitra)

    @initialize(rules=st.lists(rules, max_size=3), beginnings=st.lists(beginnings, max_size=3))
    def the_scene_opens(self, rules: list[tuple[str, Any]], beginnings: list[tuple[int, Any]]) -> None:
        for changed in rules:
            self.set_config(changed)
        for customer, *how in beginnings:
            self.begin(self.model.customers[customer], *how)

    @plays(8, "free_customers", package=packages, provider=providers, to=whom, steps=steps_taken)
    def begin(self, customer: str, package: int, provider: str, to: list[int], steps: int) -> None:
        """The way of most sessions: asked for, paid, offered, accepted, as far as it goes."""
        before = len(self.model.payments)
        known = [nth for nth, mitra in enumerate(self.model.mitras) if (customer, mitra) in self.model.served]
        self.ask(customer, package, None, True, provider, preferred=known[0] if known else None)
        for payment in self.model.payments[before:]:
            if not payment.has_link:
                self.link(payment)
            if steps > 1:
                self.confirm(payment)
            if payment.session and steps > 2:
                self.offer(payment.session, to)
            if payment.session and steps > 3 and (offers := self.model.live_offers(payment.session)):
                self.accept(offers[0])

    # Extensions

    def extend(self, session: Session, payment: Payment | None, wrong: str | None) -> None:
        query: LiteralString = "SELECT api.request_extension(%s, %s, %s, %s, %s) -> 'status'"
        more = self.model.packages[2]
        minutes, price = more.minutes + (wrong == "minutes"), more.price - (wrong == "price")
        self.do(
            Model.request_extension, query, session, self.whose(session, wrong == "customer"), minutes, price, payment
        )

    @plays(
        *(3, "payments", is_usable),
        wrong=st.sampled_from(
            [None, None, None, None, "customer", "minutes", "price", "session", "payment", "nothing"]
        ),
    )
    def request_extension(self, payment: Payment, wrong: str | None) -> None:
        session = self.model.sessions[0] if wrong == "session" and self.model.sessions else payment.session
        if session:
            self.extend(session, {"payment": self.model.payments[0], "nothing": None}.get(str(wrong), payment), wrong)

    @plays(6, "sessions", is_running)
    def ask_for_an_extension(self, session: Session) -> None:
        """The way of most extensions, as far as it goes."""
        before = len(self.model.payments)
        self.ask(session.customer, 2, session, True, "manual")
        for payment in self.model.payments[before:]:
            self.confirm(payment)
            self.extend(session, payment, None)

    @plays(6, "extensions", is_pending, accepted=st.booleans(), by_stranger=rarely, elsewhere=rarely)
    def respond_to_extension(self, extension: Extension, accepted: bool, by_stranger: bool, elsewhere: bool) -> None:
        session = self.other(self.model.sessions, extension.session, elsewhere)
        mitra = self.other(self.model.mitras, session.mitra or self.model.mitras[0], by_stranger)
        query: LiteralString = "SELECT api.respond_to_extension(%s, %s, %s, %s) -> 'status'"
        self.do(Model.respond_to_extension, query, extension, session, mitra, accepted)

    @plays(4, "extensions", is_pending, connected=st.booleans())
    def settle_extension(self, extension: Extension, connected: bool) -> None:
        self.do(Model.settle_extension, "SELECT api.settle_extension(%s, %s) -> 'status'", extension, connected)
