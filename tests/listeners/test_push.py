"""Pushes: one for whoever has no socket, none for what is over, and what FCM says is believed."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog
from firebase_admin import messaging

from app.development.processes import free_port
from app.development.valkey import EmbeddedValkey
from app.mirror.gateway import Gateway
from app.settings import ListenerSettings
from tests.support.fcm import server as fcm_server
from tests.support.fcm.account import write_credentials
from tests.support.fcm.server import Answer, FcmServer
from tests.support.listening import Listening, listening
from tests.support.market import Market, Person
from tests.support.mirror import Mirror
from tests.support.waiting import eventually

Row = tuple[Any, ...]


class Phones:
    """Devices of people, and what became of the pushes to them."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn

    def of(self, person: Person, *, locale: str = "id") -> str:
        """A new device of a person who reads this language."""
        token = f"device:{uuid4().hex}"
        self._conn.execute("SELECT api.register_push_token(%s, %s, %s)", [person.type, person.id, token])
        self._conn.execute("SELECT api.update_profile(%s, %s, NULL, %s)", [person.type, person.id, locale])
        return token

    def pushes(self, token: str) -> list[Row]:
        """The pushes to a device: type, status, attempts, last error."""
        return self._conn.execute(
            "SELECT type, status, attempts, last_error FROM core.pushes WHERE token = %s ORDER BY created_at, id",
            [token],
        ).fetchall()

    def statuses(self, token: str) -> list[str]:
        """What became of the pushes to a device."""
        return [status for _, status, _, _ in self.pushes(token)]

    def is_known(self, token: str) -> bool:
        """Whether anything would be pushed to it."""
        return self._conn.execute("SELECT FROM core.push_tokens WHERE token = %s", [token]).fetchone() is not None

    async def settle(self, token: str, *statuses: str, seconds: float = 10.0) -> None:
        """Wait until this is what became of the pushes to a device."""

        async def settled() -> bool:
            return self.statuses(token) == list(statuses)

        try:
            await eventually(settled, f"the pushes are {statuses}", seconds=seconds)
        except pytest.fail.Exception:
            pytest.fail(f"the pushes are {self.pushes(token)}, not {statuses}")


@pytest.fixture
def phones(conn: psycopg.Connection) -> Phones:
    return Phones(conn)


@pytest.fixture
def fcm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FcmServer]:
    with FcmServer().running() as server:
        monkeypatch.setattr(messaging._MessagingService, "FCM_URL", server.send_url)
        yield server


@pytest.fixture
def pushing_settings(listener_settings: ListenerSettings, fcm: FcmServer, tmp_path: Path) -> ListenerSettings:
    """Settings of a listener that sends."""
    credentials = write_credentials(tmp_path / "firebase.json", token_uri=f"{fcm.url}/token")
    return listener_settings.model_copy(update={"firebase_credentials": str(credentials)})


@pytest.fixture
async def pushing(pushing_settings: ListenerSettings, mirror: Mirror) -> AsyncIterator[Listening]:
    async with listening(pushing_settings) as running:
        yield running


@pytest.fixture
async def gateway(listener_settings: ListenerSettings) -> AsyncIterator[Gateway]:
    """As an instance of the API has one."""
    gateway = await Gateway.open(listener_settings, None)  # type: ignore[arg-type]  # leases need no PostgreSQL
    yield gateway
    await gateway.close()


async def test_an_offer_to_a_phone_without_a_socket_is_pushed_exactly_once(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    mitra = market.mitra()
    phone = phones.of(mitra)

    (offer_id,) = market.offer(market.customer(), mitra)

    await phones.settle(phone, "sent")
    (message,) = fcm.taken
    assert message["token"] == phone
    assert message["notification"] == {"title": "Permintaan Sesi", "body": "Ada yang ingin mengobrol 30 menit"}
    assert (
        message["data"].items() >= {"type": "pairing_offer", "offer_id": str(offer_id), "action": "open_offer"}.items()
    )
    assert await pushing.metric('halobestie_pushes_total{status="sent",type="pairing_offer"}') >= 1


async def test_a_push_carries_the_frames_fields_as_texts_and_lives_as_long_as_what_it_announces(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    mitra = market.mitra()
    phone = phones.of(mitra)
    (offer_id,) = market.offer(market.customer(), mitra)
    await phones.settle(phone, "sent")
    (message,) = fcm.taken
    frame = market.value(
        "SELECT frame FROM api.events_after('mitra', %s, 0) WHERE frame ->> 'type' = 'pairing_offer'", mitra.id
    )
    until = market.value(
        "SELECT extract(epoch FROM expires_at)::float8 FROM core.pairing_offers WHERE id = %s", offer_id
    )

    assert message["data"] == {**{key: str(value) for key, value in frame.items()}, "action": "open_offer"}
    android, apns = message["android"], message["apns"]
    assert (android["priority"], android["collapse_key"]) == ("high", f"offer:{offer_id}")
    assert 25 <= int(android["ttl"].removesuffix("s")) <= 30
    assert apns["headers"] == {
        "apns-priority": "10",
        "apns-push-type": "alert",
        "apns-expiration": str(int(until)),
        "apns-collapse-id": f"offer:{offer_id}",
    }
    assert apns["payload"]["aps"]["alert"] == message["notification"]


async def test_every_device_of_somebody_without_a_socket_gets_the_push(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    mitra = market.mitra()
    tokens = [phones.of(mitra), phones.of(mitra)]
    market.offer(market.customer(), mitra)
    for token in tokens:
        await phones.settle(token, "sent")

    assert sorted(message["token"] for message in fcm.taken) == sorted(tokens)


async def test_whoever_has_a_socket_on_whatever_instance_gets_no_push(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market, gateway: Gateway
) -> None:
    mitra = market.mitra()
    phone = phones.of(mitra)
    assert await gateway.lease("mitra", mitra.id, "a connection of another instance")

    market.offer(market.customer(), mitra)

    await phones.settle(phone, "connected")
    assert fcm.messages == []


async def test_a_mitra_is_asked_for_an_extension_in_exactly_these_words(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market, gateway: Gateway
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    market.value("SELECT api.update_profile('customer', %s, 'Dewi {minutes}')", customer.id)
    phone = phones.of(mitra)
    package = market.package(minutes=15, price=20_000, is_extension=True)
    payment = market.value("SELECT api.create_payment_request(%s, %s, true, %s)", customer.id, package, session_id)[
        "id"
    ]
    market.value("SELECT api.confirm_payment(%s::uuid)", payment)

    asked = market.value("SELECT api.request_extension(%s, %s, 15, 20000, %s::uuid)", session_id, customer.id, payment)

    await phones.settle(phone, "sent")
    (message,) = fcm.taken
    assert message["notification"] == {"title": "Permintaan Perpanjang", "body": "Dewi {minutes} mau lanjut +15 menit"}
    assert message["data"]["action"] == "open_extension"
    assert message["data"]["extension_id"] == asked["id"]


async def test_each_reads_it_in_his_own_language(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    customer, mitra = market.customer(), market.mitra()
    (offer_id,) = market.offer(customer, mitra)
    of_customer, of_mitra = phones.of(customer, locale="en"), phones.of(mitra, locale="id")

    market.value("SELECT api.accept_offer(%s, %s)", offer_id, mitra.id)

    await phones.settle(of_customer, "sent")
    await phones.settle(of_mitra, "sent")
    said = {message["token"]: message["notification"]["body"] for message in fcm.taken}
    assert said == {of_customer: "Your session with Sari has started", of_mitra: "Sesi dengan Pelanggan sudah dimulai"}


async def test_a_template_that_was_changed_is_what_the_next_push_says(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    market.value("SELECT api.set_message_template('pairing_offer', 'id', 'Baru', 'Sesi {minutes} menit, {mitra}')")
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)
    await phones.settle(phone, "sent")

    assert fcm.taken[0]["notification"] == {"title": "Baru", "body": "Sesi 30 menit, Sari"}


@pytest.mark.parametrize("end", ["accepted by another", "cancelled", "expired"])
async def test_what_is_over_is_not_pushed_although_it_was_queued(
    end: str,
    pushing_settings: ListenerSettings,
    fcm: FcmServer,
    phones: Phones,
    market: Market,
    conn: psycopg.Connection,
) -> None:
    customer, mitra, other = market.customer(), market.mitra(), market.mitra()
    phone = phones.of(mitra)
    offer, taken = market.offer(customer, mitra, other)
    assert phones.statuses(phone) == ["queued"]
    if end == "accepted by another":
        market.value("SELECT api.accept_offer(%s, %s)", taken, other.id)
    elif end == "cancelled":
        market.value(
            "SELECT api.cancel_session(session_id, %s) FROM core.pairing_offers WHERE id = %s", customer.id, offer
        )
    else:
        conn.execute("UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = %s", [offer])
        conn.execute("UPDATE core.pushes SET expires_at = clock_timestamp()")

    async with listening(pushing_settings):
        await phones.settle(phone, "cancelled")

    assert fcm.messages == []


async def test_what_is_over_is_not_tried_again(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.UNAVAILABLE
    customer, mitra = market.customer(), market.mitra()
    phone = phones.of(mitra)
    (offer_id,) = market.offer(customer, mitra)
    await phones.settle(phone, "queued")
    await eventually(_tried(fcm, 1), "it was tried")

    market.value(
        "SELECT api.cancel_session(session_id, %s) FROM core.pairing_offers WHERE id = %s", customer.id, offer_id
    )
    tried = len(fcm.messages)

    await phones.settle(phone, "cancelled")
    assert (len(fcm.messages), fcm.taken) == (tried, [])


def _tried(fcm: FcmServer, times: int) -> Any:
    async def tried() -> bool:
        return len(fcm.messages) >= times

    return tried


@pytest.mark.parametrize("fault", [fcm_server.BROKEN, fcm_server.UNAVAILABLE, Answer(429, "QUOTA_EXCEEDED")])
async def test_what_failed_is_tried_again_one_request_at_a_time(
    fault: Answer, pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    answers = iter([fault, fault])
    fcm.answer = lambda _message: next(answers, fcm_server.TAKEN)
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "sent", seconds=15)
    assert (len(fcm.messages), len(fcm.taken)) == (3, 1)
    assert phones.pushes(phone)[0][2] == 3


async def test_a_pause_that_fcm_asks_for_is_made(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    asked: list[float] = []

    def answer(_message: dict[str, Any]) -> Answer:
        asked.append(time.monotonic())
        return Answer(503, "UNAVAILABLE", {"Retry-After": "3"}) if len(asked) == 1 else fcm_server.TAKEN

    fcm.answer = answer
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "sent", seconds=15)
    assert asked[1] - asked[0] >= 3


async def test_what_can_not_be_sent_in_its_time_is_given_up_and_says_why(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: Answer(429, "QUOTA_EXCEEDED", {"Retry-After": "60"})
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "given_up")
    ((_, _, attempts, error),) = phones.pushes(phone)
    assert (attempts, len(fcm.messages)) == (1, 1), "a minute's pause is more than the offer lasts"
    assert error is not None
    assert error.startswith("RESOURCE_EXHAUSTED")


async def test_what_fails_until_its_time_is_over_is_given_up(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market, conn: psycopg.Connection
) -> None:
    market.value("SELECT api.set_config('offer_timeout_seconds', '4', 'test')")
    fcm.answer = lambda _message: fcm_server.BROKEN
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "given_up")
    assert 1 < len(fcm.messages) <= 4


async def test_what_fcm_refuses_for_good_is_not_sent_again(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.INVALID
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "given_up")
    assert len(fcm.messages) == 1
    assert phones.is_known(phone)


async def test_a_device_that_fcm_calls_unregistered_is_forgotten_and_the_others_get_theirs(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    mitra = market.mitra()
    gone, there = phones.of(mitra), phones.of(mitra)
    fcm.answer = lambda message: fcm_server.UNREGISTERED if message["token"] == gone else fcm_server.TAKEN
    market.offer(market.customer(), mitra)

    await phones.settle(gone, "unregistered")
    await phones.settle(there, "sent")
    assert (phones.is_known(gone), phones.is_known(there)) == (False, True)


async def test_without_an_access_token_it_is_tried_again(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.gives_tokens = False
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    async def failed_once() -> bool:
        return [attempts for _, _, attempts, _ in phones.pushes(phone)] >= [1]

    await eventually(failed_once, "an attempt failed", seconds=10)
    assert fcm.messages == []
    fcm.gives_tokens = True
    await phones.settle(phone, "sent", seconds=20)


async def test_while_valkey_is_away_offers_are_pushed_without_asking_and_the_rest_waits(
    pushing_settings: ListenerSettings, own_valkey: EmbeddedValkey, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    customer, mitra = market.customer(), market.mitra()
    settings = pushing_settings.model_copy(update={"valkey_url": own_valkey.url})
    async with listening(settings) as running:
        own_valkey.kill()
        of_mitra = phones.of(mitra)
        (offer_id,) = market.offer(customer, mitra)
        await phones.settle(of_mitra, "sent")
        of_customer = phones.of(customer)

        market.value("SELECT api.accept_offer(%s, %s)", offer_id, mitra.id)

        async def asked_again() -> bool:
            row = market.value("SELECT claims FROM core.pushes WHERE token = %s", of_customer)
            return bool(row and row > 1)

        await eventually(asked_again, "the leases were asked again", seconds=10)
        assert phones.pushes(of_customer)[0][2] == 0
        assert [message["token"] for message in fcm.messages] == [of_mitra]
        own_valkey.start()
        await phones.settle(of_customer, "sent", seconds=20)
        assert not running.running.done()


async def test_two_listeners_never_send_a_push_twice(
    pushing_settings: ListenerSettings, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    mitras = [market.mitra() for _ in range(10)]
    tokens = [phones.of(mitra) for mitra in mitras for _ in range(3)]
    second = pushing_settings.model_copy(update={"listener_port": free_port()})
    async with listening(pushing_settings), listening(second):
        for _ in range(3):
            market.offer(market.customer(), *mitras)
        for token in tokens:
            await phones.settle(token, "sent", "sent", "sent")

    sent = [(message["token"], message["data"]["offer_id"]) for message in fcm.taken]
    assert len(sent) == len(set(sent)) == 90


async def test_a_push_whose_sender_died_is_sent_when_its_claim_is_over(
    pushing_settings: ListenerSettings, fcm: FcmServer, phones: Phones, market: Market, conn: psycopg.Connection
) -> None:
    market.value("SELECT api.set_config('offer_timeout_seconds', '60', 'test')")
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)
    conn.execute("SELECT api.claim_pushes()")
    assert phones.statuses(phone) == ["sending"]
    conn.execute("UPDATE core.pushes SET next_attempt_at = clock_timestamp()")

    async with listening(pushing_settings):
        await phones.settle(phone, "sent")

    assert len(fcm.taken) == 1


async def test_a_message_is_pushed_within_a_second_and_not_once_it_was_delivered(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    phone = phones.of(customer)
    for body in ("first", "second", "Ä" * 4000):
        market.value(
            "SELECT message FROM api.send_message(%s, 'mitra', %s, %s, %s)", session_id, mitra.id, body[:9], body
        )

    assert market.value("SELECT api.queue_message_push(%s, 1)", session_id) == 1
    market.value(
        "SELECT count(*) FROM api.deliver_messages(ARRAY[%s::uuid], '{customer}', ARRAY[%s::uuid], '{0}', '{1}')",
        session_id,
        customer.id,
    )
    await phones.settle(phone, "cancelled")
    assert market.value("SELECT api.queue_message_push(%s, 3)", session_id) == 1
    await phones.settle(phone, "cancelled", "sent")

    (message,) = fcm.taken
    assert message["notification"] == {"title": "Pesan Baru", "body": "Ada pesan dari Sari"}
    assert (message["data"]["seq"], message["data"]["body"]) == ("3", "Ä" * 700)


@pytest.mark.parametrize("environment", ["production", "development"])
async def test_without_credentials_it_logs_what_it_would_have_sent_and_the_text_in_development_alone(
    listener_settings: ListenerSettings, mirror: Mirror, phones: Phones, market: Market, environment: str
) -> None:
    settings = listener_settings.model_copy(update={"app_env": environment})
    customer, mitra = market.customer(), market.mitra()
    session_id = market.session(customer, mitra)
    phone = phones.of(mitra)
    market.value("SELECT api.update_profile('customer', %s, '+62 812 0000 1111')", customer.id)
    market.value("SELECT message FROM api.send_message(%s, 'customer', %s, 'a', 'a secret')", session_id, customer.id)
    market.value("SELECT api.queue_message_push(%s, 1)", session_id)
    with structlog.testing.capture_logs() as lines:
        async with listening(settings):
            await phones.settle(phone, "logged")

    assert [line["hint"] for line in lines if line["event"] == "pushes_are_logged_only"] != []
    (told,) = [line for line in lines if line["event"] == "push_not_sent"]
    assert (told["type"], told["recipient"], told["action"]) == ("message", f"mitra:{mitra.id}", "open_session")
    assert not any(word in str(lines) for word in ("a secret", phone))
    assert ("0000 1111" in str(lines)) == (told.get("text") is not None) == (environment == "development")


async def test_nothing_is_queued_for_people_without_a_device(market: Market, conn: psycopg.Connection) -> None:
    market.session(market.customer(), market.mitra())

    assert conn.execute("SELECT count(*) FROM core.pushes").fetchone() == (0,)


async def test_a_slow_fcm_is_waited_for_no_longer_than_a_claim_lasts(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.SILENCE
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)
    await eventually(_tried(fcm, 1), "it was tried")
    fcm.answer = lambda _message: fcm_server.TAKEN

    await phones.settle(phone, "sent", seconds=20)
    assert phones.pushes(phone)[0][2] == 2


async def test_a_listener_that_is_told_to_stop_does_not_wait_for_a_silent_fcm(
    pushing_settings: ListenerSettings, mirror: Mirror, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.SILENCE
    mitra = market.mitra()
    phone = phones.of(mitra)
    async with listening(pushing_settings) as running:
        market.offer(market.customer(), mitra)
        await eventually(_tried(fcm, 1), "it was tried")
        await running.stop()

    assert phones.statuses(phone) == ["sending"]
