"""Requests to the routes of the fast path, and to their neighbours: what is sent on one connection.

`{mitra}`, `{offline}`, `{deactivated}`, `{nobody}`, `{customer}`, `{expired}` and `{forged}` stand for access tokens,
`{tag}` for the tag of the present beacon.
"""

from typing import NamedTuple


class Sending(NamedTuple):
    """One connection's worth of text."""

    name: str
    sent: str
    to_app: int | None = None
    """How many of its requests reach the app when it comes again; None as without a fast path."""


BEAT_LINE = "POST /api/mitra/status/heartbeat HTTP/1.1\r\n"
GET_LINE = "GET /api/availability HTTP/1.1\r\n"
HOST = "Host: here\r\n"
TOKEN = "Authorization: Bearer {mitra}\r\n"
END = "\r\n"
BEAT = BEAT_LINE + HOST + TOKEN + END
PREFLIGHT = ("Origin: https://app.example", "Access-Control-Request-Method: POST")
LIVE = f"GET /healthz HTTP/1.1\r\n{HOST}{END}"


def beat(name: str, *fields: str, body: str = "", to_app: int | None = None) -> Sending:
    """A beat of the mitra with more fields."""
    return Sending(name, BEAT_LINE + HOST + TOKEN + "".join(f"{field}\r\n" for field in fields) + END + body, to_app)


def of(name: str, *authorization: str) -> Sending:
    """A beat with other tokens than the mitra's."""
    fields = "".join(f"Authorization: {value}\r\n" for value in authorization)
    return Sending(name, BEAT_LINE + HOST + fields + END)


def glance(name: str, *fields: str, body: str = "", to_app: int | None = None) -> Sending:
    """A look at the beacon."""
    return Sending(name, GET_LINE + HOST + "".join(f"{field}\r\n" for field in fields) + END + body, to_app)


def other(name: str, line: str, *fields: str, body: str = "") -> Sending:
    """Another first line, with the mitra's token."""
    return Sending(name, f"{line}\r\n{HOST}{TOKEN}" + "".join(f"{field}\r\n" for field in fields) + END + body)


BEATS = [
    beat("a beat", to_app=0),
    beat("a length of nothing", "Content-Length: 0", to_app=0),
    beat("many fields", "User-Agent: okhttp/4.12.0", "Accept: */*", "Accept-Encoding: gzip", "X-A: b", to_app=0),
    beat("a content type without content", "Content-Type: application/json", "Content-Length: 0", to_app=0),
    beat("keep-alive", "Connection: keep-alive", to_app=0),
    beat("an id", "X-Request-ID: abc-123", to_app=0),
    beat("an id that is none", "X-Request-ID: a b", to_app=0),
    beat("an id of 129", "X-Request-ID: " + "a" * 129, to_app=0),
    beat("an empty id", "X-Request-ID:", to_app=0),
    beat("a trace", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", to_app=0),
    beat("an idempotency key", "Idempotency-Key: abc", to_app=0),
    beat("a cookie", "Cookie: a=b", to_app=0),
    beat("a tag", 'If-None-Match: "a"', to_app=0),
    beat("a long head", "X-Long: " + "a" * 3_000, to_app=0),
    beat("a forwarded address", "X-Forwarded-For: 203.0.113.7", to_app=0),
    Sending("three beats in a row", BEAT * 3, to_app=0),
    Sending("an empty line before", END + BEAT, to_app=0),
    Sending("a beat among others", LIVE + BEAT + LIVE + BEAT, to_app=2),
    Sending("a beat, then half a head", BEAT + BEAT_LINE, to_app=0),
    Sending("a beat, then no HTTP", BEAT + "nonsense\r\n\r\n", to_app=0),
    beat("a close", "Connection: close"),
    beat("two ids", "X-Request-ID: a", "X-Request-ID: b"),
    beat("a field twice", "X-A: b", "X-A: c"),
    beat("an origin that may read", "Origin: https://app.example"),
    beat("an origin that may not", "Origin: https://other.example"),
    beat("an empty object", "Content-Length: 2", body="{{}}"),
    beat("a body", "Content-Length: 7", body='{{"a":1}}'),
    beat("a body that is not JSON", "Content-Length: 1000", body="x" * 1_000),
    beat("a body too large", "Content-Length: 66000", body=" " * 66_000),
    beat("two lengths", "Content-Length: 0", "Content-Length: 0"),
    beat("a length that is none", "Content-Length: -1"),
    beat("no chunks", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    beat("a chunk", "Transfer-Encoding: chunked", body="2\r\n{{}}\r\n0\r\n\r\n"),
    beat("a trailer", "Transfer-Encoding: chunked", body="0\r\nX-Request-ID: late\r\n\r\n"),
    beat("chunks and a length", "Transfer-Encoding: chunked", "Content-Length: 0", body="0\r\n\r\n"),
    beat("an expectation", "Expect: 100-continue", "Content-Length: 2", body="{{}}"),
    beat("an expectation of nothing", "Expect: 100-continue"),
    beat("another expectation", "Expect: 200-ok"),
    beat("an upgrade to HTTP/2", "Connection: Upgrade", "Upgrade: h2c", to_app=0),
    beat("an upgrade to a socket", "Connection: Upgrade", "Upgrade: websocket", to_app=0),
    beat("too many fields", *(f"X-{number}: a" for number in range(100))),
    beat("a field too long", "X-Long: " + "a" * 9_000),
    beat("two hosts", "Host: there"),
    beat("a field without a colon", "nonsense"),
    Sending("no host", BEAT_LINE + TOKEN + END),
    Sending("line feeds alone", BEAT.replace("\r\n", "\n") + END),
    Sending("HTTP/1.0", BEAT.replace("HTTP/1.1", "HTTP/1.0")),
    Sending("HTTP/1.0 that stays", (BEAT_LINE + "Connection: keep-alive\r\n" + TOKEN + END).replace("/1.1", "/1.0")),
    Sending("HTTP/1.2", BEAT.replace("HTTP/1.1", "HTTP/1.2")),
    other("HEAD", "HEAD /api/mitra/status/heartbeat HTTP/1.1"),
    other("GET", "GET /api/mitra/status/heartbeat HTTP/1.1"),
    other("PUT", "PUT /api/mitra/status/heartbeat HTTP/1.1"),
    other("OPTIONS", "OPTIONS /api/mitra/status/heartbeat HTTP/1.1"),
    other("a preflight", "OPTIONS /api/mitra/status/heartbeat HTTP/1.1", *PREFLIGHT),
    other("a small post", "post /api/mitra/status/heartbeat HTTP/1.1"),
    other("a query", "POST /api/mitra/status/heartbeat?a=1 HTTP/1.1"),
    other("an empty query", "POST /api/mitra/status/heartbeat? HTTP/1.1"),
    other("a slash behind", "POST /api/mitra/status/heartbeat/ HTTP/1.1"),
    other("another case", "POST /api/mitra/status/Heartbeat HTTP/1.1"),
    other("an encoded letter", "POST /api/mitra/status/heartbea%74 HTTP/1.1"),
    Sending("a whole address", BEAT.replace(" /api", " http://there/api"), to_app=0),
    of("no token"),
    of("no Bearer", "{mitra}"),
    of("another scheme", "Basic {mitra}"),
    of("an empty token", "Bearer "),
    of("two spaces", "Bearer  {mitra}"),
    of("a forged token", "Bearer {forged}"),
    of("an expired token", "Bearer {expired}"),
    of("a customer's token", "Bearer {customer}"),
    of("the token twice", "Bearer {mitra}", "Bearer {mitra}"),
    of("another token first", "Bearer {offline}", "Bearer {mitra}"),
    of("a mitra who is offline", "Bearer {offline}"),
    of("a mitra who is deactivated", "Bearer {deactivated}"),
    of("a mitra who is not there", "Bearer {nobody}"),
    Sending("a small bearer", BEAT.replace("Bearer", "bearer"), to_app=0),
]  # fmt: skip

BEACONS = [
    glance("a beacon", to_app=0),
    glance("a token", "Authorization: Bearer {mitra}", to_app=0),
    glance("the present tag", "If-None-Match: {tag}", to_app=0),
    glance("an id", "X-Request-ID: abc-123", to_app=0),
    Sending("three beacons in a row", (GET_LINE + HOST + END) * 3, to_app=0),
    Sending("a beacon among others", LIVE + GET_LINE + HOST + END + BEAT, to_app=1),
    glance("another tag", 'If-None-Match: "a"'),
    glance("several tags", 'If-None-Match: "a", {tag}'),
    glance("a weak tag", "If-None-Match: W/{tag}"),
    glance("any tag", "If-None-Match: *"),
    glance("an empty tag", "If-None-Match:"),
    glance("two fields of tags", 'If-None-Match: "a"', "If-None-Match: {tag}"),
    glance("an origin that may read", "Origin: https://app.example"),
    glance("a body", "Content-Length: 2", body="{{}}"),
    glance("a close", "Connection: close"),
    other("HEAD", "HEAD /api/availability HTTP/1.1"),
    other("POST", "POST /api/availability HTTP/1.1"),
    other("a query", "GET /api/availability?a=1 HTTP/1.1"),
]

STATUS_LINE = "GET /api/mitra/status HTTP/1.1"
ORDINARY = [
    other("a status", STATUS_LINE),
    other(
        "a status with many fields", STATUS_LINE, "User-Agent: okhttp/4.12.0", "Accept: */*", "Accept-Encoding: gzip"
    ),
    other("a status and its neighbour", STATUS_LINE, body=LIVE),
    other("a query", f"GET /api/mitra/status?a=1 {STATUS_LINE[-8:]}"),
    other("an encoded letter", f"GET /api/mitra/statu%73 {STATUS_LINE[-8:]}"),
    other("a whole address", f"GET http://there/api/mitra/status {STATUS_LINE[-8:]}"),
    other("nothing there", f"GET /api/nothing {STATUS_LINE[-8:]}"),
    other("a status over HTTP/1.0", f"{STATUS_LINE[:-1]}0"),
    other("a length of nothing", STATUS_LINE, "Content-Length: 0"),
    other("a body", STATUS_LINE, "Content-Length: 2", body="{{}}"),
    other("no chunks", STATUS_LINE, "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    other("an expectation", STATUS_LINE, "Expect: 100-continue"),
    other("an upgrade to HTTP/2", STATUS_LINE, "Connection: Upgrade", "Upgrade: h2c"),
    other("an upgrade to a socket", STATUS_LINE, "Connection: Upgrade", "Upgrade: websocket"),
    other("an id", STATUS_LINE, "X-Request-ID: abc-123"),
    other("a field twice", STATUS_LINE, "X-A: b", "X-A: c"),
    other("two hosts", STATUS_LINE, "Host: there"),
    other("an origin that may read", STATUS_LINE, "Origin: https://app.example"),
    other("a close", STATUS_LINE, "Connection: close"),
    Sending("no token", f"{STATUS_LINE}\r\n{HOST}{END}"),
    Sending("an expired token", f"{STATUS_LINE}\r\n{HOST}Authorization: Bearer {{expired}}\r\n{END}"),
    Sending("a customer's token", f"{STATUS_LINE}\r\n{HOST}Authorization: Bearer {{customer}}\r\n{END}"),
]

CASES = [
    *BEATS,
    *(case._replace(name=f"beacon: {case.name}") for case in BEACONS),
    *(case._replace(name=f"ordinary: {case.name}", to_app=None) for case in ORDINARY),
]
