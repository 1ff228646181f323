"""What a listener finds when it starts."""

from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg

from tests.platform.alerts.place import WatchedPlace
from tests.platform.alerts.telling import ask, fires, one
from tests.support.http_apps import client_of


@fires("MoneyUnaccounted")
async def the_totals_miss_money(place: WatchedPlace) -> AsyncIterator[None]:
    """Seven rupiah, by a write by hand."""
    place.owner.execute(
        "INSERT INTO core.figure_changes (metric, at, bucket, value) VALUES ('money_kept', '-infinity', 0, -7)"
    )
    yield
    place.owner.execute("SELECT core.recount_money()")


@fires("RefundsWait")
async def a_refund_is_owed(place: WatchedPlace) -> AsyncIterator[None]:
    """For three days: its session's end is dated back."""
    payment = place.market.owed(place.market.customer())
    one(
        place, "UPDATE core.payment_requests SET confirmed_at = confirmed_at - interval '4 days' WHERE id = %s", payment
    )
    one(
        place,
        "UPDATE core.chat_sessions SET ended_at = ended_at - interval '3 days'"
        " WHERE id = (SELECT session_id FROM core.payment_requests WHERE id = %s)",
        payment,
    )
    yield


@fires("ReportsWait")
async def nobody_decides_a_report(place: WatchedPlace) -> AsyncIterator[None]:
    """For two days: it is dated back."""
    customer = place.market.customer()
    session = place.market.session(customer, place.market.mitra())
    report = place.market.value(
        "SELECT (api.report_other_party(%s, 'customer', %s, 'rude') ->> 'id')::uuid", session, customer.id
    )
    one(place, "UPDATE core.reports SET created_at = created_at - interval '2 days' WHERE id = %s", report)
    yield


@fires("CommitsNotDurable")
async def the_disk_is_not_waited_for(place: WatchedPlace) -> AsyncIterator[None]:
    """Fsync is off."""
    place.owner.execute("ALTER SYSTEM SET fsync = off")
    place.owner.execute("SELECT pg_reload_conf()")
    yield
    place.owner.execute("ALTER SYSTEM RESET fsync")
    place.owner.execute("SELECT pg_reload_conf()")


@fires("DeadlinesFail")
async def a_due_row_can_not_be_settled(place: WatchedPlace) -> AsyncIterator[None]:
    """No write gets past it."""
    session = place.market.session(place.market.customer(), place.market.mitra())
    one(place, "UPDATE core.chat_sessions SET expires_at = now() WHERE id = %s", session)
    place.owner.execute(
        psycopg.sql.SQL("ALTER TABLE core.chat_sessions ADD CONSTRAINT planted CHECK (id <> {}) NOT VALID").format(
            psycopg.sql.Literal(session)
        )
    )
    yield
    place.owner.execute("ALTER TABLE core.chat_sessions DROP CONSTRAINT planted")


@fires(
    "NobodyLeads",
    "MirrorNotKept",
    "DeadlinesOverdue",
    "SearchesWithoutOffers",
    "EventsUndispatched",
)
async def a_forgotten_transaction_holds_rows(place: WatchedPlace) -> AsyncIterator[None]:
    """The lease of the leader, a session that is due, a search, and a stream of events.

    The three have waited for a minute: they are dated back.
    """
    due = place.market.session(place.market.customer(), place.market.mitra())
    search = place.market.search(place.market.customer())
    customer = place.market.value("SELECT 'customer:' || customer_id FROM core.chat_sessions WHERE id = %s", search)
    one(place, "UPDATE core.chat_sessions SET expires_at = now() - interval '1 minute' WHERE id = %s", due)
    one(place, "UPDATE core.chat_sessions SET created_at = now() - interval '1 minute' WHERE id = %s", search)
    dated = "UPDATE core.event_queue SET created_at = now() - interval '1 minute' WHERE recipient = %s"
    assert place.owner.execute(dated, [customer]).rowcount > 0
    with place.transaction() as forgotten:
        forgotten.execute("LOCK TABLE core.leaderships IN EXCLUSIVE MODE")
        forgotten.execute("SELECT FROM core.chat_sessions WHERE id = ANY (%s) FOR UPDATE", [[due, search]])
        forgotten.execute("SELECT FROM core.event_positions WHERE recipient = %s FOR UPDATE", [customer])
        yield
        forgotten.rollback()


@fires("PushesWait")
async def fcm_is_away(place: WatchedPlace) -> AsyncIterator[None]:
    """A push has waited for five minutes, and is dated back. Nobody is where the listener gets its token."""
    customer, mitra = place.market.customer(), place.market.mitra()
    session = place.market.session(customer, mitra)
    place.market.value("SELECT api.register_push_token('customer', %s, %s)", customer.id, uuid4().hex)
    place.market.value("SELECT api.send_message(%s, 'mitra', %s, %s, 'Halo')", session, mitra.id, uuid4().hex)
    place.market.value("SELECT api.queue_message_push(%s, 1)", session)
    one(
        place,
        "UPDATE core.pushes SET created_at = created_at - interval '5 minutes' WHERE recipient = %s",
        customer.recipient,
    )
    yield
    place.owner.execute("DELETE FROM core.pushes")


@fires("ProviderSilent", "ServerErrors")
async def the_provider_is_away(place: WatchedPlace) -> AsyncIterator[None]:
    """Customers ask for payment links meanwhile, and are answered with 502."""
    package = str(place.market.package())

    async def buy() -> None:
        customer = place.market.customer()
        assert await ask(place.api, "POST", "/api/payment-requests", customer, package_id=package) == 502

    async with place.again_and_again(buy):
        yield


@fires("WebhooksRefused")
async def webhooks_have_a_wrong_token(place: WatchedPlace) -> AsyncIterator[None]:
    """As after a change of the token at the provider alone."""

    async def tell() -> None:
        async with client_of(place.api.url_port) as http:
            headers = {"x-callback-token": "the one of last year", "webhook-id": uuid4().hex}
            answer = await http.post("/api/webhooks/xendit", json={"event": "payment"}, headers=headers)
            assert answer.status_code in (401, 403), answer.text

    async with place.again_and_again(tell):
        yield


@fires()
async def the_listener_starts(place: WatchedPlace) -> AsyncIterator[None]:
    """No trouble: it finds what is there."""
    place.listener.start()
    yield
