"""What FCM says is believed; what failed is tried again, and nothing is sent twice."""

import time
from typing import Any

import psycopg
import pytest

from app.development.processes import free_port
from app.development.valkey import EmbeddedValkey
from app.settings import ListenerSettings
from tests.listeners.push.phones import Phones, was_tried
from tests.support.fcm import server as fcm_server
from tests.support.fcm.server import Answer, FcmServer
from tests.support.listening import Listening, listening
from tests.support.market import Market
from tests.support.mirror import Mirror
from tests.support.waiting import eventually


@pytest.mark.parametrize("fault", [fcm_server.BROKEN, fcm_server.UNAVAILABLE, Answer(429, "QUOTA_EXCEEDED")])
async def test_what_failed_is_tried_again_one_request_at_a_time(
    fault: Answer, pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    answers = iter([fault, fault])
    fcm.answer = lambda _message: next(answers, fcm_server.TAKEN)
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "sent")
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

    await phones.settle(phone, "sent")
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
    market.set("offer_timeout_seconds", 6)
    fcm.answer = lambda _message: fcm_server.BROKEN
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)

    await phones.settle(phone, "given_up")
    assert 1 < len(fcm.messages) <= 6


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

    await eventually(failed_once, "an attempt failed")
    assert fcm.messages == []
    fcm.gives_tokens = True
    await phones.settle(phone, "sent")


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

        await eventually(asked_again, "the leases were asked again")
        assert phones.pushes(of_customer)[0][2] == 0
        assert [message["token"] for message in fcm.messages] == [of_mitra]
        own_valkey.start()
        await phones.settle(of_customer, "sent")
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
    market.set("offer_timeout_seconds", 60)
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)
    conn.execute("SELECT api.claim_pushes()")
    assert phones.statuses(phone) == ["sending"]
    conn.execute("UPDATE core.pushes SET next_attempt_at = clock_timestamp()")

    async with listening(pushing_settings):
        await phones.settle(phone, "sent")

    assert len(fcm.taken) == 1


async def test_a_slow_fcm_is_waited_for_no_longer_than_a_claim_lasts(
    pushing: Listening, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.SILENCE
    mitra = market.mitra()
    phone = phones.of(mitra)
    market.offer(market.customer(), mitra)
    await eventually(was_tried(fcm, 1), "it was tried")
    fcm.answer = lambda _message: fcm_server.TAKEN

    await phones.settle(phone, "sent")
    assert phones.pushes(phone)[0][2] == 2


async def test_a_listener_that_is_told_to_stop_does_not_wait_for_a_silent_fcm(
    pushing_settings: ListenerSettings, mirror: Mirror, fcm: FcmServer, phones: Phones, market: Market
) -> None:
    fcm.answer = lambda _message: fcm_server.SILENCE
    mitra = market.mitra()
    phone = phones.of(mitra)
    async with listening(pushing_settings) as running:
        market.offer(market.customer(), mitra)
        await eventually(was_tried(fcm, 1), "it was tried")
        await running.stop()

    assert phones.statuses(phone) == ["sending"]
