"""Uvicorn's HTTP protocol, bounded: what one connection may cost in memory and in time, and which requests are read.

Uvicorn feeds the parser whatever arrives and queues the requests it finds. Here a request is read only when the answer
to the one before it is complete and the client takes it, so that a connection holds one request and one answer. A head
is looked at as a whole: what RFC 9112 wants refused and the parser lets pass is refused here, as problem+json like
every other refusal.
"""

import asyncio
import math
import re
import secrets
import socket
import urllib.parse
from typing import Any, NamedTuple

import falcon
import httptools
import msgspec
import structlog
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.observability import metrics
from app.problems import PROBLEM_TYPE, Problem
from app.wire import crowd
from app.wire.headers import SECURITY_HEADERS
from app.wire.socket_protocol import SocketProtocol

log = structlog.get_logger(__name__)


class Bounds(NamedTuple):
    """What one connection may take, in bytes, seconds and counts."""

    request_line_bytes: int = 8_000
    field_bytes: int = 8_000
    """Of one header field: the library that reads a socket's handshake takes 8,192."""

    fields: int = 100
    head_bytes: int = 32 * 1024
    body_bytes: int = 512 * 1024
    """As it is sent, chunk sizes and extensions included; the app refuses what holds over 64 KiB."""

    chunks: int = 2_000
    """Of one body: each costs as much as a header field."""

    kernel_bytes: int = 64 * 1024
    """What the system may keep each way; it takes twice that, and megabytes if not told."""

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0
    """Between two requests. Longer than a load balancer keeps its idle connections, so that it is the one to close."""

    unread_seconds: float = 30.0
    """How long an answer may wait for a client that does not read."""

    linger_seconds: float = 2.0
    """How long a refused client is heard out: if it were cut off at once, it might not get to read why."""

    close_seconds: float = 10.0
    cut_seconds: float = 6.5
    """After so much of a shutdown whatever is still under way is answered 503."""


_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+) HTTP/([0-9]\.[0-9])\r\n")
_TARGET = re.compile(
    rb"(?:[Hh][Tt][Tt][Pp][Ss]?://(?P<authority>[^\s/?#@]+)(?=[/?]|$)|(?=/))(?P<path>(?:/[^\s?#]*)?(?:\?[^\s#]*)?)"
)
_HOST = re.compile(rb"(?:[0-9A-Za-z._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")
_UPGRADE = re.compile(rb"\r\nupgrade(?=:[ \t]*([^\r\n]*?)[ \t]*\r\n)", re.IGNORECASE)
_GET = re.compile(rb"GET [^\s]+ HTTP/1\.1\r\n")
_NO_UPGRADE = b"\r\nignored"
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_END = b"\r\n\r\n"
_METHODS = frozenset({b"QUERY", *(method.encode() for method in falcon.HTTP_METHODS)} - {b"CONNECT"})
_SERVER_WIDE = b"*"


class Refused(Exception):  # noqa: N818  # a request, before it is an error
    """What arrives can't be served; carries the answer."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.problem = Problem(code, detail)


class Exchange(RequestResponseCycle):
    """One request and its answer."""

    problem: Problem | None = None
    """Why the rest of the request will not come."""

    left: int | None = None
    """How much of the body is to come; None when the body itself says its end."""

    taken = 0
    """How much of the body has come, as it was sent."""

    chunks = 0
    """In how many chunks."""

    def fail(self, problem: Problem) -> None:
        """The rest of the request will not come: the app is told so where it waits for it."""
        self.keep_alive = False
        self.problem = problem
        self.message_event.set()

    async def receive(self) -> ASGIReceiveEvent:
        """Give the next part of the body. Raises Problem when it will not come: half a body is none."""
        message = await super().receive() if self.problem is None else None
        if self.more_body and not self.response_complete:
            if self.problem is not None:
                raise self.problem
            if self.disconnected:
                raise Problem("BAD_REQUEST", "The connection ended before the request did.")
        return message or {"type": "http.disconnect"}

    async def send(self, message: ASGISendEvent) -> None:
        """Send a part of the answer. A client that waits to be told to send its body may or may not send it now."""
        if self.waiting_for_100_continue:
            self.keep_alive = False
        await super().send(message)

    async def send_500_response(self) -> None:
        """Answer in the place of an app that failed without an answer."""
        self.answer(Problem("INTERNAL_ERROR"))

    def answer(self, problem: Problem) -> None:
        """Answer in the app's place, now; whatever the app sends afterwards goes nowhere."""
        if not self.response_started:
            is_head = self.scope["method"] == "HEAD"
            self.transport.write(written(problem, self.default_headers, is_head=is_head))
        self.response_started = self.response_complete = self.disconnected = True
        self.message_event.set()
        self.transport.close()


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection of either app."""

    bounds = Bounds()

    cycle: Exchange | None  # type: ignore[assignment]
    """The request that is being read or answered; None between two."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._buffer = bytearray()
        """What has arrived and may not be read yet, or can't be because it is half."""
        self._searched = 0
        self._is_over = False
        """Whether whatever else arrives is thrown away: the connection is ending, or was handed over."""
        self._is_lingering = False
        self._is_stopping = False
        self._is_heard_out = False
        """Whether the client has said that it sends nothing more; it may still read."""
        self._hosts: list[bytes] = []
        self._codings: list[bytes] = []
        self._length = 0
        self._expectation = b""
        self._deadline = math.inf
        self._alarm: asyncio.TimerHandle | None = None
        self._unread_alarm: asyncio.TimerHandle | None = None
        self._peer: str | None = None

    # -- a connection's beginning and end ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.bounds.kernel_bytes)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.bounds.kernel_bytes)
        self._peer = crowd.public_peer(self.client and self.client[0])
        may_enter = crowd.enter(self._peer) and len(self.connections) <= crowd.connection_limit()
        if may_enter:
            self._wait(self.bounds.head_seconds)
        else:
            self._reject(Problem("SERVICE_UNAVAILABLE", "Too many connections are open."))

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and let go of whatever refers to this connection."""
        super().connection_lost(exc)
        crowd.leave(self._peer)
        self._is_over = True
        self._buffer.clear()
        self._silence()
        self.cycle = None  # it refers to this protocol: a circle, which would be freed late

    def shutdown(self) -> None:
        """The server stops: end an idle connection, finish what is under way, and cut it when that takes too long."""
        self._is_stopping = True
        if self.cycle is None or self.cycle.response_complete:
            self._end(linger=False)
        else:
            self.cycle.keep_alive = False
            self.loop.call_later(self.bounds.cut_seconds, self._cut)

    def _cut(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.answer(Problem("SERVICE_UNAVAILABLE", "The server restarts.", hint="Send the request again."))

    def _reject(self, problem: Problem) -> None:
        """Answer what never became a request."""
        metrics.http_rejected.labels(problem.status).inc()
        log.debug("a connection was refused", status=problem.status, reason=problem.detail)
        self.transport.write(written(problem, self.server_state.default_headers))
        self._end(linger=True)

    def _end(self, *, linger: bool) -> None:
        """Close once everything written is sent, or after a while without that.

        The system answers what arrives at a closed connection with a reset, which may overtake what was written: a
        client that may still be sending is heard out for a moment.
        """
        self._is_over = True
        self._buffer.clear()
        if linger and not (self._is_heard_out or self.transport.is_closing()) and self.transport.can_write_eof():
            self._is_lingering = True
            self.transport.write_eof()
            self.transport.resume_reading()
            self._wait(self.bounds.linger_seconds)
        else:
            self._is_lingering = False
            self.transport.close()
            self._wait(self.bounds.close_seconds)

    # -- what an exchange writes through: the part of a transport it needs ---------------------------------------------

    def write(self, data: bytes) -> None:
        """Write to the client."""
        self.transport.write(data)

    def is_closing(self) -> bool:
        """Whether the connection is ending."""
        return self._is_over or self.transport.is_closing()

    def close(self) -> None:
        """End the connection after this answer."""
        self._end(linger=not self._is_stopping)

    # -- time ----------------------------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        """Give the client so long for what is due from it. An alarm that rings sooner anyway is left to look again."""
        self._deadline = self.loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self.loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._deadline > self.loop.time():
            if self._deadline < math.inf:
                self._alarm = self.loop.call_at(self._deadline, self._ring)
        elif self._is_lingering:
            self._end(linger=False)
        elif self._is_over:
            self.transport.abort()
        elif self.cycle is not None:
            self._fail(Problem("REQUEST_TIMEOUT", "The body did not arrive in time."))
        elif self._buffer:
            self._reject(Problem("REQUEST_TIMEOUT", "The header fields did not arrive in time."))
        else:
            self._end(linger=False)

    def _silence(self) -> None:
        for alarm in (self._alarm, self._unread_alarm):
            if alarm is not None:
                alarm.cancel()
        self._alarm = self._unread_alarm = None

    def pause_writing(self) -> None:
        """The client takes no more at this moment: it has so long to go on."""
        super().pause_writing()
        if self._unread_alarm is None:
            self._unread_alarm = self.loop.call_later(self.bounds.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """The client takes what is written, so its next request may be read."""
        super().resume_writing()
        if self._unread_alarm is not None:
            self._unread_alarm.cancel()
            self._unread_alarm = None
        self._read_on()

    # -- reading -------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what arrives, and read as much of it as may be read now."""
        if not self._is_over:
            self._buffer += data
            self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for it; None keeps nothing
        """The client sends nothing more: answer what is under way, and end. Half a request is none.

        True keeps the connection. Nothing waits unread here: what may not be read yet is not taken from the system.
        """
        self._is_heard_out = True
        if self.cycle is None or self.cycle.response_complete:
            return False
        if self.cycle.more_body and not self._is_over:
            self._deadline = math.inf
            self.cycle.fail(Problem("BAD_REQUEST", "The connection ended before the request did."))
        self.cycle.keep_alive = False
        return True

    def _read_on(self) -> None:
        if not self.is_closing() and not self.flow.write_paused:
            self.transport.resume_reading()
            self._parse()

    def _parse(self) -> None:
        try:
            while self._buffer and not self._is_over and self._take():
                pass
        except Refused as refused:
            self._fail(refused.problem)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._fail(cause.problem if isinstance(cause, Refused) else Problem("BAD_REQUEST", f"{error}."))
        else:
            self._watch()

    def _take(self) -> bool:
        """Give the parser a part of what has arrived that ends no later than a request does; False without one."""
        exchange = self.cycle
        if exchange is None:
            return not self.flow.write_paused and self._take_head()
        if not exchange.more_body:
            return False
        # A chunked body ends with an empty line: what ends with one may be its end, and nothing else can be.
        if exchange.left is not None:
            size = min(exchange.left, len(self._buffer))
            exchange.left -= size
        elif (found := self._buffer.find(_END)) >= 0:
            size = found + len(_END)
        else:
            size = len(self._buffer) - len(_END) + 1
        if size <= 0:
            return False
        exchange.taken += size
        if exchange.taken > self.bounds.body_bytes:
            raise Refused("PAYLOAD_TOO_LARGE")
        self._feed(size)
        return True

    def _take_head(self) -> bool:
        while self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]
        found = self._buffer.find(_END, max(0, self._searched - len(_END)))
        size = found + len(_END) if found >= 0 else len(self._buffer)
        line = self._buffer.find(b"\r\n", 0, self.bounds.request_line_bytes)
        if line < 0 and size > self.bounds.request_line_bytes:
            raise Refused("URI_TOO_LONG")
        if size > self.bounds.head_bytes or self._buffer.count(b"\r\n", 0, size) > self.bounds.fields + 2:
            raise Refused("HEADERS_TOO_LARGE")
        if found < 0:
            self._require_hope(line)
            return False
        self._judge_request_line()
        self._ignore_upgrade(size)
        self._searched = 0
        self._deadline = math.inf
        self._feed(size)
        return True

    def _require_hope(self, line: int) -> None:
        """Refuse half a head that can't become right, rather than wait for the rest of it."""
        if (
            (self._buffer and not _TOKEN.match(self._buffer))
            or (line >= 0 and not _REQUEST_LINE.match(self._buffer))
            or _BARE_LINE_FEED.search(self._buffer)
        ):
            raise Refused("BAD_REQUEST", "That is no HTTP/1.1 request.")

    def _judge_request_line(self) -> None:
        found = _REQUEST_LINE.match(self._buffer)
        if found is None:
            raise Refused("BAD_REQUEST", "The first line is not the one of an HTTP/1.1 request.")
        method, target, version = found.groups()
        if version not in (b"1.1", b"1.0"):
            raise Refused("HTTP_VERSION_NOT_SUPPORTED")
        if method not in _METHODS:
            raise Refused("NOT_IMPLEMENTED")
        if not _TARGET.fullmatch(target) and not (target == _SERVER_WIDE and method == b"OPTIONS"):
            raise Refused("BAD_REQUEST", "The request names no path of this server.")

    def _ignore_upgrade(self, size: int) -> None:
        """Rename an Upgrade to whatever is no WebSocket: the parser would skip the body, and what comes after it."""
        asked = [protocol.lower() for protocol in _UPGRADE.findall(self._buffer, 0, size)]
        is_handshake = asked == [b"websocket"] and _GET.match(self._buffer) and self.ws_protocol_class
        if asked and not is_handshake:
            self._buffer[:size] = _UPGRADE.sub(_NO_UPGRADE, self._buffer[:size])

    def _feed(self, size: int) -> None:
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.parser.feed_data(part)

    def _watch(self) -> None:
        """Say until when the client must have gone on, and whether it may send more for now."""
        if self._is_over:
            return
        if self.cycle is not None and self.cycle.more_body:
            if self._deadline == math.inf:
                self._wait(self.bounds.body_seconds)
        elif not self._buffer:
            return
        elif self.cycle is not None or self.flow.write_paused:
            self.transport.pause_reading()  # until the answer under way is complete, and taken
        else:
            if not self._searched:
                self._wait(min(self.bounds.head_seconds, self._deadline - self.loop.time()))
            self._searched = len(self._buffer)

    def _fail(self, problem: Problem) -> None:
        """Refuse what the client sends: nothing more of it can be understood."""
        if self.cycle is None:
            self._reject(problem)
        elif self.cycle.response_complete:
            self._end(linger=True)
        else:
            self._is_over = True
            self._buffer.clear()
            metrics.http_rejected.labels(problem.status).inc()
            self.cycle.fail(problem)

    # -- what the parser found -----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._hosts = []
        self._codings = []
        self._length = 0
        self._expectation = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field. One that comes after the body is nobody's: it would pass for a checked one."""
        if self.cycle is not None:
            return
        if len(name) + len(value) > self.bounds.field_bytes:
            raise Refused("HEADERS_TOO_LARGE")
        name = name.lower()
        if name == b"host":
            self._hosts.append(value)
        elif name == b"transfer-encoding":
            self._codings += [coding.strip() for coding in value.lower().split(b",")]
        elif name == b"content-length":
            self._length = int(value)
        elif name == b"expect":
            self._expectation = value.lower()
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head, and have the app begin with the request; its body may still be on its way."""
        is_1_0 = self.parser.get_http_version() == "1.0"
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self._judge_head(is_1_0=is_1_0)
        self._read_target()
        if self.parser.should_upgrade():
            if self._length or self._codings:
                raise Refused("BAD_REQUEST", "A request for another protocol has no body.")
            return
        if is_1_0:
            self.scope["http_version"] = "1.0"
        path, _, query = self.url.partition(b"?")
        # The seam for a request that is answered without the app: it is known here, and whole in on_message_complete.
        self.scope["raw_path"] = self.root_path.encode("ascii") + path
        self.scope["path"] = self.root_path + urllib.parse.unquote(path.decode("ascii"))
        self.scope["query_string"] = query
        self.cycle = Exchange(
            scope=self.scope,
            transport=self,  # type: ignore[arg-type]  # the part of one that an exchange uses
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=bool(self._expectation) and not is_1_0,
            keep_alive=not (is_1_0 or self._length > self.bounds.body_bytes) and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        self.cycle.left = None if self._codings else self._length
        self._start_asgi_task(self.cycle, self.app)

    def _judge_head(self, *, is_1_0: bool) -> None:
        if len(self._hosts) > 1 or (not self._hosts and not is_1_0):
            raise Refused("BAD_REQUEST", "A request has one Host.")
        if self._hosts and not _HOST.fullmatch(self._hosts[0]):
            raise Refused("BAD_REQUEST", "The Host is none.")
        if self._codings:
            if is_1_0 or self._codings[-1] != b"chunked":
                raise Refused("BAD_REQUEST", "The body's end can't be told from its Transfer-Encoding.")
            if len(self._codings) > 1:
                raise Refused("NOT_IMPLEMENTED", "The server knows no transfer coding but chunked.")
        if self._expectation and self._expectation != b"100-continue" and not is_1_0:
            raise Refused("EXPECTATION_FAILED")

    def _read_target(self) -> None:
        """Keep the path of an absolute target, whose authority stands for the Host."""
        found = _TARGET.fullmatch(self.url)
        if found is None or found["authority"] is None:
            return
        if not _HOST.fullmatch(found["authority"]):
            raise Refused("BAD_REQUEST", "The request's authority is none.")
        path: bytes = found["path"]
        self.url = path if path.startswith(b"/") else b"/" + path
        self.headers[:] = [(name, found["authority"] if name == b"host" else value) for name, value in self.headers]

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; what nobody waits for any more is dropped."""
        exchange = self.cycle
        assert exchange is not None, "a body follows a head"
        if exchange.left is None:
            exchange.chunks += 1
            if exchange.chunks > self.bounds.chunks:
                raise Refused("PAYLOAD_TOO_LARGE")
        exchange.waiting_for_100_continue = False
        if exchange.response_complete:
            return
        exchange.body += body
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        exchange.message_event.set()

    def on_message_complete(self) -> None:
        """The request is here as a whole."""
        exchange = self.cycle
        if exchange is None:
            return  # the handshake of a WebSocket
        exchange.more_body = False
        exchange.message_event.set()
        self._deadline = math.inf
        if exchange.response_complete:
            self._await_next()

    def on_response_complete(self) -> None:
        """The answer is written: go on with what has arrived meanwhile."""
        self.server_state.total_requests += 1
        if self.is_closing() or self.cycle is None:
            return
        self.flow.resume_reading()
        if not self.cycle.more_body:
            self._await_next()
            self._read_on()

    def _await_next(self) -> None:
        self.cycle = None
        self._wait(self.bounds.idle_seconds)

    def _upgrade(self) -> None:
        protocol = self.ws_protocol_class(  # type: ignore[call-arg, misc]
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        lines = [b"GET ", self.url, b" HTTP/1.1\r\n", *(b"%b: %b\r\n" % field for field in self.headers), b"\r\n"]
        rest = bytes(self._buffer)
        self._is_over = True
        self._silence()
        self.connections.discard(self)
        if isinstance(protocol, SocketProtocol):
            protocol.peer = self._peer
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join(lines))
        self.transport.set_protocol(protocol)
        if rest:
            protocol.data_received(rest)


def written(problem: Problem, default_headers: list[tuple[bytes, bytes]], *, is_head: bool = False) -> bytes:
    """Write an answer that no app gave, after which the connection ends."""
    request_id = secrets.token_hex(16)
    body = msgspec.json.encode(problem.details(request_id))
    headers = {
        **SECURITY_HEADERS,
        **problem.headers,
        "Content-Type": PROBLEM_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-ID": request_id,
        "Connection": "close",
    }
    fields = [*default_headers, *((name.lower().encode(), value.encode()) for name, value in headers.items())]
    head = STATUS_LINE[problem.status] + b"".join(b"%b: %b\r\n" % field for field in fields)
    return head + b"\r\n" + (b"" if is_head else body)
