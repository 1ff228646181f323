"""Pushes: one for whoever has no socket, none for what is over."""

import psycopg
import pytest
import structlog

from app.mirror.gateway import Gateway
from app.settings import ListenerSettings
from tests.listeners.push.phones import Phones, was_tried
from tests.support.fcm import server as fcm_server
from tests.support.fcm.server import FcmServer
from tests.support.listening import Listening, listening
from tests.support.market import Market
from tests.support.mirror import Mirror
from tests.support.waiting import eventually


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
    assert 5 <= int(android["ttl"].removesuffix("s")) <= 30
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

    extension = market.extension(session_id, minutes=15)

    await phones.settle(phone, "sent")
    (message,) = fcm.taken
    assert message["notification"] == {"title": "Permintaan Perpanjang", "body": "Dewi {minutes} mau lanjut +15 menit"}
    assert message["data"]["action"] == "open_extension"
    assert message["data"]["extension_id"] == str(extension)


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
    market.value("SELECT api.update_text('pairing_offer', 'id', 'Baru', 'Sesi {minutes} menit, {mitra}')")
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
    await eventually(was_tried(fcm, 1), "it was tried")

    market.value(
        "SELECT api.cancel_session(session_id, %s) FROM core.pairing_offers WHERE id = %s", customer.id, offer_id
    )
    tried = len(fcm.messages)

    await phones.settle(phone, "cancelled")
    assert (len(fcm.messages), fcm.taken) == (tried, [])


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
