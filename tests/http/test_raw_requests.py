"""HTTP as RFC 9112 has it, byte by byte, on a real socket."""

import asyncio
import json
from typing import Any

import pytest

from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from app.wire.request_head import RefusedRequest, find_head
from tests.http.raw_requests import CASES, Case, Seen
from tests.http.raw_server import answers, served, tell
from tests.support.loops import LOOPS
from tests.support.waiting import PATIENCE_SECONDS

LAST = b"GET /last HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


async def exchange(port: int, case: Case, piece: int, *, half_closes: bool) -> str | None:
    """Send a case in pieces of so many bytes; None when it is answered as it must be, otherwise what was wrong."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    has_last = case.is_open and not half_closes and 100 not in case.statuses
    sent = case.sent + (LAST if has_last else b"")
    piece = max(piece, len(sent) // 500)
    reading = asyncio.ensure_future(reader.readuntil(b"\r\n\r\n") if 100 in case.statuses else reader.read())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for start in range(0, len(sent), piece):
                if reading.done():
                    break
                writer.write(sent[start : start + piece])
                await asyncio.sleep(0)
            if half_closes and 100 not in case.statuses:
                writer.write_eof()
            received = await reading
    except (TimeoutError, ConnectionError) as error:
        return f"{case.name}: {error!r}"
    finally:
        writer.close()
    try:
        came = answers(received)
    except (AssertionError, ValueError, KeyError, IndexError) as error:
        return f"{case.name}: {error!r} in {received[:300]!r}"
    expected = [*case.statuses, 200] if has_last else [*case.statuses]
    if [status for status, _, _ in came] != expected:
        return f"{case.name}: {[status for status, _, _ in came]}, not {expected}: {received[-200:]!r}"
    for status, headers, body in came:
        if status >= 400 and status != 426 and not body.startswith((b"[", b"Failed")):
            details = json.loads(body)
            if headers["content-type"] != "application/problem+json" or details["status"] != status:
                return f"{case.name}: {headers}, {details}"
            if headers["connection"] != "close" or headers["x-request-id"] != details["request_id"]:
                return f"{case.name}: {headers}"
    seen = [(method, path, text.encode("latin-1")) for method, path, text in _told(came)]
    wanted: list[Seen] = [one for one in case.seen if 100 not in case.statuses]
    if has_last:
        wanted.append(("GET", "/last", b""))
    if seen != wanted:
        return f"{case.name}: the app saw {seen}, not {wanted}"
    return None


def _told(came: list[tuple[int, dict[str, str], bytes]]) -> list[Any]:
    return [json.loads(body) for _, _, body in came if body.startswith(b"[")]


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    assert len(CASES) >= 150
    assert len({case.name for case in CASES}) == len(CASES)


@LOOPS
@pytest.mark.parametrize("half_closes", [False, True], ids=["", "and no more"])
@pytest.mark.parametrize("piece", [1_000_000, 7], ids=["at once", "in pieces"])
async def test_every_request_of_the_table_gets_its_answer(
    piece: int, half_closes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    together = asyncio.Semaphore(20)

    async def one(case: Case) -> str | None:
        async with together:
            return await exchange(port, case, piece, half_closes=half_closes)

    async with served(tell) as port:
        wrong = [fault for fault in await asyncio.gather(*map(one, CASES)) if fault is not None]
    assert not wrong, "\n".join(wrong)
    assert not [record for record in caplog.records if record.exc_info], caplog.text


def test_half_of_an_empty_line_before_a_head_is_waited_for() -> None:
    assert find_head(bytearray(b"\r"), 0, Bounds(), takes_sockets=True) == 0
    assert find_head(bytearray(b"\r\n\r"), 0, Bounds(), takes_sockets=True) == 0
    with pytest.raises(RefusedRequest):
        find_head(bytearray(b"\rGET"), 0, Bounds(), takes_sockets=True)


HEAD = b"POST /p HTTP/1.1\r\nHost: here\r\n"


@LOOPS
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", [200]),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 3, [200] * 3),
        (HEAD + b"Content-Length: 5\r\n\r\nhello", [200]),
        (HEAD + b"Content-Length: 6\r\n\r\nhello", [400]),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", [400]),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" + b"GET / HT", [200]),
        (b"GET / HTTP/1.1\r\nHost: he", []),
        (b"", []),
    ],
    ids=["a request", "three", "a body", "half a body", "half the chunks", "one and a half", "half a head", "nothing"],
)
async def test_a_client_that_sends_no_more_gets_a_late_answer_and_then_the_end(
    sent: bytes, expected: list[int]
) -> None:
    heard_out = asyncio.Event()

    class Watched(HttpProtocol):
        bounds = Bounds(linger_seconds=PATIENCE_SECONDS)

        def eof_received(self) -> bool:  # type: ignore[override]
            heard_out.set()
            return super().eof_received()

    async def late(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if sent.count(b" HT") == 1:  # while more than a request waits, the end is not read
            await heard_out.wait()
        await tell(scope, receive, send)

    async with served(late, Watched) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS / 2):
            received = await reader.read()
        writer.close()
    assert [status for status, _, _ in answers(received)] == expected


@LOOPS
async def test_a_client_that_sends_no_more_reads_a_large_answer_to_its_end() -> None:
    size = 4_000_000

    async def much(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
        length = (b"content-length", str(size).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        for _ in range(40):
            await send({"type": "http.response.body", "body": b"x" * (size // 40), "more_body": True})
        await send({"type": "http.response.body"})

    async with served(much) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS):
            [(status, _, body)] = answers(await reader.read())
        writer.close()
    assert (status, len(body)) == (200, size)


async def test_a_client_that_sends_no_more_and_reads_nothing_is_cut() -> None:
    is_gone = asyncio.Event()

    class CutSoon(HttpProtocol):
        bounds = Bounds(unread_seconds=0.1, close_seconds=0.1)

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            is_gone.set()

    async def much(_scope: dict[str, Any], _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(400):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})

    async with served(much, CutSoon) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        writer.write_eof()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await is_gone.wait()
        writer.close()
