"""Requests of the tables, changed at random: no fault of ours, and no way of sending them that makes another request.

What comes in pieces is what comes at once, and what the fast path answers is what the app answers. A server that reads
the same bytes in two ways is what smuggling needs.
"""

import asyncio
import json
import re
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import strategies as st

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.http import fast_requests, raw_requests
from tests.http.raw_server import answers, served, tell
from tests.support.fuzz import play
from tests.support.http_apps import on_a_port
from tests.support.market import Market
from tests.support.mirror import kept_mirror, seed_mirror
from tests.support.sizes import IS_PROOF, in_proof_alone, share
from tests.support.waiting import PATIENCE_SECONDS

EXAMPLES = share(3_000) if IS_PROOF else 100
REFUSED = {400, 414, 431, 501, 505}
"""What the protocol answers to a head that it can't read; the connection ends then."""
LONGEST = 3_000
ODD = b'\r\n\0 \t:;,()%/?#\\"{}\x7f\x80\xff01aZ'
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\0", b"\r\n\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"Host: b\r\n",
    b"X-Request-ID: a\r\n", b"Authorization: Bearer x\r\n", b" HTTP/1.1", b"HTTP/1.0", b"0\r\n\r\n", b"5\r\nhello",
    b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, whole: Sequence[bytes]) -> tuple[bytes, list[int]]:
    """One of these, changed in up to three places, and where it is cut into pieces."""
    said = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(said)))
        match draw(st.integers(0, 4)):
            case 0:
                said[at : at + 1] = bytes([draw(st.sampled_from(ODD))])
            case 1:
                del said[at : at + draw(st.integers(1, 4))]
            case 2:
                said[at:at] = draw(st.sampled_from(PIECES))
            case 3:
                said[at:at] = said[at : at + draw(st.integers(1, 40))]
            case _:
                other = draw(st.sampled_from(whole))
                said[at:] = other[draw(st.integers(0, len(other))) :]
    cuts = draw(st.lists(st.integers(0, len(said)), max_size=4, unique=True).map(sorted))
    return bytes(said), cuts


async def exchange(port: int, sent: bytes, cuts: Sequence[int] = ()) -> bytes:
    """Everything that is answered to these bytes, in pieces if it is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
                writer.write(sent[start:end])
                await asyncio.sleep(0)
            writer.write_eof()
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.grows
async def test_a_changed_request_is_no_fault_of_ours_and_is_read_in_one_way(caplog: pytest.LogCaptureFixture) -> None:
    whole = [case.sent for case in raw_requests.CASES if 0 < len(case.sent) <= LONGEST]

    async def one(example: tuple[bytes, list[int]]) -> None:
        sent, cuts = example
        told = [seen(await exchange(port, sent, where)) for where in ((), cuts)]
        assert told[0] == told[1]
        assert not [status for status, _ in told[0] if status != "refused" and int(status) >= 500]
        refused = [number for number, (status, _) in enumerate(told[0]) if status == "refused" or int(status) >= 400]
        assert refused in ([], [len(told[0]) - 1]), told[0]  # nothing is read behind what can't be read

    async with served(tell) as port:
        assert await play(mutated(whole), one, examples=EXAMPLES) > EXAMPLES // 2
    assert not [record for record in caplog.records if record.exc_info], caplog.text


def seen(received: bytes) -> list[tuple[int | str, object]]:
    """The statuses of the answers, and which requests the app saw. For `refused` see `comparable`."""
    return [
        (status, json.loads(body)) if body.startswith(b"[") else ("refused" if status in REFUSED else status, None)
        for status, _, body in answers(received)
    ]


@in_proof_alone("sends each of many requests three times")
@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})], ids=["uvloop"])
async def test_the_fast_path_answers_a_changed_request_as_the_app_does(
    api_settings: ApiSettings, conn: psycopg.Connection, market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    settings = api_settings.model_copy(update={"valkey_timeout_ms": 10_000, "cors_origins": ["https://app.example"]})
    mitra = market.mitra()
    words = dict.fromkeys(re.findall(r"\{(\w+)\}", repr(fast_requests.CASES)), "x") | {
        "mitra": mitra.token(), "customer": market.customer().token(), "offline": market.mitra(online=False).token()
    }  # fmt: skip
    whole = [case.sent.format(**words).encode() for case in fast_requests.CASES]
    whole = [sent for sent in whole if len(sent) <= LONGEST]

    async def one(example: tuple[bytes, list[int]]) -> None:
        sent, cuts = example
        slow = comparable(await exchange(ports[0], sent))
        assert b"HTTP/1.1 500" not in slow
        for where in ((), cuts):
            assert comparable(await exchange(ports[1], sent, where)) == slow

    async with kept_mirror(settings):
        await seed_mirror(settings, conn)
        apps = [create_public_app(settings.model_copy(update={"fast_path": fast})) for fast in (False, True)]
        async with on_a_port(apps[0]) as one_port, on_a_port(apps[1]) as other_port:
            ports = [one_port, other_port]
            assert await play(mutated(whole), one, examples=EXAMPLES) > EXAMPLES // 2
    # That the machine of the tests is busy is no fault of ours.
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text


def comparable(received: bytes) -> bytes:
    """Answers without what differs from one to the next: times, ids that we made, the beacon and its tag.

    A head that is wrong in two ways is refused for one of them: which one depends on how much of it has come. Whether
    the last answer says that the connection ends depends on whether the end of the requests was seen before.
    """
    received = re.sub(
        rb"HTTP/1.1 (%s) .*" % "|".join(map(str, sorted(REFUSED))).encode(), b"refused", received, flags=re.DOTALL
    )
    received = received.replace(b"connection: close\r\n", b"")
    received = re.sub(rb"date: [^\r]+", b"date: -", received)
    received = re.sub(rb'"as_of":"[^"]*"', b'"as_of":-', received)
    received = re.sub(rb"(etag|cache-control): [^\r]+", rb"\1: -", received)
    return re.sub(rb'(x-request-id: |"request_id":")[0-9a-f]{32}', rb"\1-", received)
