"""Requests as no client library sends them, and what RFC 9112 and RFC 9110 have a server answer.

Each case is what is sent on one connection, the statuses that come back in order, and the requests that the app may see.
A case that ends with 200 leaves the connection open unless it says otherwise; every refusal ends it, because nobody can
tell where the next request begins.
"""

from typing import NamedTuple

Seen = tuple[str, str, bytes]


class Case(NamedTuple):
    """One connection's worth of bytes."""

    name: str
    sent: bytes
    statuses: tuple[int, ...]
    seen: tuple[Seen, ...] = ()
    is_open: bool = False


H = b"Host: here\r\n"
G = b"GET / HTTP/1.1\r\n"
P = b"POST /p HTTP/1.1\r\n" + H
TE = P + b"Transfer-Encoding: chunked\r\n\r\n"
HELLO = b"5\r\nhello\r\n0\r\n\r\n"
NEXT = b"GET /smuggled HTTP/1.1\r\n" + H + b"\r\n"
ROOT: Seen = ("GET", "/", b"")
BODY: Seen = ("POST", "/p", b"hello")
EMPTY: Seen = ("POST", "/p", b"")
SECOND: Seen = ("GET", "/smuggled", b"")


def refused(name: str, status: int, *sent: bytes) -> Case:
    """Nothing of this reaches the app, not even a whole request after it."""
    return Case(name, b"".join(sent) + NEXT, (status,))


def half(name: str, status: int, *sent: bytes) -> Case:
    """The same, but what comes may be half a head already: nothing is sent after it."""
    return Case(name, b"".join(sent), (status,))


def broken(name: str, *sent: bytes, status: int = 400) -> Case:
    """A good head with a body that is none: the app is told while it waits, and answers."""
    return Case(name, b"".join(sent) + NEXT, (status,), (("POST", "/p", b"?"),))


def served(name: str, *sent: bytes, seen: tuple[Seen, ...] = (ROOT,)) -> Case:
    """Everything is answered with 200, and the connection stays."""
    return Case(name, b"".join(sent), (200,) * len(seen), seen, is_open=True)


def last(name: str, *sent: bytes, seen: tuple[Seen, ...] = (ROOT,)) -> Case:
    """Answered with 200, and then the connection ends: what was sent after it is not read."""
    return Case(name, b"".join(sent) + NEXT, (200,) * len(seen), seen)


FRAMING = [
    refused("Content-Length and Transfer-Encoding", 400, P, b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("Transfer-Encoding and Content-Length", 400, P, b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", HELLO),
    refused("Content-Length 0 and Transfer-Encoding", 400, P, b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("two equal lengths", 400, P, b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    refused("two lengths", 400, P, b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    refused("two lengths, one with another case", 400, P, b"Content-Length: 5\r\ncontent-LENGTH: 0\r\n\r\nhello"),
    refused("a list of equal lengths", 400, P, b"Content-Length: 5, 5\r\n\r\nhello"),
    refused("a list of lengths", 400, P, b"Content-Length: 5, 0\r\n\r\nhello"),
    refused("a length with a plus", 400, P, b"Content-Length: +5\r\n\r\nhello"),
    refused("a negative length", 400, P, b"Content-Length: -5\r\n\r\nhello"),
    refused("a hexadecimal length", 400, P, b"Content-Length: 0x5\r\n\r\nhello"),
    refused("a length with an underscore", 400, P, b"Content-Length: 0_5\r\n\r\nhello"),
    refused("a length with a space inside", 400, P, b"Content-Length: 0 5\r\n\r\nhello"),
    refused("a length with a point", 400, P, b"Content-Length: 5.0\r\n\r\nhello"),
    refused("a length with an exponent", 400, P, b"Content-Length: 5e0\r\n\r\nhello"),
    refused("an empty length", 400, P, b"Content-Length:\r\n\r\nhello"),
    refused("a length of blanks", 400, P, b"Content-Length:  \t \r\n\r\nhello"),
    refused("a length in letters", 400, P, b"Content-Length: five\r\n\r\nhello"),
    refused("a length beyond 64 bits", 400, P, b"Content-Length: 18446744073709551621\r\n\r\nhello"),
    refused("a length of forty digits", 400, P, b"Content-Length: " + b"9" * 40 + b"\r\n\r\nhello"),
    refused("a length with a letter behind", 400, P, b"Content-Length: 5a\r\n\r\nhello"),
    refused("a length in quotes", 400, P, b'Content-Length: "5"\r\n\r\nhello'),
    refused("a length in full-width digits", 400, P, "Content-Length: ５\r\n\r\nhello".encode()),
    refused("a length after a line feed alone", 400, P, b"X: a\nContent-Length: 5\r\n\r\nhello"),
    refused("a space before the colon of a length", 400, P, b"Content-Length : 5\r\n\r\nhello"),
    refused("a tab before the colon of a length", 400, P, b"Content-Length\t: 5\r\n\r\nhello"),
    refused("a length with a vertical tab", 400, P, b"Content-Length: \x0b5\r\n\r\nhello"),
    refused("a length with a NUL", 400, P, b"Content-Length: 5\x00\r\n\r\nhello"),
    served("a length with leading zeros", P, b"Content-Length: 005\r\n\r\nhello", seen=(BODY,)),
    served("a length between blanks", P, b"Content-Length: \t 5 \t \r\n\r\nhello", seen=(BODY,)),
    served("a length without a blank", P, b"Content-Length:5\r\n\r\nhello", seen=(BODY,)),
    served("a length of nothing", P, b"Content-Length: 0\r\n\r\n", seen=(EMPTY,)),
    served("no length is no body", P, b"\r\n", NEXT, seen=(EMPTY, SECOND)),
    served("a GET with a body", G, H, b"Content-Length: 5\r\n\r\nhello", NEXT, seen=(("GET", "/", b"hello"), SECOND)),
    served("a body that looks like a request", P, b"Content-Length: %d\r\n\r\n" % len(NEXT), NEXT, seen=(("POST", "/p", NEXT),)),
    served("a body of empty lines", P, b"Content-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n", NEXT, seen=(("POST", "/p", b"\r\n" * 4), SECOND)),
    served("Connection names Content-Length", P, b"Connection: Content-Length\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    refused("an unknown coding before chunked", 501, P, b"Transfer-Encoding: gzip, chunked\r\n\r\n", HELLO),
    refused("an unknown coding in a field before chunked", 501, P, b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("chunked twice", 400, P, b"Transfer-Encoding: chunked, chunked\r\n\r\n", HELLO),
    refused("chunked twice in two fields", 400, P, b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("chunked, then identity", 400, P, b"Transfer-Encoding: chunked, identity\r\n\r\n", HELLO),
    refused("chunked, then identity in another field", 400, P, b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", HELLO),
    refused("chunked, then gzip", 400, P, b"Transfer-Encoding: chunked, gzip\r\n\r\n", HELLO),
    refused("identity", 400, P, b"Transfer-Encoding: identity\r\n\r\n", HELLO),
    refused("gzip alone", 400, P, b"Transfer-Encoding: gzip\r\n\r\n", HELLO),
    refused("a coding that ends like chunked", 400, P, b"Transfer-Encoding: xchunked\r\n\r\n", HELLO),
    refused("a coding that begins like chunked", 400, P, b"Transfer-Encoding: chunkedx\r\n\r\n", HELLO),
    refused("chunked with a parameter", 400, P, b"Transfer-Encoding: chunked;q=1\r\n\r\n", HELLO),
    refused("chunked in quotes", 400, P, b'Transfer-Encoding: "chunked"\r\n\r\n', HELLO),
    refused("an empty coding", 400, P, b"Transfer-Encoding:\r\n\r\n", HELLO),
    refused("a comma for a coding", 400, P, b"Transfer-Encoding: ,\r\n\r\n", HELLO),
    refused("a space before the colon of a coding", 400, P, b"Transfer-Encoding : chunked\r\n\r\n", HELLO),
    refused("a coding after a vertical tab", 400, P, b"Transfer-Encoding:\x0bchunked\r\n\r\n", HELLO),
    refused("a coding after a form feed", 400, P, b"Transfer-Encoding: \x0cchunked\r\n\r\n", HELLO),
    refused("a coding with a NUL", 400, P, b"Transfer-Encoding: chunked\x00\r\n\r\n", HELLO),
    refused("a coding on a folded line", 400, P, b"Transfer-Encoding:\r\n chunked\r\n\r\n", HELLO),
    refused("a coding behind a carriage return", 400, P, b"X: y\rTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("a coding behind a line feed", 400, P, b"X: y\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("a coding in HTTP/1.0", 400, b"POST /p HTTP/1.0\r\n", H, b"Transfer-Encoding: chunked\r\n\r\n", HELLO),
    refused("a coding and a length in HTTP/1.0", 400, b"POST /p HTTP/1.0\r\n", H, b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    served("chunked", TE, HELLO, seen=(BODY,)),
    served("chunked in capitals", P, b"Transfer-Encoding: CHUNKED\r\n\r\n", HELLO, seen=(BODY,)),
    served("chunked after a tab", P, b"Transfer-Encoding:\tchunked\r\n\r\n", HELLO, seen=(BODY,)),
    served("a name that only resembles a coding's", P, b"Transfer_Encoding: chunked\r\n\r\n", seen=(EMPTY,)),
    served("a chunked GET", G, H, b"Transfer-Encoding: chunked\r\n\r\n", HELLO, NEXT, seen=(("GET", "/", b"hello"), SECOND)),
]  # fmt: skip

CHUNKS = [
    served("several chunks", TE, b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("a size with leading zeros", TE, b"0005\r\nhello\r\n000\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("a size in capitals", TE, b"A\r\nhellohello\r\n0\r\n\r\n", seen=(("POST", "/p", b"hellohello"),)),
    served("a size in small letters", TE, b"a\r\nhellohello\r\n0\r\n\r\n", seen=(("POST", "/p", b"hellohello"),)),
    served("an extension", TE, b"5;a=b\r\nhello\r\n0\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("an extension in quotes", TE, b'5;a="b;c"\r\nhello\r\n0;d\r\n\r\n', NEXT, seen=(BODY, SECOND)),
    served("a trailer", TE, b"5\r\nhello\r\n0\r\nX-Checksum: 1\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("a trailer that would be a token", TE, b"5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("a trailer that would be a host", TE, b"5\r\nhello\r\n0\r\nHost: there\r\n\r\n", NEXT, seen=(BODY, SECOND)),
    served("data that looks like the end", TE, b"7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", NEXT, seen=(("POST", "/p", b"0\r\n\r\n\r\n"), SECOND)),
    served("no data", TE, b"0\r\n\r\n", NEXT, seen=(EMPTY, SECOND)),
    Case("too many chunks", TE + b"1\r\nx\r\n" * 2_001 + b"0\r\n\r\n", (413,), (("POST", "/p", b"?"),)),
    served("many chunks", TE, b"1\r\nx\r\n" * 1_000 + b"0\r\n\r\n", NEXT, seen=(("POST", "/p", b"x" * 1_000), SECOND)),
    broken("a size with 0x", TE, b"0x5\r\nhello\r\n0\r\n\r\n"),
    broken("a negative size", TE, b"-5\r\nhello\r\n0\r\n\r\n"),
    broken("a size with a plus", TE, b"+5\r\nhello\r\n0\r\n\r\n"),
    broken("a size after a blank", TE, b" 5\r\nhello\r\n0\r\n\r\n"),
    broken("a blank after a size", TE, b"5 \r\nhello\r\n0\r\n\r\n"),
    broken("an empty size", TE, b"\r\nhello\r\n0\r\n\r\n"),
    broken("a size in letters", TE, b"five\r\nhello\r\n0\r\n\r\n"),
    broken("a size with an underscore", TE, b"0_5\r\nhello\r\n0\r\n\r\n"),
    broken("a size of 68 bits", TE, b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
    broken("a size that wraps to five", TE, b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    broken("a size of 4,000 zeros and a letter", TE, b"0" * 4_000 + b"g\r\nhello\r\n0\r\n\r\n"),
    broken("a line feed alone after a size", TE, b"5\nhello\r\n0\r\n\r\n"),
    broken("a carriage return alone after a size", TE, b"5\rhello\r\n0\r\n\r\n"),
    broken("a line feed alone after data", TE, b"5\r\nhello\n0\r\n\r\n"),
    broken("no line end after data", TE, b"5\r\nhello0\r\n\r\n"),
    broken("more data than its size", TE, b"5\r\nhello!\r\n0\r\n\r\n"),
    broken("less data than its size", TE, b"6\r\nhello\r\n0\r\n\r\n"),
    broken("a line feed alone after the last chunk", TE, b"5\r\nhello\r\n0\n\r\n"),
    broken("a line feed alone at the end", TE, b"5\r\nhello\r\n0\r\n\n"),
    broken("a carriage return in an extension", TE, b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    broken("a line feed in an extension", TE, b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    broken("a line feed in an extension's quotes", TE, b'5;a="b\nc"\r\nhello\r\n0\r\n\r\n'),
    broken("a NUL in an extension", TE, b"5;a=\x00\r\nhello\r\n0\r\n\r\n"),
    broken("a trailer with a length", TE, b"5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"),
    broken("a trailer with a coding", TE, b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    broken("a trailer without a colon", TE, b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n"),
    broken("a folded trailer", TE, b"5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n"),
    broken("a trailer with a blank before its colon", TE, b"5\r\nhello\r\n0\r\nX : a\r\n\r\n"),
]  # fmt: skip

LINES = [
    served("a request", G, H, b"\r\n"),
    served("an empty line before it", b"\r\n", G, H, b"\r\n"),
    served("empty lines before it", b"\r\n\r\n\r\n", G, H, b"\r\n"),
    half("HTTP/0.9", 400, b"GET /healthz\r\n\r\n"),
    half("HTTP/0.9 with one line", 400, b"GET /healthz\r\n"),
    refused("no target", 400, b"GET HTTP/1.1\r\n", H, b"\r\n"),
    refused("an empty target", 400, b"GET  HTTP/1.1\r\n", H, b"\r\n"),
    refused("two blanks after the method", 400, b"GET  / HTTP/1.1\r\n", H, b"\r\n"),
    refused("two blanks before the version", 400, b"GET /  HTTP/1.1\r\n", H, b"\r\n"),
    refused("a blank after the version", 400, b"GET / HTTP/1.1 \r\n", H, b"\r\n"),
    refused("a tab after the method", 400, b"GET\t/ HTTP/1.1\r\n", H, b"\r\n"),
    refused("a blank in the target", 400, b"GET /a b HTTP/1.1\r\n", H, b"\r\n"),
    refused("a tab in the target", 400, b"GET /a\tb HTTP/1.1\r\n", H, b"\r\n"),
    refused("a NUL in the target", 400, b"GET /a\x00b HTTP/1.1\r\n", H, b"\r\n"),
    refused("DEL in the target", 400, b"GET /a\x7fb HTTP/1.1\r\n", H, b"\r\n"),
    refused("bytes beyond ASCII in the target", 400, b"GET /\xc3\xa9 HTTP/1.1\r\n", H, b"\r\n"),
    refused("a carriage return in the target", 400, b"GET /a\rb HTTP/1.1\r\n", H, b"\r\n"),
    refused("a fragment", 400, b"GET /a#b HTTP/1.1\r\n", H, b"\r\n"),
    refused("a path without a slash", 400, b"GET healthz HTTP/1.1\r\n", H, b"\r\n"),
    half("a blank before the method", 400, b" GET / HTTP/1.1\r\n", H, b"\r\n"),
    half("a line feed before the method", 400, b"\nGET / HTTP/1.1\r\n", H, b"\r\n"),
    half("line feeds alone", 400, b"GET / HTTP/1.1\nHost: here\n\n"),
    half("a line feed after the request line", 400, b"GET / HTTP/1.1\n", H, b"\r\n"),
    refused("a carriage return after the request line", 400, b"GET / HTTP/1.1\r", H, b"\r\n"),
    half("a line feed at the end", 400, G, H, b"\n"),
    half("the hello of TLS", 400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    half("SSH", 400, b"SSH-2.0-OpenSSH_9.2\r\n"),
    half("RESP", 400, b"*1\r\n$4\r\nPING\r\n"),
    half("bytes", 400, bytes(range(128, 256))),
    half("an HTTP/2 preface", 505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    refused("HTTP/2.0", 505, b"GET / HTTP/2.0\r\n", H, b"\r\n"),
    refused("HTTP/3.0", 505, b"GET / HTTP/3.0\r\n", H, b"\r\n"),
    refused("HTTP/1.2", 505, b"GET / HTTP/1.2\r\n", H, b"\r\n"),
    refused("HTTP/0.9, said", 505, b"GET / HTTP/0.9\r\n", H, b"\r\n"),
    refused("HTTP/9.9", 505, b"GET / HTTP/9.9\r\n", H, b"\r\n"),
    refused("HTTP/1", 400, b"GET / HTTP/1\r\n", H, b"\r\n"),
    refused("HTTP/1.10", 400, b"GET / HTTP/1.10\r\n", H, b"\r\n"),
    refused("HTTP/01.1", 400, b"GET / HTTP/01.1\r\n", H, b"\r\n"),
    refused("http/1.1", 400, b"GET / http/1.1\r\n", H, b"\r\n"),
    refused("HTTPS/1.1", 400, b"GET / HTTPS/1.1\r\n", H, b"\r\n"),
    refused("RTSP", 400, b"DESCRIBE / RTSP/1.0\r\n", H, b"\r\n"),
    refused("ICE", 400, b"SOURCE / ICE/1.0\r\n", H, b"\r\n"),
    refused("an unknown method", 501, b"BREW / HTTP/1.1\r\n", H, b"\r\n"),
    refused("a method of another protocol", 501, b"PROPFIND / HTTP/1.1\r\n", H, b"\r\n"),
    refused("a method in small letters", 501, b"get / HTTP/1.1\r\n", H, b"\r\n"),
    refused("a method with a letter too many", 501, b"GETS / HTTP/1.1\r\n", H, b"\r\n"),
    refused("CONNECT", 501, b"CONNECT here:443 HTTP/1.1\r\n", H, b"\r\n"),
    refused("CONNECT to a path", 501, b"CONNECT / HTTP/1.1\r\n", H, b"\r\n"),
    refused("a method that is no token", 400, b"GE(T / HTTP/1.1\r\n", H, b"\r\n"),
    half("a request line of 9,000 bytes", 414, b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n", H, b"\r\n"),
    half("a request line without an end", 414, b"GET /" + b"a" * 20_000),
    served("a request line of 7,000 bytes", b"GET /", b"a" * 7_000, b" HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/" + "a" * 7_000, b""),)),
    served("an absolute target", b"GET http://here/a?b=c HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/a?b=c", b""),)),
    served("an absolute target of another host", b"GET http://there/a HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "there/a", b""),)),
    served("an absolute target without a path", b"GET http://here HTTP/1.1\r\n", H, b"\r\n"),
    served("an absolute target with a query alone", b"GET http://here?b=c HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/?b=c", b""),)),
    served("an absolute target in capitals", b"GET HTTPS://here/ HTTP/1.1\r\n", H, b"\r\n"),
    refused("an absolute target with a user", 400, b"GET http://me:pw@here/ HTTP/1.1\r\n", H, b"\r\n"),
    refused("an absolute target without a host", 400, b"GET http:/// HTTP/1.1\r\n", H, b"\r\n"),
    refused("an absolute target of another scheme", 400, b"GET ftp://here/ HTTP/1.1\r\n", H, b"\r\n"),
    refused("an authority for a target", 400, b"GET here:80 HTTP/1.1\r\n", H, b"\r\n"),
    refused("an asterisk for a target", 400, b"GET * HTTP/1.1\r\n", H, b"\r\n"),
    served("OPTIONS of the server", b"OPTIONS * HTTP/1.1\r\n", H, b"\r\n", seen=(("OPTIONS", "*", b""),)),
    served("two slashes", b"GET //there/a HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "//there/a", b""),)),
    served("points", b"GET /../a HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/../a", b""),)),
    served("an escaped slash", b"GET /a%2Fb HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/a/b", b""),)),
    served("a broken escape", b"GET /%zz HTTP/1.1\r\n", H, b"\r\n", seen=(("GET", "/%zz", b""),)),
]  # fmt: skip

FIELDS = [
    refused("no Host", 400, G, b"\r\n"),
    refused("no Host among others", 400, G, b"Accept: */*\r\n\r\n"),
    refused("two Hosts", 400, G, H, b"Host: there\r\n\r\n"),
    refused("the same Host twice", 400, G, H, H, b"\r\n"),
    refused("a Host with a blank", 400, G, b"Host: he re\r\n\r\n"),
    refused("a Host with a user", 400, G, b"Host: me@here\r\n\r\n"),
    refused("a Host with a path", 400, G, b"Host: here/path\r\n\r\n"),
    refused("a list of Hosts", 400, G, b"Host: here, there\r\n\r\n"),
    refused("a Host with a port in letters", 400, G, b"Host: here:port\r\n\r\n"),
    refused("a Host with half a bracket", 400, G, b"Host: [::1\r\n\r\n"),
    refused("a Host beyond ASCII", 400, G, b"Host: \xe9\r\n\r\n"),
    refused("a blank before Host's colon", 400, G, b"Host : here\r\n\r\n"),
    served("an empty Host", G, b"Host:\r\n\r\n"),
    served("a Host with a port", G, b"Host: here:3000\r\n\r\n"),
    served("a Host of IPv6", G, b"Host: [::1]:3000\r\n\r\n"),
    refused("a folded field", 400, G, H, b"X: a\r\n b\r\n\r\n"),
    refused("a field folded with a tab", 400, G, H, b"X: a\r\n\tb\r\n\r\n"),
    refused("a blank before the first field", 400, G, b" X: a\r\n", H, b"\r\n"),
    refused("a line feed alone after a field", 400, G, b"Host: here\nX: a\r\n\r\n"),
    refused("a carriage return alone after a field", 400, G, H, b"X: a\rY: b\r\n\r\n"),
    refused("a NUL in a value", 400, G, H, b"X: a\x00b\r\n\r\n"),
    refused("a NUL in a name", 400, G, H, b"X\x00: a\r\n\r\n"),
    refused("a control character in a value", 400, G, H, b"X: \x01\r\n\r\n"),
    refused("DEL in a value", 400, G, H, b"X: \x7f\r\n\r\n"),
    refused("a name without a colon", 400, G, H, b"nonsense\r\n\r\n"),
    refused("an empty name", 400, G, H, b": a\r\n\r\n"),
    refused("a blank in a name", 400, G, H, b"X Y: a\r\n\r\n"),
    refused("a blank before a colon", 400, G, H, b"X : a\r\n\r\n"),
    refused("bytes beyond ASCII in a name", 400, G, H, b"X\xe9: a\r\n\r\n"),
    refused("brackets in a name", 400, G, H, b"X[]: a\r\n\r\n"),
    served("bytes beyond ASCII in a value", G, H, b"X: \xe9\xff\r\n\r\n"),
    served("an empty value", G, H, b"X:\r\n\r\n"),
    served("a tab in a value", G, H, b"X: a\tb\r\n\r\n"),
    served("a name of signs", G, H, b"!#$%&'*+-.^_`|~: a\r\n\r\n"),
    served("a hundred fields", G, H, b"X: a\r\n" * 99, b"\r\n"),
    refused("a hundred and one fields", 431, G, H, b"X: a\r\n" * 100, b"\r\n"),
    half("fields without end", 431, G, H, b"X: a\r\n" * 5_000),
    half("a field of 9,000 bytes", 431, G, H, b"X: ", b"a" * 9_000, b"\r\n\r\n"),
    half("a field without an end", 431, G, H, b"X: ", b"a" * 40_000),
    half("fields of 35 KB together", 431, G, H, (b"X: " + b"a" * 7_000 + b"\r\n") * 5, b"\r\n"),
    half("a name of 9,000 bytes", 431, G, H, b"X" * 9_000, b": a\r\n\r\n"),
    served("a field of 7,900 bytes", G, H, b"X: ", b"a" * 7_900, b"\r\n\r\n"),
]  # fmt: skip

EXCHANGES = [
    served("requests in a row", (G + H + b"\r\n") * 20, seen=(ROOT,) * 20),
    served("a body between two", TE, HELLO, G, H, b"\r\n", seen=(BODY, ROOT)),
    last("Connection: close", G, H, b"Connection: close\r\n\r\n"),
    last("Connection: close in capitals", G, H, b"Connection: CLOSE\r\n\r\n"),
    last("close among others", G, H, b"Connection: keep-alive, close\r\n\r\n"),
    served("a token that begins like close", G, H, b"Connection: closed\r\n\r\n"),
    last("HTTP/1.0", b"GET / HTTP/1.0\r\n", H, b"\r\n"),
    last("HTTP/1.0 without Host", b"GET / HTTP/1.0\r\n\r\n"),
    last("HTTP/1.0 that would stay", b"GET / HTTP/1.0\r\n", H, b"Connection: keep-alive\r\n\r\n"),
    last("HTTP/1.0 with a body", b"POST /p HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    refused("HTTP/1.0 with two Hosts", 400, b"GET / HTTP/1.0\r\n", H, H, b"\r\n"),
    last("HTTP/1.0 with an expectation", b"POST /p HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    Case("a refusal after an answer", G + H + b"\r\n" + b"GET / HTTP/1.1\r\n\r\n" + NEXT, (200, 400), (ROOT,)),
    Case("nonsense after an answer", G + H + b"\r\n" + b"\x00\x01\x02", (200, 400), (ROOT,)),
    Case("a body too long for its length", P + b"Content-Length: 5\r\n\r\nhello!!" + NEXT, (200, 501), (BODY,)),
    Case("a broken chunk after an answer", G + H + b"\r\n" + TE + b"size\r\n", (200, 400), (ROOT, ("POST", "/p", b"?"))),
    Case("100-continue", P + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", (100,), (("POST", "/p", b"?"),), is_open=True),
    served("100-continue with the body", P, b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    served("100-Continue in capitals", P, b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    refused("another expectation", 417, P, b"Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello"),
    served("an upgrade to HTTP/2", G, H, b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"),
    served("an upgrade to HTTP/2 with a body", P, b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    served("an upgrade to HTTP/2 with chunks", TE[:-2], b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", HELLO, seen=(BODY,)),
    served("an upgrade to one of two protocols", G, H, b"Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n\r\n"),
    served("an upgrade to TLS", G, H, b"Connection: Upgrade\r\nUpgrade: TLS/1.3\r\n\r\n"),
    served("Upgrade without Connection", G, H, b"Upgrade: websocket\r\n\r\n"),
    last("a WebSocket by HTTP/1.0", b"GET / HTTP/1.0\r\n", H, b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    served("a WebSocket by POST", P, b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello", seen=(BODY,)),
    refused("a WebSocket with a body", 400, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello"),
    half("a WebSocket without a key", 400, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"),
    half("a WebSocket of another version", 400, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
    half("a WebSocket with a field of 9,000 bytes", 431, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nX: ", b"a" * 9_000, b"\r\n\r\n"),
    half("a WebSocket with a key that is none", 400, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n"),
    half("a WebSocket with two keys", 400, G, H, b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" * 2, b"\r\n"),
]  # fmt: skip

CASES = [*FRAMING, *CHUNKS, *LINES, *FIELDS, *EXCHANGES]
