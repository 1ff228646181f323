"""Whatever bytes and whatever JSON a client sends: no fault of ours, no word about others, and nobody else notices."""

import asyncio
import contextlib
import json
import uuid
from typing import Any

import psycopg
import pytest
from hypothesis import strategies as st

from app.sockets.closing import Close
from app.sockets.frames import MalformedFrame, UnknownFrame, read_client_frame
from tests.sockets.raw_socket import CLOSE, TEXT, handshake, wire, written
from tests.support.frames import FROM_CLIENT, MESSAGES, SCHEMAS, faults_of
from tests.support.fuzz import play
from tests.support.market import Market, Person
from tests.support.sizes import IS_PROOF, share
from tests.support.sockets import WAIT_SECONDS, Api
from tests.support.tables import changed, digests

EXAMPLES = share(1_500) if IS_PROOF else 60
CODES = {*Close, 1000, 1002, 1003, 1007, 1009}

EXAMPLES_OF_FRAMES = [
    message["examples"][0]["payload"] for message in MESSAGES.values() if message["tags"] == [{"name": "client"}]
]
IDS = st.uuids().map(str)
GOOD = {
    "after_seq": st.integers(0, 2**63 - 1), "seq": st.integers(0, 2**63 - 1), "session_id": IDS, "body": st.text(),
    "sessions": st.dictionaries(IDS, st.integers(0, 2**63 - 1), max_size=3), "client_message_id": st.text(),
    "token": st.text(), "topic": st.just("availability"),
}  # fmt: skip
DOCUMENTED = st.sampled_from(EXAMPLES_OF_FRAMES).flatmap(
    lambda frame: st.fixed_dictionaries({name: GOOD.get(name, st.just(said)) for name, said in frame.items()})
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(sorted({name for schema in SCHEMAS.values() for name in schema.get("properties", {})}))
TYPES = st.sampled_from([message["name"] for message in MESSAGES.values()]) | st.text(max_size=10)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A frame as documented, with fields that are other, more or fewer."""
    frame = dict(draw(DOCUMENTED))
    for name in draw(st.lists(NAMES, max_size=3)):
        if draw(st.booleans()):
            frame[name] = draw(JSON)
        else:
            frame.pop(name, None)
    if draw(st.booleans()):
        frame["type"] = draw(TYPES | JSON)
    return frame


TEXTS = (DOCUMENTED | mutated() | JSON).map(json.dumps) | st.text(max_size=200)

UNKNOWN = {b"501", b"505"}
"""For a method and a version of HTTP that nobody knows."""
KEPT = [  # what once was a fault, or could be
    '{"type":' + "[" * 60_000, "[" * 60_000, '{"type": "read", "session_id": "x", "seq": 1e400}', '{"type": "\\ud800"}',
    '{"type": "message", "type": "read"}', '{"type": "resume", "after_seq": 9223372036854775808}', "\x00", "\ufeff{}",
    '{"type": "resume", "after_seq": 0, "sessions": {"": 0}}', '{"type": "typing", "session_id": null}',
]  # fmt: skip


async def test_whatever_text_comes_is_a_frame_as_documented_or_is_refused() -> None:
    async def one(text: str) -> None:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        try:
            read_client_frame(text)
        except UnknownFrame:
            assert not isinstance(frame, dict) or frame.get("type") not in FROM_CLIENT
        except MalformedFrame:
            pass  # whether the document allows it is asked of what is read: a number too large for it is no fault
        else:
            assert faults_of(frame, FROM_CLIENT) == []

    for text in KEPT:
        await one(text)
    assert await play(TEXTS, one, examples=EXAMPLES * 2) >= EXAMPLES


@st.composite
def bytes_of_frames(draw: st.DrawFn) -> bytes:
    """Frames of WebSocket: right ones, wrong ones, halves, and no frames at all."""
    sent = b""
    for _ in range(draw(st.integers(1, 5))):
        payload = draw(TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200))
        frame = written(
            draw(st.sampled_from([TEXT, TEXT, TEXT]) | st.integers(0, 15)),
            payload[:60_000],
            final=draw(st.integers(0, 9)) > 0,
            masked=draw(st.integers(0, 9)) > 0,
        )
        kind = draw(st.integers(0, 19))
        if kind == 0:
            frame = bytes([frame[0] | draw(st.integers(0, 0x70))]) + frame[1:]
        elif kind == 1:
            frame = frame[: draw(st.integers(0, len(frame)))]
        elif kind == 2:
            frame = draw(st.binary(max_size=100))
        sent += frame
    return sent


def online_status(conn: psycopg.Connection) -> list[object]:
    """What `core.mitra_online_status` holds beside heartbeats."""
    query = "SELECT to_jsonb(status) - 'last_heartbeat_at' FROM core.mitra_online_status AS status ORDER BY mitra_id"
    return [row for (row,) in conn.execute(query).fetchall()]


@pytest.mark.grows
async def test_whatever_bytes_come_the_socket_answers_as_documented_or_closes_and_others_notice_nothing(
    api: Api, market: Market, conn: psycopg.Connection, customer: Person, mitra: Person, session: uuid.UUID,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    stranger = market.customer()
    before, online = digests(conn), online_status(conn)

    async def one(sent: bytes) -> None:
        async with wire(api, stranger) as connection:
            connection.send_raw(sent)
            connection.send(CLOSE, (1000).to_bytes(2))
            connection.end()
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                async with asyncio.timeout(WAIT_SECONDS):
                    while True:
                        opcode, payload = await connection.receive()
                        if opcode == CLOSE:
                            assert not payload or int.from_bytes(payload[:2]) in CODES, payload
                            break
                        if opcode == TEXT:
                            frame = json.loads(payload)
                            assert faults_of(frame) == [], frame
                            assert frame.get("code") != "INTERNAL_ERROR", frame

    async with api.open(customer) as party, api.open(mitra) as other:
        assert await play(bytes_of_frames(), one, examples=EXAMPLES) >= EXAMPLES // 2
        for device in (party, other):
            assert await device.is_quiet(0.2)
            await device.send(type="resume", after_seq=0)
            await device.until("resumed")
    # a pong that the mirror does not take in time is a heartbeat in PostgreSQL
    assert changed(conn, before) <= {"core.event_positions", "core.event_streams", "core.mitra_online_status"}
    assert online_status(conn) == online
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text


@pytest.mark.grows
async def test_whatever_follows_a_handshake_that_was_cut_or_changed_is_no_fault(
    api: Api, customer: Person, caplog: pytest.LogCaptureFixture
) -> None:
    whole = handshake(api, customer)

    @st.composite
    def changed_handshake(draw: st.DrawFn) -> bytes:
        said = bytearray(whole)
        for _ in range(draw(st.integers(0, 4))):
            said[draw(st.integers(0, len(said) - 1))] = draw(st.integers(0, 255))
        return bytes(said[: draw(st.just(len(said)) | st.integers(0, len(said)))]) + draw(st.binary(max_size=50))

    async def one(sent: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(sent)
        writer.write_eof()
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(WAIT_SECONDS):
                answer = await reader.read()
                assert answer[9:12] in (b"", b"101") or answer[9:10] == b"4" or answer[9:12] in UNKNOWN, answer[:300]
        writer.close()

    await play(changed_handshake(), one, examples=EXAMPLES // 2)
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text
