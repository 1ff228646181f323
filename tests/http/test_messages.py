"""Messages through HTTP: said once, read by the parties alone, page by page in either direction."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from app.mirror.gateway import Gateway
from app.postgres.database import Database
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market, Person
from tests.support.mirror import seed_mirror
from tests.support.waiting import eventually


async def say(
    api: httpx.AsyncClient, session: UUID, sender: Person, body: str, client_message_id: str | None = None
) -> httpx.Response:
    return await api.post(
        f"/api/chat/{session}/messages",
        json={"client_message_id": client_message_id or str(uuid4()), "body": body},
        headers=sender.headers,
    )


async def page(api: httpx.AsyncClient, session: UUID, reader: Person, **query: object) -> Any:
    answer = await api.get(f"/api/chat/{session}/messages", params=query, headers=reader.headers)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_message_is_said_once_and_a_repeat_gives_it_again(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    said = await say(api, session, customer, "Halo", "one")
    assert said.status_code == 201
    message = said.json()
    assert message.pop("created_at")
    assert message == {
        "session_id": str(session),
        "seq": 1,
        "sender_type": "customer",
        "sender_id": str(customer.id),
        "client_message_id": "one",
        "body": "Halo",
    }
    again = await say(api, session, customer, "Halo", "one")
    assert (again.status_code, again.json()) == (200, said.json())
    assert problem(await say(api, session, customer, "Halo?", "one")) == (409, "MESSAGE_ID_REUSED")
    assert (await say(api, session, mitra, "Halo, Kak", "one")).json()["seq"] == 2
    assert market.value("SELECT count(*) FROM core.chat_messages") == 2


async def test_twins_at_the_same_moment_are_one_message(
    api: httpx.AsyncClient, session: UUID, customer: Person
) -> None:
    answers = await asyncio.gather(*(say(api, session, customer, "Halo", "one") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.text for answer in answers} == {answers[0].text}


async def test_history_is_read_in_both_directions(
    api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person
) -> None:
    for number in range(1, 8):
        await say(api, session, customer if number % 2 else mitra, f"{number}")
    for start, pages in (
        ({}, [[1, 2, 3], [4, 5, 6], [7]]),
        ({"after_seq": 2}, [[3, 4, 5], [6, 7]]),
        ({"before_seq": 6}, [[3, 4, 5], [1, 2]]),
        ({"after_seq": 7}, [[]]),
    ):
        query: dict[str, object] = {"limit": 3, **start}
        seen = []
        while True:
            found = await page(api, session, mitra, **query)
            seen.append([item["seq"] for item in found["items"]])
            assert [item["body"] for item in found["items"]] == [str(item["seq"]) for item in found["items"]]
            if found["next_cursor"] is None:
                break
            query["cursor"] = found["next_cursor"]
        assert seen == pages


@pytest.mark.parametrize(
    "query",
    [
        "after_seq=1&before_seq=2",
        "after_seq=-1",
        "before_seq=0",
        "after_seq=x",
        f"after_seq={2**63}",
        "limit=201",
        "cursor=nonsense",
        "cursor=YWZ0ZXIgLTE",  # after -1
        "cursor=YWZ0ZXIgOTk5OTk5OTk5OTk5OTk5OTk5OQ",  # after 9999999999999999999
        "cursor=MjAyNi0xMS0yOVQwNToyNjoxOS45ODQ3MjBaIDE",  # of another list
        "cursor=",
        "since=1",
    ],
)
async def test_a_query_that_makes_no_page_is_refused(
    api: httpx.AsyncClient, session: UUID, customer: Person, query: str
) -> None:
    answer = await api.get(f"/api/chat/{session}/messages?{query}", headers=customer.headers)
    assert problem(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"client_message_id": "1"}, "body"),
        ({"body": "x"}, "client_message_id"),
        ({"client_message_id": "", "body": "x"}, "client_message_id"),
        ({"client_message_id": "x" * 101, "body": "x"}, "client_message_id"),
        ({"client_message_id": 1, "body": "x"}, "client_message_id"),
        ({"client_message_id": "1", "body": ""}, "body"),
        ({"client_message_id": "1", "body": " \n\t"}, "body"),
        ({"client_message_id": "1", "body": "x" * 4_001}, "body"),
        ({"client_message_id": "1", "body": "\u0000"}, "body"),
        ({"client_message_id": "1", "body": "x", "seq": 7}, "seq"),
        ({"client_message_id": "1", "body": "x", "sender_id": "y"}, "sender_id"),
    ],
)
async def test_what_is_no_message_is_refused_with_its_field(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, body: object, field: str
) -> None:
    answer = await api.post(f"/api/chat/{session}/messages", json=body, headers=customer.headers)
    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["field"] == field
    assert market.value("SELECT count(*) FROM core.chat_messages") == 0


async def test_four_thousand_characters_of_any_kind_are_a_message(
    api: httpx.AsyncClient, session: UUID, customer: Person
) -> None:
    said = await say(api, session, customer, "\U0001f642" * 4_000)
    assert (said.status_code, said.json()["body"]) == (201, "\U0001f642" * 4_000)


async def test_strangers_neither_read_nor_write(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person
) -> None:
    await say(api, session, customer, "Halo")
    for stranger in (market.customer(), market.mitra()):
        path = f"/api/chat/{session}"
        assert problem(await api.get(f"{path}/messages", headers=stranger.headers)) == (404, "NOT_FOUND")
        assert problem(await say(api, session, stranger, "Halo")) == (404, "NOT_FOUND")
        assert problem(await api.post(f"{path}/read", json={"seq": 1}, headers=stranger.headers)) == (404, "NOT_FOUND")
    assert problem(await api.get(f"/api/chat/{session}/messages")) == (401, "UNAUTHENTICATED")
    assert market.value("SELECT count(*) FROM core.chat_messages") == 1


async def test_a_message_is_refused_where_the_session_does_not_run(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    await say(api, session, customer, "Halo", "one")
    market.value(
        "UPDATE core.chat_sessions SET status = 'extending', paused_at = now() WHERE id = %s RETURNING 1", session
    )
    assert problem(await say(api, session, mitra, "Halo")) == (409, "SESSION_PAUSED")
    market.value("UPDATE core.chat_sessions SET status = 'active', paused_at = NULL WHERE id = %s RETURNING 1", session)
    market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
    assert problem(await say(api, session, mitra, "Halo")) == (409, "SESSION_NOT_ACTIVE")
    assert (await say(api, session, customer, "Halo", "one")).status_code == 200
    assert len((await page(api, session, mitra))["items"]) == 1


async def test_a_deactivated_mitra_says_nothing_any_more(
    api: httpx.AsyncClient, market: Market, session: UUID, mitra: Person
) -> None:
    market.deactivate(mitra)
    assert problem(await say(api, session, mitra, "Halo")) == (403, "MITRA_DEACTIVATED")


async def test_reading_never_goes_back_and_what_is_unread_is_counted(
    api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person
) -> None:
    async def unread(path: str, person: Person) -> int:
        (item,) = (await api.get(path, headers=person.headers)).json()["items"]
        count: int = item["unread"]
        return count

    for number in range(3):
        await say(api, session, customer, f"{number}")
    await say(api, session, mitra, "ya")
    assert await unread("/api/mitra/sessions", mitra) == 3
    assert await unread("/api/chat/sessions", mitra) == 3
    assert await unread("/api/chat/sessions", customer) == 1
    for seq, expected in ((2, 2), (1, 2), (99, 4), (0, 4)):
        answer = await api.post(f"/api/chat/{session}/read", json={"seq": seq}, headers=mitra.headers)
        assert (answer.status_code, answer.json()) == (200, {"session_id": str(session), "read_seq": expected})
    assert await unread("/api/mitra/sessions", mitra) == 0
    for wrong in ({"seq": -1}, {"seq": 2**63}, {"seq": "1"}, {}):
        answer = await api.post(f"/api/chat/{session}/read", json=wrong, headers=mitra.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR")
        assert answer.json()["field"] == "seq"


async def test_a_page_that_is_fetched_counts_as_delivered(
    api: httpx.AsyncClient, market: Market, session: UUID, customer: Person, mitra: Person
) -> None:
    for number in range(3):
        await say(api, session, customer, f"{number}")
    await page(api, session, mitra, limit=2)

    async def is_delivered() -> bool:
        info = await api.get(f"/api/chat/{session}/info", headers=customer.headers)
        seq: int = info.json()["watermarks"]["mitra"]["delivered_seq"]
        assert seq in (0, 2)
        return seq == 2

    await eventually(is_delivered, "what was read is delivered")


async def delivered(api: httpx.AsyncClient, session: UUID, asker: Person, *, to: str) -> int:
    info = await api.get(f"/api/chat/{session}/info", headers=asker.headers)
    seq: int = info.json()["watermarks"][to]["delivered_seq"]
    return seq


async def later_pages_are_noted(api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person) -> None:
    """Wait until a page that is fetched now is delivered: what was to be noted before it is noted then, too."""
    seq: int = (await say(api, session, mitra, "Are you there?")).json()["seq"]
    await page(api, session, customer)

    async def is_noted() -> bool:
        return await delivered(api, session, mitra, to="customer") == seq

    await eventually(is_noted, "the later page is delivered")


async def test_asking_for_the_head_of_a_page_delivers_nothing(
    api: httpx.AsyncClient, session: UUID, customer: Person, mitra: Person
) -> None:
    await say(api, session, customer, "Halo")
    head = await api.head(f"/api/chat/{session}/messages", headers=mitra.headers)
    assert (head.status_code, head.content) == (200, b"")
    await later_pages_are_noted(api, session, customer, mitra)
    assert await delivered(api, session, customer, to="mitra") == 0


@pytest.mark.usefixtures("long_locks")
async def test_a_page_whose_client_went_before_it_was_written_delivers_nothing(
    api: httpx.AsyncClient, market: Market, database_url: str, session: UUID, customer: Person, mitra: Person
) -> None:
    await say(api, session, customer, "Halo")

    async def is_asked() -> bool:
        return await market.queue_for_locks() > 0

    async def is_answered() -> bool:
        return await market.queue_for_locks() == 0

    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE core.chat_messages IN ACCESS EXCLUSIVE MODE")
        _, there = await asyncio.open_connection("127.0.0.1", api.base_url.port)
        lines = [f"GET /api/chat/{session}/messages HTTP/1.1", "Host: here"]
        lines += [f"{name}: {value}" for name, value in mitra.headers.items()]
        there.write("\r\n".join([*lines, "", ""]).encode())
        await eventually(is_asked, "the page is being read")
        there.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        there.transport.abort()  # with a reset: who only says that nothing more is sent may still read
        assert (await api.get("/healthz")).status_code == 200  # so the server has seen that the client went
    await eventually(is_answered, "the page was read")
    await later_pages_are_noted(api, session, customer, mitra)
    assert await delivered(api, session, customer, to="mitra") == 0


async def test_who_writes_too_fast_waits(
    api_settings: ApiSettings, session: UUID, customer: Person, mitra: Person
) -> None:
    """On loopback too, for it is the user who is counted."""
    settings = api_settings.model_copy(update={"message_rate": "3 per hour"})
    async with serving(create_public_app(settings)) as api:
        answers = [await say(api, session, customer, "x") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert problem(answers[-1]) == (429, "RATE_LIMITED")
        assert 1_190 < int(answers[-1].headers["retry-after"]) <= 1_200
        assert (await say(api, session, mitra, "x")).status_code == 201
        reads = [await api.post(f"/api/chat/{session}/read", json={"seq": 1}, headers=mitra.headers) for _ in range(4)]
        assert [answer.status_code for answer in reads] == [200, 200, 200, 429]


async def test_an_idempotency_key_changes_nothing_for_a_message(
    api: httpx.AsyncClient, session: UUID, customer: Person
) -> None:
    answers = [
        await api.post(
            f"/api/chat/{session}/messages",
            json={"client_message_id": id_, "body": "Halo"},
            headers=customer.headers | {"Idempotency-Key": "k"},
        )
        for id_ in ("1", "2")
    ]
    assert [answer.json()["seq"] for answer in answers] == [1, 2]


@pytest.fixture
async def gateway(api_settings: ApiSettings, db: Database) -> AsyncIterator[Gateway]:
    """The way another instance tells of its sockets."""
    gateway = await Gateway.open(api_settings, db)
    yield gateway
    await gateway.close()


async def test_a_message_is_queued_once_to_be_pushed_to_whom_has_no_socket_anywhere(
    api: httpx.AsyncClient,
    api_settings: ApiSettings,
    conn: psycopg.Connection,
    market: Market,
    gateway: Gateway,
    session: UUID,
    customer: Person,
    mitra: Person,
) -> None:
    for person in (customer, mitra):
        token = f"phone-of-{person.id}"
        assert (await api.put(f"/api/me/push-tokens/{token}", headers=person.headers)).status_code == 204
    queued = "SELECT string_agg(recipient || ' ' || (payload ->> 'body'), ', ') FROM core.pushes WHERE type = 'message'"
    assert (await say(api, session, customer, "Halo", "one")).status_code == 201
    assert (await say(api, session, customer, "Halo", "one")).status_code == 200
    assert market.value(queued) == f"mitra:{mitra.id} Halo"
    assert await gateway.lease("customer", customer.id, "on another instance")
    await seed_mirror(api_settings, conn)  # a mirror that is not whole would not be believed
    assert (await say(api, session, mitra, "Halo, Kak", "two")).status_code == 201
    assert market.value(queued) == f"mitra:{mitra.id} Halo"
