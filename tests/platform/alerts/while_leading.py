"""What goes wrong while a listener leads."""

import asyncio
import signal
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import valkey

from app.mirror.keys import Keys
from tests.platform.alerts.place import WatchedPlace
from tests.platform.alerts.telling import ask, fires, one, resume, socket_of
from tests.support.xendit.sender import Sender
from tests.support.xendit.server import WEBHOOK_TOKEN
from tests.support.xendit.server import serving as serving_xendit


@fires("MirrorLags", "EventsLag")
async def the_leader_stalls(place: WatchedPlace) -> AsyncIterator[None]:
    """For a second and a half: its machine has no time for it, while a mitra goes online and a customer buys."""

    async def stall() -> None:
        place.listener.child.send_signal(signal.SIGSTOP)
        try:
            place.market.search(place.market.customer())
            place.market.mitra()
            await asyncio.sleep(1.5)
        finally:
            place.listener.child.send_signal(signal.SIGCONT)

    async with place.again_and_again(stall, pause=3.0):
        yield


@fires("DeadlinesLate")
async def deadlines_are_settled_late(place: WatchedPlace) -> AsyncIterator[None]:
    """By a minute: each is dated back, and settled at once."""

    async def be_late() -> None:
        session = place.market.session(place.market.customer(), place.market.mitra())
        one(place, "UPDATE core.chat_sessions SET expires_at = now() - interval '1 minute' WHERE id = %s", session)

    async with place.again_and_again(be_late, pause=1.0):
        yield


@fires("InvariantViolated")
async def a_write_by_hand_breaks_an_invariant(place: WatchedPlace) -> AsyncIterator[None]:
    """A mitra is said to have nine sessions and has none."""
    mitra = place.market.mitra(online=False)
    one(place, "UPDATE core.mitra_loads SET capacity = 9 WHERE mitra_id = %s", mitra.id)
    yield
    one(place, "UPDATE core.mitra_loads SET capacity = 0 WHERE mitra_id = %s", mitra.id)


@fires("MirrorDiffers")
async def somebody_else_writes_to_valkey(place: WatchedPlace) -> AsyncIterator[None]:
    """A mitra whom PostgreSQL does not know is called online, again and again."""

    async def write() -> None:
        with valkey.Valkey(port=place.valkey.port) as client:
            client.sadd(Keys().online, str(uuid4()))

    async with place.again_and_again(write, pause=0.1):
        yield


@fires("EpochPlanted")
async def somebody_writes_a_leaders_epoch(place: WatchedPlace) -> AsyncIterator[None]:
    """Far in the future."""
    with valkey.Valkey(port=place.valkey.port) as client:
        client.set(Keys().leader, 9_223_372_036_854_775_807)
    yield


@fires("SweepFails", "RoundsFail")
async def the_listener_lacks_rights(place: WatchedPlace) -> AsyncIterator[None]:
    """As after a restore without its roles: it may neither mark nor claim."""
    functions = "api.mark_low_water(boolean, bigint), api.claim_pushes(integer)"
    place.owner.execute(f"REVOKE EXECUTE ON FUNCTION {functions} FROM halo_listener")
    yield
    place.owner.execute(f"GRANT EXECUTE ON FUNCTION {functions} TO halo_listener")


@fires("NotificationQueueFills")
async def a_stranger_listens_and_does_not_read(place: WatchedPlace) -> AsyncIterator[None]:
    """The queue is the smallest that PostgreSQL keeps: 64 pages."""
    with place.transaction() as stranger:
        stranger.execute("LISTEN events")
        stranger.commit()
        stranger.execute("SELECT")
        for _ in range(20):
            place.owner.execute("SELECT pg_notify('fill', repeat('x', 7000))")
        yield
        stranger.rollback()


@fires("StreamGaps")
async def publishes_are_lost(place: WatchedPlace) -> AsyncIterator[None]:
    """Every second message of a session is published to nobody: it is written in the database alone."""
    customer, mitra = place.market.customer(), place.market.mitra()
    session: UUID = place.market.session(customer, mitra)
    async with socket_of(customer, place.api) as ours, socket_of(mitra, place.api) as theirs:
        await resume(ours)
        await resume(theirs)

        async def lose_and_say() -> None:
            lost = "SELECT api.send_message(%s, 'customer', %s, %s, 'lost')"
            place.market.value(lost, session, customer.id, uuid4().hex)
            await ours.say(session, "said")
            await ours.until("message_ack")

        async def read() -> None:
            await theirs.next(within=60)

        async with place.again_and_again(lose_and_say, pause=0.01), place.again_and_again(read, pause=0.0):
            yield


@fires("PoolExhausted", "AnswersSlow", "ResumesSlow")
async def a_lock_lasts(place: WatchedPlace) -> AsyncIterator[None]:
    """For three seconds and again and again: everybody who looks at the packages waits, and then who comes back."""
    customers = [place.market.customer() for _ in range(14)]
    assert await ask(place.api, "GET", "/api/packages", customers[0]) == 200

    async with socket_of(customers[0], place.api) as device:
        await resume(device)

    async def hold() -> None:
        async with socket_of(customers[0], place.api) as device, asyncio.TaskGroup() as waiting:
            with place.transaction() as locked:
                locked.execute("LOCK TABLE core.price_packages, core.event_streams")
                waiting.create_task(resume(device))
                await asyncio.sleep(0)  # it asks first, and is not the one that waits for a connection
                for customer in customers:
                    waiting.create_task(ask(place.api, "GET", "/api/packages", customer))
                await asyncio.sleep(3.0)

    async with place.again_and_again(hold, pause=1.0):
        yield


@fires("WebhookMismatch")
async def another_amount_is_paid(place: WatchedPlace) -> AsyncIterator[None]:
    """One rupiah."""
    async with serving_xendit(port=place.provider_port) as provider:
        customer, package = place.market.customer(), str(place.market.package())
        assert await ask(place.api, "POST", "/api/payment-requests", customer, package_id=package) == 201
        payment = place.market.value("SELECT id FROM core.payment_requests WHERE customer_id = %s", customer.id)
        link = provider.account.session_of(payment)["payment_session_id"]
        sender = Sender(f"http://127.0.0.1:{place.api.url_port}/api/webhooks/xendit", WEBHOOK_TOKEN)
        for notice in provider.account.pay(link, amount=1):
            assert (await sender.send(notice)).is_success
        await sender.close()
        yield
