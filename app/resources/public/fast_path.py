"""Heartbeats and beacons without the framework: the same answers as those of the resources in `availability.py`.

Only the usual request is answered here. A token that was not read before, a page of another origin, a header that comes
twice, and a beat that the mirror does not confirm all go to the app.
"""

from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter, time

import msgspec

from app.auth.tokens import Tokens
from app.http.carrying import content_tag
from app.http.operation import JSON
from app.mirror.gateway import Gateway
from app.observability import metrics
from app.resources.public.availability import cache_control
from app.runtime import instant
from app.sql.mirror import Beacon
from app.wire import request_ids
from app.wire.fast_path import OF_ONE_REQUEST, FastExchange, FastPath, FastRequest, FastRoute, Fields
from app.wire.headers import security_lines
from app.wire.request_ids import request_id

BEAT = "/api/mitra/status/heartbeat"
BEACON = "/api/availability"

Header = tuple[str, str]

_ID = request_ids.HEADER.lower().encode()


def public_fast_path(gateway: Gateway, tokens: Tokens, always: Sequence[Header]) -> FastPath:
    """The fast routes of the public app; `always` are the headers that other middleware adds to each of its answers."""
    routes: Mapping[tuple[bytes, bytes], FastRoute] = {
        (b"POST", BEAT.encode()): FastHeartbeats(gateway, tokens, always),
        (b"GET", BEACON.encode()): FastBeacons(gateway, always),
    }
    return FastPath(routes)


class FastHeartbeats:
    """POST /api/mitra/status/heartbeat with a token that was read before."""

    def __init__(self, gateway: Gateway, tokens: Tokens, always: Sequence[Header]) -> None:
        self.beats = gateway.beats
        self.head = _Head(always)
        self.seconds = metrics.http_requests.labels("public", "POST", BEAT, 204)
        self._tokens = tokens

    def read(self, fields: Fields) -> FastRequest | None:
        """Who beats."""
        headers = _headers(fields)
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        claims = self._tokens.recall(token.decode("latin-1")) if scheme.lower() == b"bearer" else None
        if claims is None or claims.typ != "mitra":
            return None
        return _Beat(self, str(claims.sub), claims.exp, headers)


class _Beat:
    __slots__ = ("_expires_at", "_given_id", "_mitra_id", "_route", "is_repeatable")

    def __init__(self, route: FastHeartbeats, mitra_id: str, expires_at: int, headers: Mapping[bytes, bytes]) -> None:
        self._route = route
        self._mitra_id = mitra_id
        self._expires_at = expires_at
        self._given_id = headers.get(_ID)
        self.is_repeatable = OF_ONE_REQUEST.isdisjoint(headers)

    def begin(self, exchange: FastExchange) -> bool:
        if self._expires_at <= time():
            return False
        self._route.beats.tell(self._mitra_id, self._end, exchange)
        return True

    def _end(self, exchange: FastExchange, outcome: bool | Exception) -> None:
        route, started = self._route, exchange.started  # with its answer the exchange may begin with the next request
        if outcome is not True:
            exchange.give_up()
        elif exchange.reply(204, route.head.of(self._given_id)):
            route.seconds.observe(perf_counter() - started)


class FastBeacons:
    """GET /api/availability."""

    def __init__(self, gateway: Gateway, always: Sequence[Header]) -> None:
        self.beacons = gateway.beacons
        self.asked = {source: metrics.mirror_answers.labels("beacon", source) for source in ("valkey", "postgres")}
        self.seconds = {status: metrics.http_requests.labels("public", "GET", BEACON, status) for status in (200, 304)}
        self._always = always
        self._written: _WrittenBeacon | None = None

    def read(self, fields: Fields) -> FastRequest | None:
        """Which beacon the client knows."""
        headers = _headers(fields)
        return _Glance(self, headers) if headers else None

    def written(self, beacon: Beacon) -> "_WrittenBeacon":
        """The beacon as it is sent; all who asked together share it."""
        if self._written is None or self._written.beacon is not beacon:
            self._written = _WrittenBeacon(beacon, self._always)
        return self._written


class _WrittenBeacon:
    def __init__(self, beacon: Beacon, always: Sequence[Header]) -> None:
        self.beacon = beacon
        self.body = msgspec.json.encode(beacon)
        tag = f'"{content_tag(self.body)}"'
        self.tag = tag.encode()
        own = [("Cache-Control", cache_control(instant.read(beacon.as_of))), ("ETag", tag)]
        size = ("Content-Length", str(len(self.body)))
        self.head = _Head([*own, ("Content-Type", JSON), *always, size])
        self.unchanged = _Head([*own, *always])


class _Glance:
    __slots__ = ("_given_id", "_known", "_route", "is_repeatable")

    def __init__(self, route: FastBeacons, headers: Mapping[bytes, bytes]) -> None:
        self._route = route
        self._known = headers.get(b"if-none-match")
        self._given_id = headers.get(_ID)
        self.is_repeatable = OF_ONE_REQUEST.isdisjoint(headers)

    def begin(self, exchange: FastExchange) -> bool:
        self._route.beacons.tell(None, self._end, exchange)
        return True

    def _end(self, exchange: FastExchange, beacon: Beacon | Exception) -> None:
        if isinstance(beacon, Exception):
            exchange.give_up()
            return
        route, started = self._route, exchange.started
        written = route.written(beacon)
        if self._known is None:
            status, sent = 200, exchange.reply(200, written.head.of(self._given_id), written.body)
        elif self._known == written.tag:
            status, sent = 304, exchange.reply(304, written.unchanged.of(self._given_id))
        else:
            exchange.give_up()  # it may name several tags
            return
        if sent:
            route.asked[beacon.source].inc()
            route.seconds[status].observe(perf_counter() - started)


class _Head:
    """The header fields of an answer, in the order in which the app sends them."""

    def __init__(self, headers: Iterable[Header]) -> None:
        fields = {name.lower().encode(): value.encode("latin-1") for name, value in headers}
        self._before_id = security_lines(fields) + _ID + b": "
        self._after_id = b"\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields.items())

    def of(self, given_id: bytes | None) -> bytes:
        """The fields of the answer to a request, which may have given its id."""
        own_id = request_ids.new_bytes() if given_id is None else request_id(given_id.decode("latin-1")).encode()
        return self._before_id + own_id + self._after_id


def _headers(fields: Fields) -> dict[bytes, bytes]:
    """The header fields by name; none where the app has to answer, because one comes twice or a page asks."""
    headers = dict(fields)
    return {} if len(headers) < len(fields) or b"origin" in headers else headers
