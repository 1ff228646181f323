"""Who meets whom: people with names, what goes on between them, and the calls that they may make."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations_with_replacement
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.proof.interleavings import Command
from tests.support.people import People

# Work that passes over what others are busy with, and does it the next time.
_COMES_BACK: dict[str, bool] = {"replies": False, "passes_over": True, "comes_again": True}


class Stage(People):
    """People with names, and the calls that they may make."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        """`conn` speaks to an instrumented database, whose clock stands still but for `wait`."""
        super().__init__(conn)
        self.names: dict[UUID, str] = {}
        self.base = self.package(price=15000, minutes=15)
        self.more = self.value(
            "INSERT INTO core.price_packages (name, duration_minutes, price, is_extension)"
            " VALUES ('More', 10, 5000, true) RETURNING id"
        )

    def named(self, name: str, key: UUID) -> UUID:
        """Call a thing by a name."""
        self.names[key] = name
        return key

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.value("SELECT setval('proof.clock', last_value + %s) FROM proof.clock", seconds)

    def a_mitra(self, name: str, *, slots: int | None = None) -> UUID:
        """An online mitra."""
        return self.named(name, self.mitra(max_sessions=slots))

    def a_search(self, name: str) -> tuple[UUID, UUID, UUID]:
        """A paid search without offers: session s, its customer c, its payment p, each with this number."""
        customer = self.named(f"c{name}", self.customer())
        payment = self.named(f"p{name}", self.payment(customer, self.base))
        self.value("SELECT api.confirm_payment(%s)", payment)
        return self.session_of(name, payment), customer, payment

    def session_of(self, name: str, payment: UUID) -> UUID:
        """The session of a payment."""
        return self.named(f"s{name}", self.value("SELECT session_id FROM core.payment_requests WHERE id = %s", payment))

    def an_offer(self, name: str, session: UUID, mitra: UUID) -> UUID:
        """An offer of a session to one mitra."""
        return self.named(f"o{name}", self.offer(session, mitra))

    def a_running(self, name: str, mitra: UUID) -> tuple[UUID, UUID, UUID]:
        """A session that runs with a mitra, its customer and its payment."""
        session, customer, payment = self.a_search(name)
        offer = self.an_offer(name, session, mitra)
        self.value("SELECT api.accept_offer(%s, %s)", offer, mitra)
        return session, customer, payment

    def an_unpaid_search(self) -> tuple[UUID, UUID, UUID]:
        """A search that began before it is paid for: session, customer, and its link, which lasts 20 seconds."""
        self.set("pairing_before_payment", True)
        self.set("payment_request_ttl_seconds", 20)
        customer = self.named("c", self.customer())
        payment = self.named("p", self.payment(customer, self.base))
        return self.session_of("", payment), customer, payment

    def a_checkout(self, name: str, customer: UUID) -> UUID:
        """A payment request whose link the provider makes."""
        payment = self.value(
            "SELECT (api.create_payment_request(%s, %s, p_anyone_available => true, p_provider => 'xendit')"
            " ->> 'id')::uuid",
            customer,
            self.base,
        )
        return self.named(name, payment)

    def a_user(self, name: str) -> UUID:
        """A user of the control centre."""
        made = self.value(
            "SELECT (api.create_admin(gen_random_uuid() || '@stage.test', %s, '$argon2id$none', 'super_admin')"
            " ->> 'id')::uuid",
            name,
        )
        return self.named(name, made)

    def a_failed_payment(self, name: str, customer: UUID) -> UUID:
        """A payment whose search its customer cancelled: all of it is due."""
        payment = self.named(name, self.payment(customer, self.base))
        session = self.value("SELECT (api.confirm_payment(%s) ->> 'session_id')::uuid", payment)
        self.value("SELECT api.cancel_session(%s, %s)", session, customer)
        return payment

    def a_credit(self, name: str, customer: UUID) -> UUID:
        """A payment of 15,000 rupiah that became credit."""
        payment = self.a_failed_payment(name, customer)
        self.value("SELECT api.request_refund(%s, p_way => 'credit', p_customer_consented => true) ->> 'id'", payment)
        return payment

    def a_refund(self, name: str, payment: UUID, amount: int | None) -> UUID:
        """A refund that the provider was asked for, of this payment."""
        self.value(
            "UPDATE core.payment_requests SET provider = 'xendit', provider_ref = 'ps-1' WHERE id = %s RETURNING id",
            payment,
        )
        refund = self.value("SELECT (api.request_refund(%s, %s) -> 'refund' ->> 'id')::uuid", payment, amount)
        return self.named(name, refund)

    def lose(self, payment: UUID) -> None:
        """Let money have arrived without anything to show for it, as a fault of ours might."""
        self.value(
            "UPDATE core.payment_requests SET status = 'confirmed', paid_at = proof.clock(),"
            " confirmed_at = proof.clock() WHERE id = %s RETURNING id",
            payment,
        )

    def an_extension_link(self, name: str, session: UUID, customer: UUID, *, paid: bool) -> UUID:
        """A payment for ten minutes more."""
        payment = self.value(
            "SELECT (api.create_payment_request(%s, %s, true, %s) ->> 'id')::uuid", customer, self.more, session
        )
        if paid:
            self.value("SELECT api.confirm_payment(%s)", payment)
        return self.named(name, payment)

    def an_extending(self, name: str, mitra: UUID) -> tuple[UUID, UUID, UUID, UUID]:
        """A session that waits for the answer to an extension: session, customer, extension, its payment."""
        session, customer, _ = self.a_running(name, mitra)
        payment = self.an_extension_link(f"px{name}", session, customer, paid=True)
        extension = self.value(
            "SELECT (api.request_extension(%s, %s, 10, 5000, %s) ->> 'id')::uuid", session, customer, payment
        )
        return session, customer, self.named(f"x{name}", extension), payment

    def command(self, verb: str, query: LiteralString, *params: object, **flags: bool) -> Command:
        """A call, named by its verb and what it is about."""
        about = [self.names[param] for param in params if isinstance(param, UUID) and param in self.names]
        return Command(" ".join([verb, *about]), query, params, **flags)

    def accept(self, offer: UUID, mitra: UUID) -> Command:
        # who becomes full leaves a note that its other offers are to be withdrawn
        return self.command("accept", "SELECT api.accept_offer(%s, %s)", offer, mitra, leaves_work=True)

    def decline(self, offer: UUID, mitra: UUID) -> Command:
        return self.command("decline", "SELECT api.decline_offer(%s, %s)", offer, mitra)

    def cancel(self, session: UUID, customer: UUID) -> Command:
        return self.command("cancel", "SELECT api.cancel_session(%s, %s)", session, customer)

    def end_unanswered(self, session: UUID, customer: UUID) -> Command:
        query: LiteralString = "SELECT api.end_session(%s, 'customer', %s, true)"
        return self.command("end for want of a reply", query, session, customer)

    def end(self, session: UUID, who: str, user: UUID | None) -> Command:
        return self.command(f"end as {who}", "SELECT api.end_session(%s, %s, %s)", session, who, user)

    def sensitive(self, session: UUID, mitra: UUID) -> Command:
        return self.command("mark sensitive", "SELECT api.set_topic_sensitivity(%s, %s, 'sensitive')", session, mitra)

    def rate(self, session: UUID, customer: UUID) -> Command:
        return self.command("rate", "SELECT api.rate_session(%s, %s, 5)", session, customer)

    def reroute(self, session: UUID) -> Command:
        return self.command("reroute", "SELECT api.reroute_session(%s)", session)

    def blast(self, session: UUID, *mitras: UUID) -> Command:
        query: LiteralString = "SELECT mitra_id FROM api.blast(%s, %s) ORDER BY mitra_id"
        return self.command("blast", query, session, list(mitras), **_COMES_BACK)

    def blast_any(self, session: UUID) -> Command:
        query: LiteralString = "SELECT mitra_id FROM api.blast(%s) ORDER BY mitra_id"
        return self.command("blast anyone", query, session, **_COMES_BACK)

    def ask_for(self, customer: UUID) -> Command:
        query: LiteralString = "SELECT api.create_payment_request(%s, %s, p_anyone_available => true)"
        return self.command("ask for a link", query, customer, self.base)

    def confirm(self, payment: UUID, *, seconds_ago: int | None = None) -> Command:
        if seconds_ago is None:
            return self.command("confirm", "SELECT api.confirm_payment(%s)", payment)
        query: LiteralString = "SELECT api.confirm_payment(%s, proof.clock() - make_interval(secs => %s))"
        return self.command(f"confirm as of {seconds_ago} s ago", query, payment, seconds_ago)

    def take_back(self, payment: UUID, customer: UUID) -> Command:
        return self.command("cancel link", "SELECT api.cancel_payment_request(%s, %s)", payment, customer)

    def refund(self, payment: UUID, amount: int | None = None) -> Command:
        return self.command("refund", "SELECT api.request_refund(%s, %s)", payment, amount)

    def refund_by(self, way: str, payment: UUID, user: UUID, amount: int | None = None) -> Command:
        query: LiteralString = (
            "SELECT api.request_refund(%s, %s, p_way => %s, p_actor_id => %s, p_reason => 'why',"
            " p_customer_consented => true)"
        )
        return self.command(f"refund by {way}", query, payment, amount, way, user)

    def confirm_refund(self, payment: UUID, user: UUID, *, paid: bool) -> Command:
        query: LiteralString = "SELECT api.confirm_refund(%s, %s, 'BCA', 'T-1', proof.clock(), 'why', %s)"
        return self.command("confirm paid" if paid else "confirm not paid", query, payment, paid, user)

    def buy_by_credit(self, customer: UUID) -> Command:
        query: LiteralString = (
            "SELECT api.create_payment_request(%s, %s, p_anyone_available => true, p_use_credit => true)"
        )
        return self.command("buy by credit", query, customer, self.base)

    def return_balance(self, customer: UUID) -> Command:
        return self.command("return the balance of", "SELECT api.return_balance(%s)", customer)

    def record(self, refund: UUID, status: str) -> Command:
        return self.command(f"record {status}", "SELECT api.record_refund(%s, %s, 'rf-1', 'why')", refund, status)

    def webhook(self, event: str, payment: UUID, key: str) -> Command:
        money = {"reference_id": str(payment), "amount": 15000, "currency": "IDR"}
        body, answer = Jsonb({"event": event, "data": money}), Jsonb({"status": "COMPLETED", **money})
        query: LiteralString = "SELECT api.receive_webhook('xendit', %s, %s, %s)"
        return Command(f"webhook {event} {key} {self.names[payment]}", query, (key, body, answer))

    def refund_webhook(self, refund: UUID) -> Command:
        news = {"id": "rf-1", "reference_id": str(refund), "amount": 5000}
        query: LiteralString = "SELECT api.receive_webhook('xendit', 'refund', %s)"
        return Command("webhook refund.succeeded", query, (Jsonb({"event": "refund.succeeded", "data": news}),))

    def delete(self, customer: UUID) -> Command:
        return self.command("delete", "SELECT api.delete_customer(%s)", customer)

    @property
    def send_refunds(self) -> Command:
        query: LiteralString = "SELECT refund_id FROM api.refunds_to_send('xendit')"
        return Command("send refunds again", query, replies=False, passes_over=True)

    def leave(self, session: UUID, customer: UUID) -> Command:
        query: LiteralString = "SELECT api.ask_for_another_mitra(%s, %s)"
        return self.command("ask for another mitra", query, session, customer)

    def note(self, session: UUID, who: str, user: UUID, *, connected: bool) -> Command:
        query: LiteralString = "SELECT * FROM api.note_presence(ARRAY[%s], ARRAY[%s], ARRAY[%s], ARRAY[%s])"
        verb = f"note {who} {'there' if connected else 'missing'}"
        return self.command(verb, query, session, who, user, connected, leaves_work=True, **_COMES_BACK)

    def missed(self, session: UUID, who: str, user: UUID, seconds: int) -> None:
        """Let somebody who had a socket have had none for so long."""
        for connected in (True, False):
            self.value(
                "SELECT 1 FROM api.note_presence(ARRAY[%s], ARRAY[%s], ARRAY[%s], ARRAY[%s])",
                session,
                who,
                user,
                connected,
            )
        self.wait(seconds)

    def request(self, session: UUID, customer: UUID, payment: UUID) -> Command:
        query: LiteralString = "SELECT api.request_extension(%s, %s, 10, 5000, %s)"
        return self.command("request extension", query, session, customer, payment)

    def answer(self, extension: UUID, session: UUID, mitra: UUID, accepted: bool) -> Command:
        query: LiteralString = "SELECT api.respond_to_extension(%s, %s, %s, %s)"
        return self.command("say yes to" if accepted else "say no to", query, extension, session, mitra, accepted)

    def settle_as(self, extension: UUID, connected: bool | None) -> Command:
        verb = {True: "settle connected", False: "settle not connected", None: "settle unknown"}[connected]
        query: LiteralString = "SELECT api.settle_extension(%s, %s)"
        return self.command(verb, query, extension, connected, **_COMES_BACK)

    def say(self, session: UUID, who: str, user: UUID, key: str) -> Command:
        query: LiteralString = "SELECT message, is_repeat FROM api.send_message(%s, %s, %s, %s, 'Hello')"
        return self.command(f"say {key}", query, session, who, user, key)

    def say_together(self, session: UUID, who: str, user: UUID, key: str) -> Command:
        query: LiteralString = (
            "SELECT session_id FROM api.send_messages(ARRAY[%s], ARRAY[%s], ARRAY[%s], ARRAY[%s], ARRAY['Hello'])"
        )
        return self.command(f"say together {key}", query, session, who, user, key, replies=False, comes_again=True)

    def read(self, session: UUID, who: str, user: UUID, seq: int) -> Command:
        return self.command(
            f"read {seq} of", "SELECT * FROM api.read_messages(%s, %s, %s, %s)", session, who, user, seq
        )

    def delivered(self, session: UUID, who: str, user: UUID, seq: int) -> Command:
        query: LiteralString = (
            "SELECT * FROM api.deliver_messages(ARRAY[%s], ARRAY[%s], ARRAY[%s], ARRAY[0::bigint], ARRAY[%s::bigint])"
        )
        return self.command(f"deliver {seq} of", query, session, who, user, seq)

    def block(self, session: UUID, who: str, user: UUID) -> Command:
        return self.command(f"block as {who}", "SELECT api.block_other_party(%s, %s, %s)", session, who, user)

    def unblock(self, session: UUID, who: str, user: UUID) -> Command:
        query: LiteralString = "SELECT api.unblock_other_party(%s, %s, %s)"
        return self.command(f"unblock as {who}", query, session, who, user)

    def report(self, session: UUID, who: str, user: UUID) -> Command:
        query: LiteralString = "SELECT api.report_other_party(%s, %s, %s, 'rude') - 'id'"
        return self.command(f"report as {who}", query, session, who, user)

    def a_report(self, name: str, session: UUID, customer: UUID) -> UUID:
        """A customer's report of the mitra."""
        query: LiteralString = "SELECT (api.report_other_party(%s, 'customer', %s, 'rude') ->> 'id')::uuid"
        return self.named(name, self.value(query, session, customer))

    def decide(self, report: UUID, outcome: str) -> Command:
        return self.command(f"say {outcome} of", "SELECT api.decide_report(%s, %s)", report, outcome)

    def online(self, mitra: UUID) -> Command:
        return self.command("go online", "SELECT api.go_online(%s)", mitra)

    def offline(self, mitra: UUID) -> Command:
        return self.command("go offline", "SELECT api.go_offline(%s)", mitra, leaves_work=True)

    def force_offline(self, mitra: UUID) -> Command:
        return self.command("force offline", "SELECT api.force_mitra_offline(%s)", mitra, leaves_work=True)

    def limit(self, mitra: UUID, slots: int) -> Command:
        query: LiteralString = "SELECT api.update_mitra(%s, NULL, NULL, %s)"
        return self.command(f"limit to {slots}", query, mitra, slots, leaves_work=True)

    def auto_offline(self, mitra: UUID) -> Command:
        query: LiteralString = "SELECT api.auto_offline(ARRAY[%s])"
        return self.command("auto-offline", query, mitra, leaves_work=True, **_COMES_BACK)

    def delete_mitra(self, mitra: UUID) -> Command:
        return self.command("delete", "SELECT api.delete_mitra(%s)", mitra)

    def deactivate(self, mitra: UUID) -> Command:
        return self.command("deactivate", "SELECT api.deactivate_mitra(%s)", mitra, leaves_work=True)

    def activate(self, mitra: UUID) -> Command:
        return self.command("activate", "SELECT api.activate_mitra(%s)", mitra)

    @property
    def run_due(self) -> Command:
        query: LiteralString = "SELECT kind FROM api.run_due()"
        return Command("run_due", query, leaves_work=True, replies=False, passes_over=True)

    @property
    def sweep(self) -> Command:
        query: LiteralString = "SELECT * FROM api.expire_stale_payment_requests()"
        return self.command("sweep", query, leaves_work=True, **_COMES_BACK)

    @property
    def gather_payouts(self) -> Command:
        return self.command("gather payouts", "SELECT api.gather_payouts()", **_COMES_BACK)

    @property
    def dispatch(self) -> Command:
        query: LiteralString = (
            "SELECT api.confirm_dispatched(array_agg(recipient), array_agg(seq))"
            " FROM (SELECT recipient, max(seq) AS seq FROM api.claim_events() GROUP BY recipient) AS taken"
            " HAVING count(*) > 0"
        )
        return Command("dispatch", query, leaves_work=True, replies=False, passes_over=True)

    @staticmethod
    def passing(seconds: int) -> Command:
        return Command(f"{seconds} s pass", seconds=seconds)


Situation = Callable[[Stage], Sequence[Command]]


def pairs(commands: Iterable[Command]) -> list[tuple[Command, Command]]:
    """Each command with itself and with each other; time needs company."""
    return [(first, second) for first, second in combinations_with_replacement(commands, 2) if first.query]
