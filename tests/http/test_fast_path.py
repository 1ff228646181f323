"""The fast path gives the answers that the app gives, byte for byte."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import jwt
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.auth.tokens import Tokens
from app.mirror.server import Server
from app.observability import metrics
from app.resources.public.fast_path import FastHeartbeats
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from app.wire import fast_path
from app.wire.bounds import Bounds
from app.wire.http_protocol import HttpProtocol
from tests.http.fast_requests import BEAT, CASES, END, GET_LINE, HOST, LIVE, Sending
from tests.support.http_apps import on_a_port
from tests.support.market import Market
from tests.support.mirror import NO_BEACONS, Mirror, kept_mirror, seed_mirror
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import PATIENCE_SECONDS, eventually

LAST = f"GET /healthz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
BEACON = '{"available":true,"available_mitras":1,"as_of":"2100-01-01T00:00:00.000000Z","source":"valkey"}'

pytestmark = pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})], ids=["uvloop"])


class CountedApp:
    """The public app on a port, and how many requests reached it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.port = 0
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += scope["type"] == "http"
        await self._app(scope, receive, send)

    async def tell(self, sent: bytes) -> bytes:
        """Everything that is answered on a connection to these bytes and to a last request after the first answer."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(sent)
            first = await reader.readuntil(b"\r\n\r\n")
            writer.write(LAST)
            rest = await reader.read()
            writer.close()
        self.asked -= rest.endswith(b'{"status":"alive"}')
        return _comparable(first + rest)


@asynccontextmanager
async def served(settings: ApiSettings, **changes: Any) -> AsyncIterator[CountedApp]:
    app = CountedApp(create_public_app(settings.model_copy(update=changes)))

    async def is_up() -> bool:
        return _counted("halobestie_valkey_up", link="halobestie-gateway") == 1

    async with on_a_port(app) as port:
        await eventually(is_up, "the app has its link to Valkey, which a busy machine may make at the second attempt")
        app.port = port
        yield app


@pytest.fixture
def settings(api_settings: ApiSettings) -> ApiSettings:
    """Time enough for Valkey on a busy machine, and a page that may read answers."""
    return api_settings.model_copy(update={"valkey_timeout_ms": 10_000, "cors_origins": ["https://app.example"]})


@pytest.fixture
async def mirror(settings: ApiSettings, conn: psycopg.Connection) -> AsyncIterator[Mirror]:
    """A mirror that a listener keeps; tests seed it."""
    async with kept_mirror(settings) as mirror:
        yield mirror


def _comparable(answers: bytes) -> bytes:
    answers = re.sub(rb"date: [^\r]+", b"date: -", answers)
    return re.sub(rb'(x-request-id: |"request_id":")[0-9a-f]{32}', rb"\1-", answers)


def _counted(name: str, **labels: str) -> float:
    page = metrics.page(metrics.PUBLIC)[0].decode()
    return sum(
        sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def test_every_answer_is_the_one_that_the_app_gives(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror
) -> None:
    mitra, offline, deactivated = market.mitra(), market.mitra(online=False), market.mitra()
    market.deactivate(deactivated)
    await seed_mirror(settings, conn)
    expired = jwt.decode(mitra.token(), options={"verify_signature": False}) | {"exp": int(time.time()) - 1}
    words = {
        "mitra": mitra.token(),
        "offline": offline.token(),
        "deactivated": deactivated.token(),
        "nobody": market.log_in("mitra", market.customer().id).token(),
        "customer": market.customer().token(),
        "expired": jwt.encode(expired, TEST_JWT_SECRET),
        "forged": Tokens("another secret, which this server does not have").issue("mitra", mitra.id, mitra.login),
    }

    async def differs(case: Sending) -> str | None:
        sent = case.sent.format(**words).encode()
        await mirror.server.command("SET", mirror.keys.snapshot, BEACON, "EX", 10)
        slow.asked = fast.asked = 0
        expected = await slow.tell(sent)
        by_app, told = slow.asked, []
        for _ in range(3):  # a token that was not read before, a head that was not read before, and the same again
            fast.asked = 0
            told.append(await fast.tell(sent))
        wanted = by_app if case.to_app is None else case.to_app
        if any(answers != expected for answers in told):
            return f"{case.name}: {told}, not {expected!r}"
        return None if fast.asked == wanted else f"{case.name}: {fast.asked} requests reached the app, not {wanted}"

    async with served(settings) as fast, served(settings, fast_path=False) as slow:
        await mirror.server.command("SET", mirror.keys.snapshot, BEACON, "EX", 10)
        found = re.search(rb"etag: (\S+)", await slow.tell(f"{GET_LINE}{HOST}{END}".encode()))
        assert found is not None
        words["tag"] = found[1].decode()
        wrong = [fault for case in CASES if (fault := await differs(case)) is not None]
    assert not wrong, "\n".join(wrong)


async def test_whatever_stands_in_place_of_the_beacon_it_is_answered(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror
) -> None:
    market.mitra()
    await seed_mirror(settings, conn)
    async with served(settings) as fast, served(settings, fast_path=False) as slow:
        for planted in NO_BEACONS:
            await mirror.server.command("SET", mirror.keys.snapshot, planted, "EX", 10)
            for app in (fast, slow):
                answer = await app.tell(f"{GET_LINE}{HOST}{END}".encode())
                assert answer.startswith(b"HTTP/1.1 200"), planted
                assert b'"source":"postgres"' in answer, planted


async def test_a_beat_that_comes_in_two_parts_is_answered_wherever_it_was_cut(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror
) -> None:
    sent = BEAT.format(mitra=market.mitra().token()).encode()
    await seed_mirror(settings, conn)
    async with served(settings) as app:
        await app.tell(sent)
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        writer.transport.get_extra_info("socket").setsockopt(6, 1, 1)  # TCP_NODELAY: each part by itself
        app.asked = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            for cut in range(1, len(sent)):
                writer.write(sent[:cut])
                await asyncio.sleep(0)
                writer.write(sent[cut:])
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
        assert app.asked == 0


async def test_beats_without_the_app_are_counted_as_others(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror
) -> None:
    sent = BEAT.format(mitra=market.mitra().token()).encode()
    glance = f"{GET_LINE}{HOST}{END}".encode()
    await seed_mirror(settings, conn)

    def counts() -> list[float]:
        request = "halobestie_http_request_seconds"
        beats = {"app": "public", "method": "POST", "route": "/api/mitra/status/heartbeat", "status": "204"}
        beacons = {"app": "public", "method": "GET", "route": "/api/availability", "status": "200"}
        return [
            _counted(f"{request}_count", **beats),
            _counted(f"{request}_bucket", le="+Inf", **beats),
            _counted(f"{request}_count", **beacons),
            _counted("halobestie_mirror_answers_total", question="beat", source="valkey"),
            _counted("halobestie_mirror_answers_total", question="beacon", source="valkey"),
        ]

    before = counts()
    seconds = _counted("halobestie_http_request_seconds_sum", route="/api/mitra/status/heartbeat")
    async with served(settings) as app:
        for _ in range(3):
            await app.tell(sent)
            await app.tell(glance)
        assert app.asked == 1  # the beat whose token was new
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [3, 3, 3, 3, 3]
    assert _counted("halobestie_http_request_seconds_sum", route="/api/mitra/status/heartbeat") > seconds


async def test_a_token_that_expires_and_a_mitra_who_goes_end_the_fast_path_at_once(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mitra = market.mitra()
    sent = BEAT.format(mitra=mitra.token()).encode()
    await seed_mirror(settings, conn)
    async with served(settings) as app:
        for asked in (1, 0, 0):
            app.asked = 0
            assert (await app.tell(sent)).startswith(b"HTTP/1.1 204")
            assert app.asked == asked
        with monkeypatch.context() as later:
            later.setattr("app.resources.public.fast_path.time", lambda: time.time() + 3600)
            app.asked = 0
            assert (await app.tell(sent)).startswith(b"HTTP/1.1 204")  # by the clock of the app it has not expired
            assert app.asked == 1
        market.deactivate(mitra)
        await seed_mirror(settings, conn)
        assert (await app.tell(sent)).startswith(b"HTTP/1.1 403")


async def test_as_many_heads_as_may_be_known_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "KNOWN_HEADS", 2)
    path = fast_path.FastPath({})

    class Repeated:
        is_repeatable = True

        def begin(self, exchange: fast_path.FastExchange) -> bool:
            raise NotImplementedError

    for number in range(5):
        path.remember(b"%d" % number, Repeated())
    path.remember(b"x" * (fast_path.LONGEST_KNOWN_HEAD + 1), Repeated())
    assert list(path.known) == [b"4"]


async def test_the_time_of_a_beat_is_its_own_also_where_the_next_request_has_arrived() -> None:
    told: list[tuple[Any, Any]] = []
    claims = SimpleNamespace(typ="mitra", sub="a-mitra", exp=time.time() + 60)
    gateway: Any = SimpleNamespace(
        beats=SimpleNamespace(tell=lambda _mitra, caller, asker: told.append((caller, asker)))
    )
    tokens: Any = SimpleNamespace(recall=lambda _token: claims)
    route: Any = FastHeartbeats(gateway, tokens, [])
    seconds: list[float] = []
    route.seconds = SimpleNamespace(observe=seconds.append)
    exchange: Any = SimpleNamespace(started=time.perf_counter() - 5)

    def reply(_status: int, _fields: bytes) -> bool:
        exchange.started = time.perf_counter()  # of the next request, which the connection begins with
        return True

    exchange.reply = reply
    assert route.read([(b"authorization", b"Bearer a-token")]).begin(exchange)
    [(caller, asker)] = told
    caller(asker, True)
    assert seconds[0] >= 5


async def test_other_heads_are_known_from_the_second_time_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "ORDINARY_HEADS", 2)
    monkeypatch.setattr(fast_path, "KNOWN_HEADS", 3)
    path = fast_path.FastPath({})
    host, trace = (b"host", b"here"), (b"traceparent", b"00-1-2-3")

    def come(head: bytes, *headers: tuple[bytes, bytes]) -> bool:
        path.remember_ordinary(head, b"/", [host, *headers])
        return head in path.ordinary

    assert [come(b"a"), come(b"b"), come(b"a")] == [False, False, True]
    assert [come(b"t", trace), come(b"t", trace)] == [False, False]
    assert [come(long := b"x" * (fast_path.LONGEST_KNOWN_HEAD + 1)), come(long)] == [False, False]
    assert [come(b"m", *[(b"a", b"b")] * fast_path.ORDINARY_FIELDS) for _ in range(2)] == [False, False]
    assert [come(b"b"), come(b"c"), come(b"c")] == [True, False, True]
    assert list(path.ordinary) == [b"c"]  # three are too many
    assert [come(b"d"), come(b"a")] == [False, False]  # as four are that came once: a is forgotten


@asynccontextmanager
async def _held(settings: ApiSettings) -> AsyncIterator[Server]:
    """Valkey runs no script meanwhile. On a connection of its own: what the mirror's keeper has sent waits, too."""
    holder = await Server.open(settings, name="test-holder", timeout=PATIENCE_SECONDS)
    await holder.command("CLIENT", "PAUSE", 60_000, "WRITE")
    try:
        yield holder
    finally:
        await holder.command("CLIENT", "UNPAUSE")
        await holder.close()


async def _waits(holder: Server) -> None:
    async def is_blocked() -> bool:
        clients: bytes = await holder.command("CLIENT", "LIST")
        return any(b"name=halobestie-gateway" in line and b"flags=b" in line for line in clients.splitlines())

    await eventually(is_blocked, "a beat waits for Valkey")


async def test_what_comes_behind_a_beat_waits_for_its_answer(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror
) -> None:
    sent = BEAT.format(mitra=market.mitra().token()).encode()
    await seed_mirror(settings, conn)
    async with served(settings) as app:
        for _ in range(2):
            await app.tell(sent)
        gone = await asyncio.open_connection("127.0.0.1", app.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        app.asked = 0
        async with _held(settings) as holder, asyncio.timeout(PATIENCE_SECONDS):
            gone[1].write(sent)
            writer.write(sent)
            await _waits(holder)
            writer.write(LIVE.encode() + sent + LAST)
            gone[1].transport.abort()
            assert (await app.tell(LIVE.encode())).startswith(b"HTTP/1.1 200")  # others are served
            assert app.asked == 1
        async with asyncio.timeout(PATIENCE_SECONDS):
            answers = await reader.read()
        writer.close()
        assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"204", b"200", b"204", b"200"]
        assert app.asked == 3


@pytest.mark.parametrize(("cut_seconds", "status"), [(600.0, b"204"), (0.2, b"503")], ids=["in time", "too late"])
async def test_a_beat_that_is_under_way_when_the_server_stops_is_answered(
    settings: ApiSettings, conn: psycopg.Connection, market: Market, mirror: Mirror,
    monkeypatch: pytest.MonkeyPatch, cut_seconds: float, status: bytes,
) -> None:  # fmt: skip
    monkeypatch.setattr(HttpProtocol, "bounds", Bounds(cut_seconds=cut_seconds))
    sent = BEAT.format(mitra=market.mitra().token()).encode()
    await seed_mirror(settings, conn)
    serving = served(settings)
    app = await serving.__aenter__()
    for _ in range(2):
        await app.tell(sent)
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)

    async def is_stopping() -> bool:
        try:
            _, another = await asyncio.open_connection("127.0.0.1", app.port)
        except ConnectionError:
            return True
        another.close()
        return False

    async with asyncio.timeout(PATIENCE_SECONDS):
        async with _held(settings) as holder:
            writer.write(sent)
            await _waits(holder)
            stopping = asyncio.create_task(serving.__aexit__(None, None, None))
            await eventually(is_stopping, "the server takes no connection any more")
            answer = await reader.read() if status == b"503" else b""
        answer = answer or await reader.read()
        await stopping
    writer.close()
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"connection: close\r\n" in answer
