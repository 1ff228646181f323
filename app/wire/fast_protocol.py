"""The HTTP protocol with a fast path: some requests are answered without the app, all others as without a fast path."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from app.wire.fast_path import FAST_PATH, LONGEST_KNOWN_HEAD, FastExchange, FastPath, FastRequest, OrdinaryHead
from app.wire.http_protocol import HttpProtocol
from app.wire.request_head import HeadFields


class FastProtocol(HttpProtocol):
    """One HTTP connection of an app that may have a fast path.

    A head is always judged by the rules of HttpProtocol. Bytes that are exactly a head that was judged before mean the
    same again, and are not judged twice. In whatever way a request is answered, it is the one request that the
    connection holds, with the same limits, and what comes after it waits.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._fast_path: FastPath | None = app_state.get(FAST_PATH)
        self._known: Mapping[bytes, FastRequest] = {} if self._fast_path is None else self._fast_path.known
        self._ordinary: Mapping[bytes, OrdinaryHead] = {} if self._fast_path is None else self._fast_path.ordinary
        self._exchange: FastExchange | None = None
        self._asked: FastRequest | None = None
        """What the head that is being read asks of a fast route."""
        self._may_be_known = False
        """Whether the head that is being read says all that it will say when it comes again."""
        self._is_given_up = False
        """Whether the head that is read next was read before: then a fast route gave it up."""

    def data_received(self, data: bytes) -> None:
        """Take what arrives; what is exactly a head that is known needs no reading."""
        is_ready = self.cycle is None and not (self._buffer or self._is_over or self.flow.write_paused)
        if is_ready and len(data) <= LONGEST_KNOWN_HEAD:
            if (asked := self._known.get(data)) is not None:
                self._alarm.lift()
                self._ask(asked, data)
                return
            if (head := self._ordinary.get(data)) is not None:
                self._alarm.lift()
                self._begin_again(head)
                return
        super().data_received(data)

    def _begin_again(self, head: OrdinaryHead) -> None:
        self.url, self.headers = head.target, head.headers.copy()
        exchange = self._start("GET", is_1_0=False, awaits_100=False, keep_alive=True)
        exchange.more_body = False
        exchange.message_event.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._exchange = None  # it refers to this protocol: a circle, which would be freed late

    def _upgrade(self) -> None:
        self._exchange = None
        super()._upgrade()

    def _begin(self, fields: HeadFields, *, is_1_0: bool) -> None:
        """A fast route may answer a whole request without a body, on a connection that goes on."""
        is_given_up, self._is_given_up = self._is_given_up, False
        self._may_be_known = False
        may_be_fast = not (is_given_up or is_1_0 or fields.has_body) and self.parser.should_keep_alive()
        if self._fast_path is not None and may_be_fast:
            method = self.parser.get_method()
            self._asked = self._fast_path.read(method, self.url, self.headers)
            self._may_be_known = self._asked is None and method == b"GET"
        if self._asked is None:
            super()._begin(fields, is_1_0=is_1_0)

    def _feed(self, size: int) -> bytes:
        part = super()._feed(size)
        asked, self._asked = self._asked, None
        may_be_known, self._may_be_known = self._may_be_known, False
        if self._fast_path is None:
            return part
        if asked is not None:
            self._fast_path.remember(part, asked)
            self._ask(asked, part)
        elif may_be_known:
            self._fast_path.remember_ordinary(part, self.url, self.headers)
        return part

    def _ask(self, asked: FastRequest, head: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            assert self._fast_path is not None, "one of its routes is asked"
            exchange = self._exchange = FastExchange(self, self._fast_path)
        exchange.head = head
        exchange.response_complete = False
        exchange.started = perf_counter()
        self.cycle = exchange  # type: ignore[assignment]  # all that the protocol needs of a request without a body
        if not asked.begin(exchange):
            exchange.give_up()

    def end_exchange(self) -> None:
        """The answer of a fast route is written, and the connection goes on."""
        self.server_state.total_requests += 1
        self.cycle = None
        self._alarm.set(self.bounds.idle_seconds)
        if self._buffer:
            self._read_on()

    def start_again(self, head: bytes) -> None:
        """Have the app answer a request that its fast route gave up."""
        self.cycle = None
        self._is_given_up = True
        self._buffer[:0] = head
        self._parse()
