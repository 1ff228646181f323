"""One request and its answer, and the answer that the server gives where no app does."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from uvicorn._types import ASGI3Application, ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

from app.problems import PROBLEM_TYPE, Problem
from app.wire import request_ids
from app.wire.headers import SECURITY_HEADERS, ServerLines, security_lines
from app.wire.request_head import EMPTY_LINE, RefusedRequest

END_OF_STREAM = "halobestie.end_of_stream"
"""Where in the scope of its request a stream leaves what ends it: a function without arguments."""

HEADERS_SO_FAR = "halobestie.headers_so_far"
"""Where in the scope of its request an app leaves what gives the headers of its answer so far: likewise."""

CLIENT_IS_GONE = "halobestie.client_is_gone"
"""What the scope of a request has when its client went before the answer was written whole: nobody reads on."""

_KEPT = ("x-request-id", "access-control-allow-origin", "access-control-expose-headers")
"""Headers of the app's answer that an answer in its place has, too."""

_server_lines = ServerLines()


class Exchange(RequestResponseCycle):
    """One request and its answer."""

    problem: Problem | None = None
    """Why the rest of the request will not come."""

    left: int | None = None
    """How many bytes of the body are still to come; None when the body itself says where it ends."""

    taken = 0
    """How many bytes of the body have come, as they were sent."""

    chunks = 0
    """In how many chunks they came."""

    def next_part(self, received: bytearray, *, most: int) -> int:
        """How many of the bytes received may be read now as body: none that comes after the request.

        Refuses a body of more than `most` bytes.
        """
        # A chunked body ends with an empty line, so a part may end with an empty line, or has to end before any.
        if self.left is not None:
            size = min(self.left, len(received))
            self.left -= size
        elif (end := received.find(EMPTY_LINE)) >= 0:
            size = end + len(EMPTY_LINE)
        else:
            size = max(0, len(received) - len(EMPTY_LINE) + 1)
        self.taken += size
        if self.taken > most:
            raise RefusedRequest("PAYLOAD_TOO_LARGE")
        return size

    def count_chunk(self, *, most: int) -> None:
        """Count a chunk of the body. Refuses more than `most`."""
        if self.left is None:
            self.chunks += 1
            if self.chunks > most:
                raise RefusedRequest("PAYLOAD_TOO_LARGE")

    def fail(self, problem: Problem) -> None:
        """Tell the app that the rest of the request will not come: its next `receive` raises the problem."""
        self.keep_alive = False
        self.problem = problem
        self.message_event.set()

    def end_stream(self) -> None:
        """Have the app end an answer that would never end by itself; it leaves in the scope what ends it."""
        end: Any = self.scope.get(END_OF_STREAM)
        if end is not None:
            end()

    def tell_gone(self) -> None:
        """The client is gone: end what waits for it, and tell the app."""
        if not self.response_complete:
            self._throw_away()
        self.message_event.set()

    async def run_asgi(self, app: ASGI3Application) -> None:
        """Run the app. A body that breaks off before the app begins is answered here: the app can't do it yet."""

        async def begun(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except Problem as problem:
                if self.response_started or problem.is_fault:
                    raise
                if not self.disconnected:
                    self.answer(problem)

        await super().run_asgi(begun)

    async def receive(self) -> ASGIReceiveEvent:
        """Give the next part of the body. Raises Problem when it will not come: half a body counts as no body."""
        message = await super().receive() if self.problem is None else None
        if self.more_body and not self.response_complete:
            if self.problem is not None:
                raise self.problem
            if self.disconnected:
                raise Problem("BAD_REQUEST", "The connection ended before the request did.")
        return message or {"type": "http.disconnect"}

    async def send(self, message: ASGISendEvent) -> None:
        """Send a part of the answer.

        A client that still waits for `100 Continue` may send its body after the answer or leave it out, so this
        connection takes no further request.
        """
        if self.waiting_for_100_continue:
            self.keep_alive = False
        if message["type"] != "http.response.start" or self.response_started or self.disconnected:
            await super().send(message)
        elif self.flow.write_paused:
            await self.flow.drain()
            await self.send(message)
        else:
            self._start(message["status"], message.get("headers", ()))

    def _start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Write the head of the answer; the library's way of it searches each name and each value by itself."""
        fields = [(name.lower(), value) for name, value in headers]
        given = dict(fields)
        if HEADER_RE.search(b"".join(given)):
            raise RuntimeError("A header's name is none.")
        if HEADER_VALUE_RE.search(b"".join([value for _, value in fields])):
            raise RuntimeError("A header's value is none.")
        if b"transfer-encoding" in given or b"connection" in given:
            raise RuntimeError("The server itself says how an answer is sent, and whether it is the last.")
        self.response_started = True
        self.waiting_for_100_continue = False
        length = given.get(b"content-length")
        if length is not None:
            self.expected_content_length = int(length)
            self.chunked_encoding = False
        lines = [STATUS_LINE[status], _server_lines.of(self.default_headers), security_lines(given)]
        lines += [b"%b: %b\r\n" % field for field in fields]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        if length is None and self.scope["method"] != "HEAD" and status not in (204, 304):
            self.chunked_encoding = True
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self.transport.write(b"".join(lines))

    async def send_500_response(self) -> None:
        """Answer in place of an app that failed without an answer."""
        self.answer(Problem("INTERNAL_ERROR"))

    def answer(self, problem: Problem) -> None:
        """Answer in place of the app, now; whatever the app sends afterwards is thrown away."""
        if not self.response_started:
            is_head = self.scope["method"] == "HEAD"
            so_far: Any = self.scope.get(HEADERS_SO_FAR)
            given = {} if so_far is None else so_far()
            kept = {name: given[name] for name in _KEPT if name in given}
            self.transport.write(written(problem, self.default_headers, kept, is_head=is_head))
        self._throw_away()
        self.response_started = self.response_complete = True
        self.message_event.set()
        self.transport.close()

    def _throw_away(self) -> None:
        """Write no more of what the app sends, and let the app know."""
        self.disconnected = True
        scope: Any = self.scope
        scope[CLIENT_IS_GONE] = True


def written(
    problem: Problem,
    default_headers: list[tuple[bytes, bytes]],
    kept: Mapping[str, str] = MappingProxyType({}),
    *,
    is_head: bool = False,
) -> bytes:
    """Write the bytes of an answer that no app gave, and after which the connection ends.

    `kept` are headers that the app would have given, the request's id perhaps among them.
    """
    request_id = kept.get("x-request-id") or request_ids.new()
    body = msgspec.json.encode(problem.details(request_id))
    headers = {
        **SECURITY_HEADERS,
        **problem.headers,
        "Content-Type": PROBLEM_TYPE,
        "Content-Length": str(len(body)),
        **kept,
        "x-request-id": request_id,
        "Connection": "close",
    }
    fields = [*default_headers, *((name.lower().encode(), value.encode()) for name, value in headers.items())]
    head = STATUS_LINE[problem.status] + b"".join(b"%b: %b\r\n" % field for field in fields)
    return head + b"\r\n" + (b"" if is_head else body)
