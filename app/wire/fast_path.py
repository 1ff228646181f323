"""The fast path: a way past the app for routes that are asked so often that the app would be most of their cost.

The protocol reads a request's head by its own rules. When the request is one that a fast route can answer, the route is
asked instead of the app. It may always say that the app has to answer: then the head is read once more, and everything
is as if there were no fast path.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.problems import Problem
from app.wire import request_ids
from app.wire.exchange import written
from app.wire.headers import ServerLines

if TYPE_CHECKING:
    from app.wire.fast_protocol import FastProtocol

FAST_PATH = "halobestie.fast_path"
"""Where in the lifespan's state an app leaves its fast path."""

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields, their names in lower case."""

KNOWN_HEADS = 16_384
"""Of fast routes; as many others are noted when they come for the first time."""

ORDINARY_HEADS = 4_096
ORDINARY_FIELDS = 32
"""In memory each field takes a hundred bytes more than on the way: no app sends so many, but a stranger may."""

LONGEST_KNOWN_HEAD = 1_024

OF_ONE_REQUEST = frozenset({request_ids.HEADER.lower().encode(), b"traceparent", b"if-none-match"})
"""Headers that differ from request to request: a head with one of them hardly comes again."""


class FastRequest(Protocol):
    """What a head asks of a fast route."""

    is_repeatable: bool
    """Whether the same bytes ask the same again, so that they need not be read again."""

    def begin(self, exchange: "FastExchange") -> bool:
        """Answer the exchange, now or later, or give it up later; False: the app has to answer."""


class FastRoute(Protocol):
    """One method of one route that may be answered without the app."""

    def read(self, fields: Fields) -> FastRequest | None:
        """What a request without a body asks; None: the app has to answer."""


class OrdinaryHead(NamedTuple):
    """What a head said that the app answers: a GET without a body, on a connection that goes on."""

    target: bytes
    headers: list[tuple[bytes, bytes]]


class FastPath:
    """The fast routes of an app, and the heads that were read: the same bytes mean the same."""

    def __init__(self, routes: Mapping[tuple[bytes, bytes], FastRoute]) -> None:
        """`routes` are named by method and target."""
        self._routes = routes
        self.known: dict[bytes, FastRequest] = {}
        """What the heads ask that were read before, of at most LONGEST_KNOWN_HEAD bytes."""
        self.ordinary: dict[bytes, OrdinaryHead] = {}
        """Other heads that came at least twice, with what they said."""
        self._came_once: set[int] = set()
        self.server_lines = ServerLines()

    def read(self, method: bytes, target: bytes, fields: Fields) -> FastRequest | None:
        """What a request without a body asks of a fast route; None: the app has to answer."""
        route = self._routes.get((method, target))
        return None if route is None else route.read(fields)

    def remember(self, head: bytes, asked: FastRequest) -> None:
        """Keep what a head asks."""
        if asked.is_repeatable and len(head) <= LONGEST_KNOWN_HEAD:
            if len(self.known) >= KNOWN_HEADS:
                self.known.clear()
            self.known[head] = asked

    def remember_ordinary(self, head: bytes, target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Keep what a head said when it comes for the second time: most never do."""
        if len(head) > LONGEST_KNOWN_HEAD or len(headers) > ORDINARY_FIELDS:
            return
        if any(name in OF_ONE_REQUEST for name, _ in headers):
            return
        name = hash(head)
        if name in self._came_once:
            if len(self.ordinary) >= ORDINARY_HEADS:
                self.ordinary.clear()
            self.ordinary[head] = OrdinaryHead(target, headers)
        else:
            if len(self._came_once) >= KNOWN_HEADS:
                self._came_once.clear()
            self._came_once.add(name)


class FastExchange:
    """One request and its answer, without the app. A connection has one after the other, so it keeps the object."""

    __slots__ = ("_fast_path", "head", "keep_alive", "protocol", "response_complete", "started")

    more_body = False

    def __init__(self, protocol: "FastProtocol", fast_path: FastPath) -> None:
        self.protocol = protocol
        self._fast_path = fast_path
        self.keep_alive = True
        """Whether the connection goes on after the answer; once it does not, no other request comes."""
        # The protocol sets the rest at each request.
        self.head: bytes
        self.response_complete: bool
        self.started: float

    def reply(self, status: int, fields: bytes, body: bytes = b"") -> bool:
        """Answer; False when nobody waits for the answer any more. Each of the `fields` ends with its line's end."""
        protocol = self.protocol
        transport = protocol.transport
        if self.response_complete or transport.is_closing():
            return False
        self.response_complete = True
        by_server = self._fast_path.server_lines.of(protocol.server_state.default_headers)
        if self.keep_alive:
            transport.write(b"".join((STATUS_LINE[status], by_server, fields, b"\r\n", body)))
            protocol.end_exchange()
        else:
            transport.write(b"".join((STATUS_LINE[status], by_server, fields, b"connection: close\r\n\r\n", body)))
            protocol.close()
            protocol.on_response_complete()
        return True

    def give_up(self) -> None:
        """Let the app answer."""
        if not (self.response_complete or self.protocol.is_closing()):
            self.protocol.start_again(self.head)

    # -- as the protocol asks of every exchange ------------------------------------------------------------------------

    def answer(self, problem: Problem) -> None:
        """Answer in place of the route, and end the connection."""
        self.response_complete = True
        self.protocol.write(written(problem, self.protocol.server_state.default_headers))
        self.protocol.close()

    def end_stream(self) -> None:
        """It is no stream."""

    def tell_gone(self) -> None:
        """The client is gone: nobody waits for the answer."""
        self.response_complete = True
