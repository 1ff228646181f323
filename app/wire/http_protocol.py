"""Uvicorn's HTTP protocol with bounds on what one connection may cost in memory and in time.

Uvicorn feeds the parser whatever arrives, and queues the requests that it finds. Here a request is read only when the
answer to the request before it is complete and the client has taken it, so a connection holds one request and one
answer. What is refused (app.wire.request_head has the rules for a head) is answered as problem+json, like every other
refusal.
"""

import asyncio
import socket
import urllib.parse
from typing import Any

import httptools
import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.observability import metrics
from app.problems import Problem
from app.wire import connection_limits
from app.wire.alarm import Alarm
from app.wire.bounds import Bounds
from app.wire.exchange import Exchange, written
from app.wire.request_head import HeadFields, RefusedRequest, find_head, split_target
from app.wire.socket_protocol import SocketProtocol

log = structlog.get_logger(__name__)


class HttpProtocol(HttpToolsProtocol):
    """One HTTP connection of either app."""

    bounds = Bounds()

    cycle: Exchange | None  # type: ignore[assignment]
    """The request that is being read or answered; None between two requests."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._buffer = bytearray()
        """What has arrived and was not read: it may not be read yet, or it is only half of something."""
        self._searched = 0
        """How many bytes of the buffer were searched for the end of a head."""
        self._is_over = False
        """Whether everything else that arrives is thrown away: the connection is ending, or was handed over."""
        self._is_lingering = False
        """Whether what a refused client still sends is read, only so that it can read the answer."""
        self._is_stopping = False
        self._has_client_finished = False
        """Whether the client has said that it sends nothing more; it may still read."""
        self._alarm = Alarm(self.loop, self._run_out)
        self._unread_alarm = Alarm(self.loop, lambda: self.transport.abort())
        self._peer: str | None = None

    # -- a connection's beginning and end ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless too many connections are open."""
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.bounds.kernel_bytes)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.bounds.kernel_bytes)
        self._peer = connection_limits.public_peer(self.client and self.client[0])
        if connection_limits.enter(self._peer) and len(self.connections) <= connection_limits.most_connections():
            self._alarm.set(self.bounds.head_seconds)
        else:
            self._reject(Problem("SERVICE_UNAVAILABLE", "Too many connections are open."))

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and forget everything that refers to this connection."""
        if self.cycle is not None:
            self.cycle.tell_gone()
        self.cycle = None  # it refers to this protocol: a circle, which would be freed late
        super().connection_lost(exc)
        connection_limits.leave(self._peer)
        self._is_over = True
        self._buffer.clear()
        self._alarm.end()
        self._unread_alarm.end()

    def shutdown(self) -> None:
        """The server stops: end an idle connection, finish a request, and cut it off when that takes too long."""
        self._is_stopping = True
        if self.cycle is None or self.cycle.response_complete:
            self._end(linger=False)
        else:
            self.cycle.keep_alive = False
            self.cycle.end_stream()
            self.loop.call_later(self.bounds.cut_seconds, self._cut_off)

    def _cut_off(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.answer(Problem("SERVICE_UNAVAILABLE", "The server restarts.", hint="Send the request again."))

    def _reject(self, problem: Problem) -> None:
        """Answer what never became a request."""
        metrics.http_rejected.labels(problem.status).inc()
        log.debug("connection_refused", status=problem.status, reason=problem.detail)
        self.transport.write(written(problem, self.server_state.default_headers))
        self._end(linger=True)

    def _end(self, *, linger: bool) -> None:
        """Close once everything written is sent, or after `close_seconds` without that.

        The operating system answers what arrives at a closed connection with a reset, and the reset may arrive before
        the answer. So with `linger`, what the client still sends is read for a moment before the connection closes.
        """
        self._is_over = True
        self._buffer.clear()
        if linger and not (self._has_client_finished or self.transport.is_closing()) and self.transport.can_write_eof():
            self._is_lingering = True
            self.transport.write_eof()
            self.transport.resume_reading()
            self._alarm.set(self.bounds.linger_seconds)
        else:
            self._is_lingering = False
            self.transport.close()
            self._alarm.set(self.bounds.close_seconds)

    # -- what an exchange writes through: the part of a transport that it needs ----------------------------------------

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

    def _run_out(self) -> None:
        """The client had its time for what it had to do next."""
        if self._is_lingering:
            self._end(linger=False)
        elif self._is_over:
            self.transport.abort()
        elif self.cycle is not None:
            self._fail(Problem("REQUEST_TIMEOUT", "The body did not arrive in time."))
        elif self._buffer:
            self._reject(Problem("REQUEST_TIMEOUT", "The header fields did not arrive in time."))
        else:
            self._end(linger=False)

    def pause_writing(self) -> None:
        """The client takes no more at this moment: cut the connection unless it reads on within `unread_seconds`."""
        super().pause_writing()
        if not self._unread_alarm.is_set:
            self._unread_alarm.set(self.bounds.unread_seconds)

    def resume_writing(self) -> None:
        """The client takes what is written, so its next request may be read."""
        super().resume_writing()
        self._unread_alarm.lift()
        self._read_on()

    # -- reading -------------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what arrives, and read as much of it as may be read now."""
        if not self._is_over:
            self._buffer += data
            self._parse()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks for it; None keeps nothing
        """The client sends nothing more: answer the request that is being served, and end. Half a request is none.

        True keeps the connection open. The buffer holds no further request here: while no request may be read, none is
        taken from the operating system, and so neither is the end.
        """
        self._has_client_finished = True
        if self.cycle is None or self.cycle.response_complete:
            return False
        if self.cycle.more_body and not self._is_over:
            self._alarm.lift()
            self.cycle.fail(Problem("BAD_REQUEST", "The connection ended before the request did."))
        self.cycle.keep_alive = False
        return True

    def _read_on(self) -> None:
        if not self.is_closing() and not self.flow.write_paused:
            self.transport.resume_reading()
            self._parse()

    def _parse(self) -> None:
        try:
            while self._buffer and not self._is_over and self._feed_next_part():
                pass
        except RefusedRequest as refused:
            self._fail(refused.problem)
        except httptools.HttpParserUpgrade:
            self._upgrade()
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._fail(cause.problem if isinstance(cause, RefusedRequest) else Problem("BAD_REQUEST", f"{error}."))
        else:
            self._limit_client()

    def _feed_next_part(self) -> bool:
        """Give the parser a part of the buffer that ends no later than a request does; False when there is none."""
        exchange = self.cycle
        if exchange is None:
            return not self.flow.write_paused and self._feed_head()
        if not exchange.more_body:
            return False
        size = exchange.next_part(self._buffer, most=self.bounds.body_bytes)
        if not size:
            return False
        self._feed(size)
        return True

    def _feed_head(self) -> bool:
        takes_sockets = self.ws_protocol_class is not None
        size = find_head(self._buffer, self._searched, self.bounds, takes_sockets=takes_sockets)
        if not size:
            return False
        self._searched = 0
        self._alarm.lift()
        self._feed(size)
        return True

    def _feed(self, size: int) -> bytes:
        if size == len(self._buffer):
            part = bytes(self._buffer)
            self._buffer.clear()
        else:
            part = bytes(self._buffer[:size])
            del self._buffer[:size]
        self.parser.feed_data(part)
        return part

    def _limit_client(self) -> None:
        """Set the time by which the client must send the rest of a request, and whether it may send more for now."""
        if self._is_over:
            return
        if self.cycle is not None and self.cycle.more_body:
            if not self._alarm.is_set:
                self._alarm.set(self.bounds.body_seconds)
        elif not self._buffer:
            return
        elif self.cycle is not None or self.flow.write_paused:
            self.transport.pause_reading()  # until the present answer is complete, and the client has taken it
        else:
            if not self._searched:
                self._alarm.set(min(self.bounds.head_seconds, self._alarm.seconds_left()))
            self._searched = len(self._buffer)

    def _fail(self, problem: Problem) -> None:
        """Refuse what the client sends: nothing that comes after it can be understood."""
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
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field; drop a field after the body, for the head was judged without it."""
        if self.cycle is None:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head, and begin with the request; its body may still be on its way."""
        fields = HeadFields(self.headers, most_bytes=self.bounds.field_bytes)
        is_1_0 = self.parser.get_http_version() == "1.0"
        fields.judge(is_1_0=is_1_0)
        self._read_target()
        if self.parser.should_upgrade():
            if fields.length or fields.is_chunked:
                raise RefusedRequest("BAD_REQUEST", "A request for another protocol has no body.")
            return
        self._begin(fields, is_1_0=is_1_0)

    def _begin(self, fields: HeadFields, *, is_1_0: bool) -> None:
        """Have the app begin with a request whose head was judged."""
        self._start(
            self.parser.get_method().decode("ascii"),
            is_1_0=is_1_0,
            awaits_100=bool(fields.expectation) and not is_1_0,
            keep_alive=self.parser.should_keep_alive() and not (is_1_0 or fields.length > self.bounds.body_bytes),
        ).left = None if fields.is_chunked else fields.length

    def _start(self, method: str, *, is_1_0: bool, awaits_100: bool, keep_alive: bool) -> Exchange:
        """Have the app begin with the request that `url` and `headers` hold."""
        path, _, query = self.url.partition(b"?")
        self.scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.0" if is_1_0 else "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme or "http",
            "method": method,
            "root_path": self.root_path,
            "path": self.root_path + urllib.parse.unquote(path.decode("ascii")),
            "raw_path": self.root_path.encode("ascii") + path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
        }
        exchange = self.cycle = Exchange(
            self.scope,
            transport=self,  # type: ignore[arg-type]  # the part of a transport that an exchange uses
            flow=self.flow,
            logger=self.logger, access_logger=self.access_logger, access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=awaits_100,
            keep_alive=keep_alive and not (self._is_stopping or self._has_client_finished),
            on_response=self.on_response_complete,
        )  # fmt: skip
        self._start_asgi_task(exchange, self.app)
        return exchange

    def _read_target(self) -> None:
        authority, self.url = split_target(self.url)
        if authority is not None:
            self.headers[:] = [(name, authority if name == b"host" else value) for name, value in self.headers]

    def on_body(self, body: bytes) -> None:
        """Take a part of the body; drop it when the answer is complete already."""
        exchange = self.cycle
        assert exchange is not None, "a body follows a head"
        exchange.count_chunk(most=self.bounds.chunks)
        exchange.waiting_for_100_continue = False
        if exchange.response_complete:
            return
        exchange.body += body
        if len(exchange.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        exchange.message_event.set()

    def on_message_complete(self) -> None:
        """The whole request is here."""
        exchange = self.cycle
        if exchange is None:
            return  # the handshake of a WebSocket
        exchange.more_body = False
        exchange.message_event.set()
        self._alarm.lift()
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
            if self._buffer:  # otherwise there is nothing to read, and reading was not paused
                self._read_on()

    def _await_next(self) -> None:
        self.cycle = None
        self._alarm.set(self.bounds.idle_seconds)

    def _upgrade(self) -> None:
        """Hand the connection over to the WebSocket protocol, with the handshake that was read and what follows it."""
        protocol = self.ws_protocol_class(  # type: ignore[call-arg, misc]
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        lines = [b"GET ", self.url, b" HTTP/1.1\r\n", *(b"%b: %b\r\n" % field for field in self.headers), b"\r\n"]
        rest = bytes(self._buffer)
        self._is_over = True
        self._alarm.end()
        self._unread_alarm.end()
        self.connections.discard(self)
        if isinstance(protocol, SocketProtocol):
            protocol.peer = self._peer
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join(lines))
        self.transport.set_protocol(protocol)
        if rest:
            protocol.data_received(rest)
