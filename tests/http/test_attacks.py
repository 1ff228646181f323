"""Clients that would have the server wait or keep for them: each of them ends, and costs nobody else anything."""

import asyncio
import contextlib
import ipaddress
import json
import socket
import time
import tracemalloc
from typing import Any

import httpx
import pytest
import structlog

from app.wire import connection_limits
from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from tests.http.raw_server import answers, served, tell
from tests.support.market import Market
from tests.support.waiting import PATIENCE_SECONDS, eventually

MEBIBYTE = 1024 * 1024
HEAD = b"POST /p HTTP/1.1\r\nHost: here\r\n"
ASKING = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
ASKING_ONCE = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


class Hasty(HttpProtocol):
    """The protocol with no patience."""

    bounds = Bounds(
        head_seconds=0.4, body_seconds=0.4, idle_seconds=0.4, unread_seconds=0.4, linger_seconds=0.3, close_seconds=0.3
    )


class Patient(HttpProtocol):
    """The protocol as it is, but for who does not read."""

    bounds = Bounds(unread_seconds=1.0)


async def much(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with 50 KB."""
    await receive()
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"50000")]}
    await send(start)
    await send({"type": "http.response.body", "body": b"x" * 50_000})


async def until_end(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(PATIENCE_SECONDS):
        with contextlib.suppress(ConnectionError):
            return await reader.read()
    return b""


async def come_back(port: int, *sent: bytes) -> tuple[list[tuple[int, dict[str, str], bytes]], float]:
    """Send, and then nothing more; the answers, and after how many seconds the server ended it."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"".join(sent))
    received = await until_end(reader)
    writer.close()
    return answers(received), time.monotonic() - started


async def test_whoever_pipelines_and_never_reads_is_not_kept_for_and_is_cut() -> None:
    asked = 0

    async def counted(scope: dict[str, Any], receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        await much(scope, receive, send)

    async with served(counted, Patient) as port:
        attacker = socket.socket()
        attacker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        attacker.connect(("127.0.0.1", port))
        attacker.setblocking(False)
        many = ASKING * 10_000
        sent, ended = 0, False
        tracemalloc.start()
        before = most = tracemalloc.get_traced_memory()[0]
        started = time.monotonic()
        while not ended and time.monotonic() < started + PATIENCE_SECONDS:
            try:
                sent += attacker.send(many)
            except BlockingIOError:
                await asyncio.sleep(0.01)
            except ConnectionError:
                ended = True
            most = max(most, tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert ended, "it was not cut"
        assert most - before < MEBIBYTE
        assert asked < 20
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as other:
            assert (await other.get("/")).status_code == 200
        attacker.close()


async def test_whoever_reads_slowly_gets_every_answer_in_order() -> None:
    async with served(tell) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n" % number for number in range(2_000)))
        writer.write(b"GET /end HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(0.3)
        came = answers(await until_end(reader))
        writer.close()
    assert [json.loads(body)[1] for _, _, body in came] == [*(f"/{number}" for number in range(2_000)), "/end"]


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (b"", []),
        (b"\r\n", []),
        (b"GET / HT", [408]),
        (HEAD + b"X: y\r\n", [408]),
        (HEAD + b"Content-Length: 5\r\n\r\nhel", [408]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", [408]),
        (HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", [100, 408]),
        (ASKING, [200]),
        (ASKING + b"GET / HT", [200, 408]),
    ],
)
async def test_what_stays_half_is_ended_with_an_answer_where_something_was_asked(
    sent: bytes, statuses: list[int]
) -> None:
    async with served(tell, Hasty) as port:
        came, seconds = await come_back(port, sent)
    assert [status for status, _, _ in came] == statuses
    assert seconds > 0.3
    assert not came or came[-1][0] != 408 or came[-1][1]["connection"] == "close"


async def test_a_head_that_drips_has_no_longer_than_one_that_stops() -> None:
    async with served(tell, Hasty) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        reading = asyncio.create_task(until_end(reader))
        for byte in HEAD * 100:
            writer.write(bytes([byte]))
            await asyncio.wait({reading}, timeout=0.02)
            if reading.done():
                break
        assert reading.done(), "it took the whole of it"
        assert [status for status, _, _ in answers(reading.result())] == [408]
        writer.close()


async def test_half_a_body_is_none_when_the_client_goes(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra(online=False)
    with structlog.testing.capture_logs() as logged:
        reader, writer = await asyncio.open_connection(api.base_url.host, api.base_url.port)
        lines = {"Host": "here", "Content-Length": "2", **mitra.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"POST /api/mitra/status/online HTTP/1.1\r\n{head}\r\n".encode())
        await asyncio.sleep(0.1)
        writer.write_eof()
        await until_end(reader)
        writer.close()
        await api.get("/healthz")
    assert market.value("SELECT is_online FROM core.mitra_online_status WHERE mitra_id = %s", mitra.id) in (None, False)
    assert not [line for line in logged if line["log_level"] == "error"]


@pytest.mark.parametrize(
    "broken",
    [
        b"Transfer-Encoding: chunked\r\n\r\nno size\r\n",
        b"Content-Length: 5\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["no chunk", "nothing of a body", "nothing of the chunks"],
)
async def test_a_body_that_breaks_off_before_the_app_begins_is_a_bad_request_and_no_fault_of_ours(
    api: httpx.AsyncClient, broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await asyncio.open_connection(api.base_url.host, api.base_url.port)
    writer.write(b"POST /api/auth/refresh HTTP/1.1\r\nHost: here\r\n" + broken)
    writer.write_eof()
    ((status, headers, body),) = answers(await until_end(reader))
    writer.close()
    assert (status, json.loads(body)["code"], headers["connection"]) == (400, "BAD_REQUEST", "close")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_body_that_is_too_large_is_refused_though_the_client_goes_on_sending(api: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(api.base_url.host, api.base_url.port)
    writer.write(b"POST /api/auth/refresh HTTP/1.1\r\nHost: here\r\nContent-Length: 10000000\r\n\r\n")
    reading = asyncio.create_task(until_end(reader))
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            writer.write(b"x" * 100_000)
            await asyncio.wait_for(writer.drain(), PATIENCE_SECONDS)
    ((status, headers, _),) = answers(await reading)
    writer.close()
    assert (status, headers["connection"]) == (413, "close")


async def test_there_is_a_most_to_how_many_connections_a_public_address_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "PEER_CONNECTIONS", 2)
    monkeypatch.setattr(connection_limits, "public_peer", lambda address: address)
    async with served(tell) as port:
        first = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        refused, _ = await come_back(port, ASKING)
        assert [status for status, _, _ in refused] == [503]
        assert "retry-after" in refused[0][1]
        for _, writer in first:
            writer.close()

        async def is_let_in() -> bool:
            again, _ = await come_back(port, ASKING_ONCE)
            return [status for status, _, _ in again] == [200]

        await eventually(is_let_in, "there is room again")


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("2a00:1450:4001:80b::200e", "2a00:1450:4001:80b::/64"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("10.0.0.1", None),
        ("127.0.0.1", None),
        ("::1", None),
        (None, None),
    ],
)
def test_a_connection_counts_for_a_public_address_only(address: str | None, peer: str | None) -> None:
    assert connection_limits.public_peer(address) == peer


def test_a_trusted_proxy_stands_for_everyone_whatever_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "_trusted", [])
    connection_limits.trust([ipaddress.ip_network("8.8.8.0/24"), ipaddress.ip_network("2a00:1450::/32")])
    assert connection_limits.public_peer("8.8.8.8") is None
    assert connection_limits.public_peer("2a00:1450:4001:80b::200e") is None
    assert connection_limits.public_peer("8.8.4.4") == "8.8.4.4"
